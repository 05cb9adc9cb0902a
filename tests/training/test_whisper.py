"""The pretrained network against an independent encoder, and the head on top of it."""

import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from ser_core.corpora.utterance import Utterance
from ser_core.training.checkpoint import Run, run_name
from ser_core.training.clips import Clips
from ser_core.training.copies import varied_copy
from ser_core.training.embedding_cache import EmbeddingCache
from ser_core.training.head_fit import HeadData, HeadFit, clip_weights, fit_head
from ser_core.training.networks import build
from ser_core.training.networks.whisper import Whisper, WhisperConfig
from ser_core.training.pretrained import checkpoint_path, load_pretrained
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split, run_training

SMALL = {"pretrained": "", "width": 32, "heads": 4, "blocks": 3, "pooled": [1, 3]}


def _official_names(state):
    """Names of `transformers` in the words of the official checkpoint."""
    words = {
        "layers.": "blocks.",
        "self_attn_layer_norm": "attn_ln",
        "self_attn.q_proj": "attn.query",
        "self_attn.k_proj": "attn.key",
        "self_attn.v_proj": "attn.value",
        "self_attn.out_proj": "attn.out",
        "fc1": "mlp.0",
        "fc2": "mlp.2",
        "final_layer_norm": "mlp_ln",
    }
    named = {}
    for name, value in state.items():
        for theirs, official in words.items():
            name = name.replace(theirs, official)
        named[name] = value
    return named


@pytest.fixture(scope="module")
def oracle():
    """Encoder of another project, with random weights."""
    transformers = pytest.importorskip("transformers")
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    torch.manual_seed(0)
    config = transformers.WhisperConfig(
        d_model=32,
        encoder_layers=3,
        encoder_attention_heads=4,
        encoder_ffn_dim=128,
        num_mel_bins=80,
        attn_implementation="eager",
    )
    return WhisperEncoder(config).eval()


@pytest.fixture(scope="module")
def network(oracle):
    """Ours, with the weights of the oracle."""
    network = build("whisper", 8, 80, **SMALL).eval()
    names = _official_names(oracle.state_dict())
    network.encoder.load_state_dict({name: names[name] for name in network.encoder.state_dict()})
    return network


def _oracle_blocks(oracle, log_mel):
    """Outputs of its blocks, with its positions cut to a shorter input."""
    x = torch.nn.functional.gelu(oracle.conv1(log_mel))
    x = torch.nn.functional.gelu(oracle.conv2(x)).transpose(1, 2)
    x = x + oracle.embed_positions.weight[: x.shape[1]]
    outputs = []
    for layer in oracle.layers:
        found = layer(x, None)
        x = found[0] if isinstance(found, tuple) else found
        outputs.append(x)
    return outputs


