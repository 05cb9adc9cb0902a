"""Shapes, outputs and gradients of the networks."""

import pytest
import torch

from ser_core.training.networks import ARCHITECTURES, build


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_network_gives_logits_evidence_embedding_and_attention(arch):
    outputs = build(arch, n_labels=5, n_mels=80).eval()(torch.randn(3, 1, 80, 256))
    assert outputs.logits.shape == (3, 5)
    assert outputs.evidence.shape[:2] == (3, 5)
    assert outputs.evidence.shape[2] == outputs.attention.shape[1] >= 16
    assert outputs.embedding.shape[0] == 3
    torch.testing.assert_close(outputs.attention.sum(dim=1), torch.ones(3))


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_parameter_of_a_network_is_trained(arch):
    network = build(arch, n_labels=8, n_mels=80)
    outputs = network(torch.randn(4, 1, 80, 256))
    (outputs.logits.square().sum() + outputs.evidence.square().sum()).backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # A bias before a softmax over time moves all times alike.
    assert [name for name in idle if name != "head.attention.2.bias"] == []


@pytest.mark.parametrize(("arch", "most"), [("se_resnet", 1_000_000), ("ds_cnn", 150_000)])
def test_the_main_and_the_edge_network_stay_small(arch, most):
    network = build(arch, n_labels=8, n_mels=80)
    assert sum(p.numel() for p in network.parameters()) <= most


def test_densenet_has_the_convolutions_of_the_published_one():
    """DenseNet-121: 120 convolutions and a classifier; 6 953 856 parameters before it, with the
    three input channels of ImageNet."""
    body = build("densenet121", n_labels=8, n_mels=80).parts
    convolutions = [m for m in body.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 120
    one_channel_less = 2 * 64 * 7 * 7
    assert sum(p.numel() for p in body.parameters()) == 6_953_856 - one_channel_less


def test_an_unknown_network_or_option_is_named():
    with pytest.raises(ValueError, match=r"no network 'perceptron'.*se_resnet"):
        build("perceptron", n_labels=8, n_mels=80)
    with pytest.raises(ValueError, match="se_resnet cannot be built so"):
        build("se_resnet", n_labels=8, n_mels=80, depth=3)
