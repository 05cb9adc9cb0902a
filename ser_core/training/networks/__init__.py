"""The networks, each a small module with its configuration; one head gives them all their outputs.

se_resnet   residual CNN with squeeze-excitation, the main model
head        attentive statistics pooling: logits, evidence over time, embedding
"""

from __future__ import annotations

from typing import Any

from torch import nn

from ser_core.training.networks import se_resnet

ARCHITECTURES = {"se_resnet": (se_resnet.SeResNetConfig, se_resnet.SeResNet)}


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
