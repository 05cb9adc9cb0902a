"""Several channels become one: mixed, or one of them alone."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

Stereo = Literal["mix", "left", "right"]
"""What becomes of two channels."""
STEREO: tuple[Stereo, ...] = get_args(Stereo)

_FULL_SCALE = 0.999
# Uncorrelated channels lose 3 dB when two of them are mixed, and 9 dB when there are eight. With
# one of two inverted, 20 dB and more are lost; what then remains is what the codec changed.
_CANCELED = 10 ** (-13 / 10)
_FRAME_S = 0.1
# Correlation of powers over time: two microphones at one talker have above 0.8, two people who take
# turns have less than 0.
_DIFFERENT = 0.3
_QUIET = 10 ** (-20 / 10)  # a channel with less power than this, compared to the other, is empty


class Mixer:
    """Makes blocks mono, and keeps in mind what the channels were like.

    Args:
        channel: the only one to keep; None for the mean of all.
    """

    def __init__(self, rate: int, channel: int | None = None):
        self._channel = channel
        self._frame = max(1, round(_FRAME_S * rate))
        self._n_samples = 0
        self._n_clipped: np.ndarray | int = 0
        self._powers: list[np.ndarray] = []  # of each channel, and last of the mix, over time

    def __call__(self, block: np.ndarray, peak: float) -> np.ndarray:
        """Mono samples of a block of shape `(n_samples, n_channels)`; may share its memory.

        Args:
            peak: its largest absolute sample.
        """
        self._n_samples += len(block)
        n_channels = block.shape[1]
        if peak >= _FULL_SCALE:
            counts = [_count_flat_tops(block[:, channel]) for channel in range(n_channels)]
            self._n_clipped = self._n_clipped + np.array(counts)
        if n_channels == 1:
            return block[:, 0]
        mono = block.mean(axis=1, dtype=np.float32)
        self._powers.append(_powers(np.column_stack([block, mono]), self._frame))
        if self._channel is None:
            return mono
        return block[:, min(self._channel, n_channels - 1)].copy()

    @property
    def clipped_share(self) -> float:
        """Share of the samples that are clipped, in the channel that has most of them."""
        return float(np.max(self._n_clipped)) / max(1, self._n_samples)

    @property
    def instead(self) -> int | None:
        """The channel to take instead of the mix, where that loses what the channels hold."""
        if self._channel is not None or not self._powers:
            return None
        *channels, mix = np.concatenate(self._powers).sum(axis=0)
        return int(np.argmax(channels)) if mix < _CANCELED * np.mean(channels) else None

    @property
    def different(self) -> bool:
        """Whether there are two channels with different sounds: two people, perhaps."""
        if not self._powers or self._powers[0].shape[1] != 3:
            return False
        powers = np.concatenate(self._powers)[:, :2]
        total = powers.sum(axis=0)
        if len(powers) < 1 / _FRAME_S or total.min() <= _QUIET * total.max():
            return False
        return bool(np.corrcoef(powers.T)[0, 1] < _DIFFERENT)


def _powers(block: np.ndarray, n_samples: int) -> np.ndarray:
    """Power of each column in frames, shape `(n_frames, n_columns)`; a constant offset is none."""
    block = block - block.mean(axis=0)
    if len(block) < n_samples:
        return np.square(block).mean(axis=0, keepdims=True)
    frames = block[: len(block) // n_samples * n_samples].reshape(-1, n_samples, block.shape[1])
    return np.square(frames).mean(axis=1)


def _count_flat_tops(block: np.ndarray) -> int:
    """Number of samples that lie in runs of at least three at full scale of one sign."""
    count = 0
    for at_full_scale in (block >= _FULL_SCALE, block <= -_FULL_SCALE):
        edges = np.flatnonzero(np.diff(at_full_scale, prepend=False, append=False))
        lengths = edges[1::2] - edges[::2]
        count += int(lengths[lengths >= 3].sum())
    return count