@torch.inference_mode()
def test_the_encoder_equals_an_independent_one_on_thirty_seconds(oracle, network):
    log_mel = torch.randn(1, 80, 3000)
    expected = oracle(log_mel).last_hidden_state
    found = oracle.layer_norm(network.encoder(log_mel)[-1])
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
@pytest.mark.parametrize("n_frames", [100, 256, 301])
def test_a_short_window_takes_the_first_positions(oracle, network, n_frames):
    log_mel = torch.randn(2, 80, n_frames)
    for found, expected in zip(
        network.encoder(log_mel), _oracle_blocks(oracle, log_mel), strict=True
    ):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_the_evidence_of_the_sounding_frames_is_the_answer_of_the_clip(network):
    outputs = network(torch.randn(2, 1, 80, 256))
    mean = (outputs.evidence * outputs.attention[:, None]).sum(dim=2)
    torch.testing.assert_close(mean, outputs.logits, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_silence_around_a_sound_is_not_pooled(network):
    window = torch.full((1, 1, 80, 256), -2.0)
    window[..., 60:180] = torch.randn(80, 120) / 4
    (counted,) = network(window).attention
    assert counted[:30].sum() == counted[90:].sum() == 0
    torch.testing.assert_close(counted[30:90], torch.full((60,), 1 / 60))


@torch.inference_mode()
def test_other_statistics_take_the_place_of_those_of_the_training(network):
    """The logits are a linear layer of the standardized embedding, outside the graph as inside."""
    network.mean.normal_()
    network.std.uniform_(0.5, 2)
    outputs = network(torch.randn(2, 1, 80, 256))
    standardized = (outputs.embedding - network.mean) / network.std
    torch.testing.assert_close(network.classifier(standardized), outputs.logits)


def test_blocks_that_are_not_there_cannot_be_pooled():
    with pytest.raises(ValueError, match="cannot be pooled"):
        Whisper(WhisperConfig(8, 80, blocks=2, pooled=(3,)))


def test_published_weights_are_taken_over_in_their_official_layout(oracle, tmp_path):
    named = {
        f"encoder.{name}": value for name, value in _official_names(oracle.state_dict()).items()
    }
    torch.save({"dims": {}, "model_state_dict": named}, tmp_path / "mine.pt")
    network = build("whisper", 8, 80, **SMALL | {"pretrained": "mine"})
    load_pretrained(network, tmp_path)
    torch.testing.assert_close(
        network.encoder.blocks[2].mlp[0].weight, named["encoder.blocks.2.mlp.0.weight"]
    )
    wider = build("whisper", 8, 80, **SMALL | {"pretrained": "mine", "width": 64})
    with pytest.raises(ValueError, match="does not fit"):
        load_pretrained(wider, tmp_path / "mine.pt")


def test_a_file_that_is_no_checkpoint_and_an_unknown_name_are_named(tmp_path, monkeypatch):
    monkeypatch.delenv("SER_WEIGHTS", raising=False)
    (tmp_path / "base.pt").write_bytes(b"weights?")
    network = build("whisper", 8, 80, **SMALL | {"pretrained": "base"})
    with pytest.raises(ValueError, match="no checkpoint in Whisper's layout"):
        load_pretrained(network, tmp_path)
    with pytest.raises(ValueError, match=r"no tiny\.pt"):
        checkpoint_path("tiny", tmp_path)
    with pytest.raises(ValueError, match="no pretrained weights 'huge'"):
        checkpoint_path("huge")


@torch.inference_mode()
@pytest.mark.parametrize(
    ("name", "width", "heads", "blocks"), [("base", 512, 8, 6), ("tiny.en", 384, 6, 4)]
)
def test_the_published_encoders_fit(name, width, heads, blocks):
    beside_the_data = Path(os.environ.get("SER_DATA", ".")).parent / "weights"
    folder = Path(os.environ.get("SER_WEIGHTS", beside_the_data))
    try:
        checkpoint_path(name, folder)
    except ValueError:
        pytest.skip(f"no {name} in {folder}; SER_WEIGHTS names the folder of the weights")
    options = {"pretrained": name, "width": width, "heads": heads, "blocks": blocks}
    network = build("whisper", 8, 80, **options, pooled=[1]).eval()
    load_pretrained(network, folder)
    found = network.encoder(torch.zeros(1, 80, 256))
    assert len(found) == blocks
    assert all(np.isfinite(x.numpy()).all() for x in found)


def test_a_head_equals_logistic_regression_of_another_library():
    linear_model = pytest.importorskip("sklearn.linear_model")
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 3, 120)
    inputs = rng.normal(size=(120, 5)) + targets[:, None] * rng.normal(size=5)
    weights = rng.uniform(0.1, 2, 120)
    oracle = linear_model.LogisticRegression(C=0.05, tol=1e-10, max_iter=10_000)
    oracle.fit(inputs, targets, weights)
    x = torch.from_numpy(inputs)
    data = HeadData(x, torch.eye(3)[targets], torch.from_numpy(weights))
    head = fit_head(data, inverse_penalty=0.05)
    expected = oracle.predict_proba(inputs)
    probabilities = head(x.float()).softmax(dim=1).numpy()
    np.testing.assert_allclose(probabilities, expected, atol=1e-4)


def test_a_head_that_starts_from_that_of_nearly_the_same_data_ends_where_it_would_have():
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 3, 200)
    inputs = torch.from_numpy(rng.normal(size=(200, 5)) + targets[:, None] * rng.normal(size=5))
    data = HeadData(inputs, torch.eye(3)[targets], torch.ones(200))
    most = HeadData(*(part[:180] for part in data))
    warm = fit_head(most, 0.05, start=fit_head(data, 0.05))
    torch.testing.assert_close(warm.weight, fit_head(most, 0.05).weight, atol=1e-3, rtol=0)


def _utterance(corpus, channel, label):
    return Utterance("", Path(), corpus, "1", "F", label, channel)


def test_every_emotion_of_a_corpus_counts_alike_and_corpora_as_the_recipe_says():
    part = [_utterance("ravdess", "speech", "sad")] * 3 + [_utterance("ravdess", "speech", "happy")]
    part += [_utterance("ravdess", "song", "sad"), _utterance("nemo", "speech", "sad")]
    how = HeadFit(song_weight=0.5, corpus_weights={"nemo": 0.1})
    found = clip_weights(part, how).tolist()
    assert found == pytest.approx([2 / 3] * 3 + [2.0, 0.5, 0.1])


