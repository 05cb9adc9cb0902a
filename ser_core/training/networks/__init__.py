"""The networks, each a small module with its configuration; one head gives them all their outputs.

cnn         plain CNN, the one to read first
se_resnet   residual CNN with squeeze-excitation, the main model
ds_cnn      depthwise-separable CNN for the edge
tcn         temporal convolution at several time scales
densenet    DenseNet-121, the architecture of 2020
whisper     first blocks of Whisper's encoder, trained before, under a linear head
head        attentive statistics pooling: logits, evidence over time, embedding
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from ser_core.training.networks import cnn, densenet, ds_cnn, se_resnet, tcn, whisper

ARCHITECTURES: dict[str, tuple[Callable[..., Any], Callable[[Any], nn.Module]]] = {
    "cnn": (cnn.CnnConfig, cnn.Cnn),
    "se_resnet": (se_resnet.SeResNetConfig, se_resnet.SeResNet),
    "ds_cnn": (ds_cnn.DsCnnConfig, ds_cnn.DsCnn),
    "tcn": (tcn.TcnConfig, tcn.Tcn),
    "densenet121": (densenet.DenseNetConfig, densenet.DenseNet),
    "whisper": (whisper.WhisperConfig, whisper.Whisper),
}

PRETRAINED = ("whisper",)
"""Those whose encoder others trained: only their head is fitted."""


def build(arch: str, n_labels: int, n_mels: int, **options: Any) -> nn.Module:
    """A network by name, with options of its configuration dataclass.

    Raises:
        ValueError: there is no such architecture or option.
    """
    if arch not in ARCHITECTURES:
        raise ValueError(f"There is no network {arch!r}. There are: {', '.join(ARCHITECTURES)}.")
    config, network = ARCHITECTURES[arch]
    try:
        return network(config(n_labels=n_labels, n_mels=n_mels, **options))
    except TypeError as error:
        raise ValueError(f"{arch} cannot be built so: {error}") from error
