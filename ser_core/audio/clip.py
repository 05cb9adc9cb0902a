"""Decoded audio, ready to be analyzed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ser_core.audio.channels import Stereo
from ser_core.audio.decoding import SAMPLE_RATE, decode, read_file
from ser_core.audio.voice_activity import voice_steps


@dataclass(frozen=True, eq=False)
class Clip:
    """Decoded mono audio.

        >>> clip = Clip.from_file("samples/plain.flac")
        >>> f"{clip.duration_s:.1f} s at {clip.sample_rate} Hz"
        '2.7 s at 16000 Hz'

    Attributes:
        waveform: float32 samples in [-1, 1], shape `(n_samples,)`, read-only.
        sample_rate: Hz.
        name: display name, usually the file name.
        clipped_share: fraction of the samples, before resampling, that lie in a run of three or
            more at full scale: the flat tops of an overdriven recording.
        decode_ms: time spent decoding and resampling.
        note: sentences about what was left out or chosen; empty if all is well.
        different_channels: the file has two channels that hold different sounds.
    """

    waveform: np.ndarray
    sample_rate: int = SAMPLE_RATE
    name: str = "clip"
    clipped_share: float = 0.0
    decode_ms: float = 0.0
    note: str = ""
    different_channels: bool = False

    @property
    def duration_s(self) -> float:
        return len(self.waveform) / self.sample_rate

    @property
    def peak(self) -> float:
        """Largest distance from the mean (a constant offset is not sound), 0–1."""
        mean = self.waveform.mean()
        return float(max(self.waveform.max() - mean, mean - self.waveform.min()))

    def stretch(self, start_s: float, end_s: float) -> np.ndarray:
        """The samples from one moment to another, shape `(n_samples,)`; at least one."""
        first = min(round(start_s * self.sample_rate), len(self.waveform) - 1)
        return self.waveform[first : max(round(end_s * self.sample_rate), first + 1)]

    @cached_property
    def voice(self) -> np.ndarray:
        """Whether somebody speaks, for every 32 ms (see `voice_activity.voice_steps`)."""
        return voice_steps(self.waveform)

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "clip", stereo: Stereo = "mix") -> Clip:
        """Decode an audio file held in memory.

        Args:
            stereo: what becomes of two channels: their mix, or one of them.

        Raises:
            AudioError: empty, not audio, too damaged, too long, too many channels, a sample rate
                outside 4–384 kHz, or samples that are not finite.
        """
        start = time.perf_counter()
        waveform, clipped_share, note, different = decode(data, stereo)
        waveform.flags.writeable = False
        decode_ms = 1000 * (time.perf_counter() - start)
        return cls(waveform, SAMPLE_RATE, name, clipped_share, decode_ms, note, different)

    @classmethod
    def from_file(cls, path: str | Path) -> Clip:
        """Decode an audio file on disk.

        Raises:
            AudioError: as in `from_bytes`, or the file cannot be opened.
        """
        return cls.from_bytes(read_file(Path(path)), Path(path).name)
