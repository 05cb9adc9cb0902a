"""Hide a region of the network's input, and watch the probability of the predicted label.

After Zeiler & Fergus 2014 (arXiv:1311.2901). Hidden regions get the mean of the window, like the
masks of SpecAugment; a network trained with those is not surprised by the hole itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import openvino as ov
from scipy.special import softmax

from ser_core.inference.network import compile_options

BATCH = 8  # windows per inference: more take memory, and are no faster


class Region(NamedTuple):
    """A rectangle of a model window; upper bounds are exclusive."""

    low_band: int
    high_band: int
    first_frame: int
    last_frame: int


class Occluder:
    """An IR that classifies many versions of one model window at once.

    Args:
        xml: the IR; compiled again, for a batch if it allows one.
        temperature: of the model's signature.
    """

    def __init__(self, xml: Path, temperature: float):
        self._temperature = temperature
        self._batch = BATCH
        core = ov.Core()
        model = core.read_model(xml)
        try:
            model.reshape([BATCH, *model.input(0).shape[1:]])
        except RuntimeError:  # the shape of one window is written into the graph
            self._batch, model = 1, core.read_model(xml)
        self._compiled = core.compile_model(model, "CPU", compile_options())

    def probabilities(self, network_inputs: np.ndarray) -> np.ndarray:
        """Probabilities for model windows, shape `(n, 1, n_mels, n_frames)`.

        Returns:
            Shape `(n, n_labels)`.
        """
        request = self._compiled.create_infer_request()
        logits = []
        for start in range(0, len(network_inputs), self._batch):
            batch = network_inputs[start : start + self._batch]
            missing = self._batch - len(batch)
            request.infer(
                [np.pad(batch, ((0, missing), (0, 0), (0, 0), (0, 0)))], share_inputs=False
            )
            logits.append(request.get_tensor("logits").data[: len(batch)].copy())
        return softmax(np.concatenate(logits) / self._temperature, axis=-1)

    def without(self, network_input: np.ndarray, regions: Sequence[Region]) -> np.ndarray:
        """Probabilities with each region hidden in turn, shape `(n_regions, n_labels)`."""
        return self.probabilities(np.concatenate([hidden(network_input, r) for r in regions]))


def hidden(network_input: np.ndarray, region: Region) -> np.ndarray:
    """A copy of a model window in which a region has the mean value."""
    copy = network_input.copy()
    bands = slice(region.low_band, region.high_band)
    frames = slice(region.first_frame, region.last_frame)
    copy[..., bands, frames] = network_input.mean()
    return copy


def tiles(
    n_mels: int, first_frame: int, last_frame: int, size: tuple[int, int] = (20, 32)
) -> list[list[Region]]:
    """Rows of overlapping regions that cover a part of the window, from low to high bands.

    Each tile begins half its size after the one before.

    Args:
        size: mel bands and frames of a tile.
    """
    bands = _starts(0, n_mels, size[0])
    frames = _starts(first_frame, last_frame, size[1])
    return [
        [Region(b, min(b + size[0], n_mels), f, min(f + size[1], last_frame)) for f in frames]
        for b in bands
    ]


def _starts(first: int, last: int, size: int) -> list[int]:
    return [*range(first, max(last - size, first), size // 2), max(last - size, first)]


def influence(
    fall: np.ndarray, regions: Sequence[Sequence[Region]], shape: tuple[int, int]
) -> np.ndarray:
    """Drop in probability, point by point: the mean over the tiles that cover the point.

    Args:
        fall: drop for each tile, in the shape of the regions.
        shape: `(n_mels, n_frames)`.

    Returns:
        Array of this shape; NaN where there is no tile.
    """
    total, count = np.zeros(shape), np.zeros(shape)
    for row, falls in zip(regions, fall, strict=True):
        for r, value in zip(row, falls, strict=True):
            total[r.low_band : r.high_band, r.first_frame : r.last_frame] += value
            count[r.low_band : r.high_band, r.first_frame : r.last_frame] += 1
    return np.divide(total, count, out=np.full(shape, np.nan), where=count > 0)
