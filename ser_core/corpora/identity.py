"""Which recordings are the same, whatever their files are called.

Two comparisons of decoded samples, neither of which needs the other file at hand:

- **equal samples**, within a step of 16 bits: a copy in another container or at another rate;
- a **fingerprint** that survives MP3, AAC or Opus: the energies of a clip in 16 stretches of time
  and 3 bands of frequency. Time is measured from the center of the clip's energy, in units of its
  spread, so that silence added by a codec changes nothing.

On RAVDESS, two different recordings differ by at least 0.46 on average per value (3 dB), copies in
MP3, Opus or Vorbis by at most 0.33.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Generic, TypeVar

import numpy as np
from scipy import fft

from ser_core.audio.clip import Clip

_BANDS_HZ = (100, 600, 1700, 3600)  # a telephone passes all of them
_STRETCHES = 16
_SPREADS = 4  # how much time the stretches cover together
_STEP_DB = 3.0
_FLOOR_DB = 45.0
_FRAME, _HOP = 512, 160
_FRAMES_AT_ONCE = 2048  # 20 s; ten minutes at once would take 300 MB
_SPREAD_STEP = 1e-4  # of the logarithm of the spread
_MAX_DIFFERENCE = 0.36
_MAX_SPREAD_DIFFERENCE = 0.02
_BYTES = 2 + _STRETCHES * (len(_BANDS_HZ) - 1) // 2

_EVERY = 500  # samples
_MAX_STEPS = 2.0 / 32768
_MAX_LENGTH_DIFFERENCE = 160  # samples, 10 ms

Tag = TypeVar("Tag")


@dataclass(frozen=True, eq=False)
class Identity:
    """What is kept of a recording to recognize its copies.

    Attributes:
        n_samples: its length at 16 kHz.
        samples: one of `_EVERY`, float32.
        fingerprint: as `fingerprint` returns it.
        format: suffix of its file; a copy in the same format is not a re-encoded one.
    """

    n_samples: int
    samples: np.ndarray
    fingerprint: bytes
    format: str

    @classmethod
    def of(cls, clip: Clip) -> Identity:
        return cls(
            len(clip.waveform),
            clip.waveform[::_EVERY].copy(),
            fingerprint(clip.waveform),
            PurePosixPath(clip.name).suffix.lower(),
        )

    def is_copy_of(self, other: Identity) -> bool:
        """Whether both are the same recording: equal samples, or one re-encoded."""
        if abs(self.n_samples - other.n_samples) <= _MAX_LENGTH_DIFFERENCE:
            n = min(len(self.samples), len(other.samples))
            if np.abs(self.samples[:n] - other.samples[:n]).max() <= _MAX_STEPS:
                return True
        if self.format == other.format:
            return False
        return Fingerprints([other.fingerprint]).include(self.fingerprint)


class Recordings(Generic[Tag]):
    """Recordings of which copies are recognized; each has a tag, such as its name."""

    def __init__(self) -> None:
        self._by_spread: dict[int, list[tuple[Identity, Tag]]] = {}

    def original_of(self, identity: Identity, fits: Callable[[Tag], bool]) -> Tag | None:
        """The tag of a recording that this one is a copy of, among those whose tag fits."""
        place = _place(identity)
        for near in (place - 1, place, place + 1):
            for other, tag in self._by_spread.get(near, ()):
                if fits(tag) and identity.is_copy_of(other):
                    return tag
        return None

    def add(self, identity: Identity, tag: Tag) -> None:
        self._by_spread.setdefault(_place(identity), []).append((identity, tag))


class Fingerprints:
    """Fingerprints of many recordings, to look one up."""

    def __init__(self, fingerprints: Iterable[bytes]):
        rows = [fingerprint for fingerprint in fingerprints if len(fingerprint) == _BYTES]
        table = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), _BYTES)
        self._spreads, self._levels = _unpacked(table)

    def __len__(self) -> int:
        return len(self._levels)

    def include(self, fingerprint: bytes) -> bool:
        """Whether one of them is of the same recording."""
        if not len(self):
            return False
        spread, levels = _unpacked(np.frombuffer(fingerprint, np.uint8)[None])
        near = np.abs(self._spreads - spread[0]) <= _MAX_SPREAD_DIFFERENCE
        differences = np.abs(self._levels[near] - levels[0]).mean(axis=1)
        return bool((differences <= _MAX_DIFFERENCE).any())


def fingerprint(waveform: np.ndarray) -> bytes:
    """The fingerprint of a clip at 16 kHz: two bytes for the spread, four bits for each energy."""
    energies = _band_energies(waveform)  # (n_frames, n_bands)
    total, times = energies.sum(axis=1), np.arange(len(energies))
    weight = total.sum() + 1e-20
    center = (total * times).sum() / weight
    spread = 1 + np.sqrt((total * (times - center) ** 2).sum() / weight)
    edges = center + spread * np.linspace(-_SPREADS / 2, _SPREADS / 2, _STRETCHES + 1)
    cumulated = np.vstack([np.zeros(energies.shape[1]), np.cumsum(energies, axis=0)])
    until = [np.interp(edges, np.arange(len(cumulated)), band) for band in cumulated.T]
    level_db = 10 * np.log10(np.diff(np.stack(until, axis=1), axis=0) + 1e-20)
    above_floor = np.clip(level_db - level_db.max() + _FLOOR_DB, 0, _FLOOR_DB)
    levels = np.rint(above_floor / _STEP_DB).astype(np.uint8).ravel()  # 0 to 15
    spread_bytes = np.array([np.log(spread) / _SPREAD_STEP], "<u2").tobytes()
    return spread_bytes + (levels[::2] << 4 | levels[1::2]).tobytes()


def as_text(fingerprint: bytes) -> str:
    """A fingerprint in base64, without padding."""
    return base64.b64encode(fingerprint).decode().rstrip("=")


def from_text(text: str) -> bytes:
    """The fingerprint that `as_text` wrote; empty if the text is something else."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""


def _place(identity: Identity) -> int:
    """Number of the drawer that a recording lies in; its copies lie there or next to it."""
    spreads, _ = _unpacked(np.frombuffer(identity.fingerprint, np.uint8)[None])
    return int(spreads[0] // _MAX_SPREAD_DIFFERENCE)


def _band_energies(waveform: np.ndarray) -> np.ndarray:
    padded = np.pad(waveform, (0, max(0, _FRAME - len(waveform))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[::_HOP]
    window = np.hanning(_FRAME).astype(np.float32)
    bins = [round(hz * _FRAME / 16_000) for hz in _BANDS_HZ]
    energies = []
    for first in range(0, len(frames), _FRAMES_AT_ONCE):
        block = frames[first : first + _FRAMES_AT_ONCE]
        power = np.abs(fft.rfft(block * window, axis=1)) ** 2
        energies.append(np.stack([power[:, a:b].sum(axis=1) for a, b in pairwise(bins)], axis=1))
    return np.concatenate(energies)


def _unpacked(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of the spreads, and the levels, of packed fingerprints, one per row."""
    spreads = table[:, :2].copy().view("<u2")[:, 0] * np.float32(_SPREAD_STEP)
    packed = table[:, 2:]
    levels = np.stack([packed >> 4, packed & 15], axis=2).reshape(len(table), 2 * packed.shape[1])
    return spreads, levels.astype(np.float32)