@pytest.fixture(scope="module")
def frozen_recipe(recipe):
    """A narrow encoder with random weights, under a head that is fitted."""
    head = HeadFit(inverse_penalty=1.0, copies=1)
    return dataclasses.replace(recipe, arch="whisper", arch_options=SMALL, head=head)


def test_a_frozen_network_is_fitted_kept_and_taken_up_again(frozen_recipe, workspace):
    checkpoint = run_training(frozen_recipe, workspace, "frozen")
    run = Run.load(checkpoint)
    assert run.recipe == frozen_recipe
    assert run.curves[0].train_loss < np.log(8)
    written = checkpoint.stat().st_mtime_ns
    assert run_training(frozen_recipe, workspace, "frozen", resume=True) == checkpoint
    assert checkpoint.stat().st_mtime_ns == written
    other = dataclasses.replace(frozen_recipe, fold=1)
    with pytest.raises(ValueError, match="another recipe"):
        run_training(other, workspace, "frozen", resume=True)


def test_an_encoder_is_changed_gently_from_a_fitted_head(frozen_recipe, workspace):
    """Its matrices change by a low rank, and the rest of it not at all."""
    settings = {"arch": "whisper", "arch_options": SMALL, "head.inverse_penalty": 1.0}
    start = json.dumps(settings | {"head.copies": 1})
    recipe = dataclasses.replace(frozen_recipe, start=start, low_rank=2, epochs=2)
    run = Run.load(run_training(recipe, workspace, "changed"))
    before = Run.load(workspace.runs / run_name(recipe.start_recipe) / "checkpoint.pt").network
    assert {*run.network.state_dict()} == {*before.state_dict()}
    weights = before.state_dict()
    for name, value in run.network.state_dict().items():
        change = value - weights[name]
        if name.startswith("encoder.blocks") and change.ndim == 2:
            assert torch.linalg.matrix_rank(change, rtol=1e-3) == 2
        elif not name.startswith("classifier"):
            assert not change.any()


def test_only_a_fitted_pretrained_encoder_is_changed():
    with pytest.raises(ValueError, match="--start whisper-base"):
        Recipe(arch="whisper", low_rank=4)
    with pytest.raises(ValueError, match="pretrained encoder"):
        Recipe(start="{}", low_rank=4)
    with pytest.raises(ValueError, match="two starts"):
        Recipe(start="{}", pretraining_corpora=("nemo",))


def test_its_statistics_are_those_of_the_clean_training_clips(frozen_recipe, workspace):
    run = Run.load(run_training(frozen_recipe, workspace, "frozen", resume=True))
    clips = Clips.load(recipe_split(run.recipe, workspace.data).train, run.recipe, workspace)
    inputs, _ = clips.windows
    assert len(inputs) == len(clips)  # each fits one window
    with torch.inference_mode():
        embeddings = run.network(torch.from_numpy(np.concatenate(inputs))).embedding
    # The cache computes in half the precision.
    torch.testing.assert_close(run.network.mean, embeddings.mean(dim=0), atol=0.02, rtol=0.02)
    torch.testing.assert_close(
        run.network.std, embeddings.std(dim=0, correction=0), atol=0.02, rtol=0.05
    )


def test_embeddings_are_computed_once(frozen_recipe, workspace, tmp_path):
    torch.manual_seed(0)
    network = frozen_recipe.build()
    part = recipe_split(frozen_recipe, workspace.data).validation
    clips = Clips.load(part, frozen_recipe, workspace)
    counted = []
    network.register_forward_hook(lambda module, inputs, outputs: counted.append(len(inputs[0])))
    cache = EmbeddingCache(tmp_path)
    clean, copy = cache.clean(network, clips), cache.varied(network, clips, 0)
    assert sum(counted) == 2 * len(clips)
    assert torch.equal(cache.clean(network, clips), clean)
    assert torch.equal(cache.varied(network, clips, 0), copy)
    assert sum(counted) == 2 * len(clips)
    assert not torch.equal(cache.varied(network, clips, 1), copy)


def test_a_speaker_s_copies_do_not_depend_on_who_else_is_there(frozen_recipe, workspace):
    part = recipe_split(frozen_recipe, workspace.data).train
    clips = Clips.load(part, frozen_recipe, workspace)
    indices = list(clips.by_speaker.values())[1]
    together = varied_copy(clips, 3)[indices]
    assert torch.equal(varied_copy(clips.part(indices.tolist()), 3), together)
