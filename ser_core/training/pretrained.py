"""Weights that were trained before, by others: Whisper's encoder as OpenAI publishes it."""

from __future__ import annotations

import os
from pathlib import Path

import pooch
import torch
from torch import Tensor, nn

OFFICIAL_SHA256 = {
    "base": "ed3a0b6b1c0edf879ad9b11b1af5a0e6ab5db9205f891f668f8b0e6c6326e34e",
    "tiny.en": "d3dd57d32accea0b295c96e26691aa14d8822fac7d9d27d5dc00b4ca2826dd03",
}
"""Of the official files, by which they are also addressed."""

PUBLISHED = {
    "base": "OpenAI's Whisper base, 680,000 hours of speech",
    "tiny.en": "OpenAI's Whisper tiny.en, 438,000 hours of English speech",
}
"""What these weights are, in words (Radford et al. 2022, arXiv:2212.04356)."""

WEIGHTS_VARIABLE = "SER_WEIGHTS"
"""Environment variable: a folder of checkpoints, looked into before anything is downloaded."""


def load_pretrained(network: nn.Module, init: Path | None = None) -> None:
    """Put published weights into a network that is made for them.

    Args:
        network: has an `encoder` whose modules bear the published names, and a `config` that
            names the checkpoint; random weights stay where it names none.
        init: checkpoint in the official layout, or a folder of such.

    Raises:
        ValueError: the file is no such checkpoint, or is of another network.
    """
    name = network.config.pretrained  # type: ignore[union-attr]
    if not name:
        return
    path = checkpoint_path(name, init)  # type: ignore[arg-type]
    encoder: nn.Module = network.encoder  # type: ignore[assignment]
    published = _encoder_weights(path)
    own = encoder.state_dict()
    fitting = {key: value.float() for key, value in published.items() if key in own}
    if missing := sorted(
        key for key in own if key not in fitting or fitting[key].shape != own[key].shape
    ):
        raise ValueError(f"{path} does not fit this network, for example in {missing[0]}.")
    encoder.load_state_dict(fitting)


def checkpoint_path(name: str, init: Path | None = None) -> Path:
    """Where a published checkpoint lies; the official one is downloaded where there is none.

    Raises:
        ValueError: it is not in the folder that was named, or nothing is known by this name.
    """
    given = init or (Path(folder) if (folder := os.environ.get(WEIGHTS_VARIABLE)) else None)
    if given is not None and given.is_file():
        return given
    if given is not None:
        for file in (f"{name}.pt", f"whisper-{name}-encoder.pt"):
            if (given / file).is_file():
                return given / file
        raise ValueError(f"There is no {name}.pt in {given}.")
    if name not in OFFICIAL_SHA256:
        raise ValueError(
            f"There are no pretrained weights {name!r}. There are: {', '.join(OFFICIAL_SHA256)}."
        )
    sha256 = OFFICIAL_SHA256[name]
    return Path(
        pooch.retrieve(
            f"https://openaipublic.azureedge.net/main/whisper/models/{sha256}/{name}.pt",
            known_hash=f"sha256:{sha256}",
            fname=f"{name}.pt",
            path=pooch.os_cache("ser-lab"),
        )
    )


def _encoder_weights(path: Path) -> dict[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)["model_state_dict"]
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise ValueError(f"{path} is no checkpoint in Whisper's layout: {error}") from error
    prefix = "encoder."
    return {key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)}
