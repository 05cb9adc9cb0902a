"""Chunks of any sample rate become windows of the last seconds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import soxr

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import (
    MAX_CHANNELS,
    MAX_DURATION_S,
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    SAMPLE_RATE,
)
from ser_core.audio.encoding import to_16_bit

HOP_S = 0.25
MIN_WINDOW_S, MAX_WINDOW_S = 1.0, 6.0
RECENT_S = 30.0
"""How much can be drawn, and saved as a clip."""

_SHORTEST_WINDOW_S = 0.5  # at the start, before there is a whole window
_HOP = round(HOP_S * SAMPLE_RATE)
_RECENT = round(RECENT_S * SAMPLE_RATE)
_RECORDED = MAX_DURATION_S * SAMPLE_RATE


class LiveWindow(NamedTuple):
    """A span of the stream that ends on a hop.

    Attributes:
        start_s, end_s: since the beginning of the stream, in seconds of sound.
        waveform: float32 at 16 kHz.
    """

    start_s: float
    end_s: float
    waveform: np.ndarray


def check_chunk(chunk: np.ndarray, sample_rate: int) -> None:
    """Reject what cannot be sound.

    Raises:
        ValueError: wrong shape or sample rate.
    """
    if chunk.ndim not in (1, 2) or (chunk.ndim == 2 and not 1 <= chunk.shape[1] <= MAX_CHANNELS):
        raise ValueError(
            f"A chunk has the shape (n_samples,) or (n_samples, 1 to {MAX_CHANNELS} channels), "
            f"not {chunk.shape}."
        )
    if not MIN_RATE_HZ <= sample_rate <= MAX_RATE_HZ:
        raise ValueError(
            f"A chunk has a sample rate of {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz, not {sample_rate} Hz."
        )


class LiveAudio:
    """The last 30 seconds at 16 kHz, the last 10 minutes in 16 bit, and the windows as they pass.

    Args:
        window_s: length of the windows; may be changed while the stream runs.
    """

    def __init__(self, window_s: float = 3.0):
        self.window_s = window_s
        self.n_samples = 0  # at 16 kHz, since the beginning
        self._begin = 0  # where the sound went on after the last interruption
        # Twice as long as what is kept, so that old samples are moved out only occasionally.
        self._buffer = np.zeros(2 * _RECENT, np.float32)
        self._filled = 0
        # A ring buffer; the system allocates its memory only as it is written.
        self._recorded = np.zeros(_RECORDED, np.int16)
        self._resampler: soxr.ResampleStream | None = None
        self._rate = 0

    @property
    def duration_s(self) -> float:
        return self.n_samples / SAMPLE_RATE

    def append(self, chunk: np.ndarray, sample_rate: int) -> list[LiveWindow]:
        """Take a chunk.

        Args:
            chunk: float in [-1, 1] or int16, shape `(n_samples,)` or `(n_samples, n_channels)`.
                Keep it shorter than a second, or windows pile up.

        Returns:
            The windows that end in this chunk: one for each quarter of a second of sound.
        """
        waveform = _mono(chunk)
        flushed = np.zeros(0, np.float32)
        if sample_rate != self._rate:
            flushed = self._flush()
            self._rate = sample_rate
            if sample_rate != SAMPLE_RATE:
                # HQ, not VHQ as for files: 12 ms behind instead of 75 ms at 48 kHz.
                self._resampler = soxr.ResampleStream(
                    sample_rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ"
                )
        if self._resampler:
            waveform = self._resampler.resample_chunk(waveform)
        return self._take(np.concatenate([flushed, waveform]))

    def interrupt(self) -> None:
        """End the sound here; what follows does not share a window with it."""
        self._take(self._flush())
        self._rate = 0
        self._begin = self.n_samples

    def recent(self) -> np.ndarray:
        """The last 30 seconds, a copy, shape `(n_samples,)`."""
        return self._buffer[max(0, self._filled - _RECENT) : self._filled].copy()

    def recording(self) -> np.ndarray:
        """The last 10 minutes, int16, a copy, shape `(n_samples,)`."""
        if self.n_samples <= _RECORDED:
            return self._recorded[: self.n_samples].copy()
        return np.roll(self._recorded, -self.n_samples % _RECORDED)

    def _flush(self) -> np.ndarray:
        """What the resampler still holds."""
        resampler, self._resampler = self._resampler, None
        empty = np.zeros(0, np.float32)
        return resampler.resample_chunk(empty, last=True) if resampler else empty

    def _take(self, waveform: np.ndarray) -> list[LiveWindow]:
        windows = []
        while len(waveform):
            until_hop = _HOP - (self.n_samples - self._begin) % _HOP
            piece, waveform = waveform[:until_hop], waveform[until_hop:]
            self._store(piece)
            if len(piece) == until_hop and (window := self._window()):
                windows.append(window)
        return windows

    def _store(self, piece: np.ndarray) -> None:
        if self._filled + len(piece) > len(self._buffer):
            self._buffer[:_RECENT] = self._buffer[self._filled - _RECENT : self._filled]
            self._filled = _RECENT
        self._buffer[self._filled : self._filled + len(piece)] = piece
        self._filled += len(piece)
        places = np.arange(self.n_samples, self.n_samples + len(piece)) % _RECORDED
        self._recorded[places] = to_16_bit(piece)
        self.n_samples += len(piece)

    def _window(self) -> LiveWindow | None:
        window_length = round(self.window_s * SAMPLE_RATE)
        length = min(window_length, self.n_samples - self._begin)
        if length < _SHORTEST_WINDOW_S * SAMPLE_RATE:
            return None
        return LiveWindow(
            (self.n_samples - length) / SAMPLE_RATE,
            self.duration_s,
            self._buffer[self._filled - length : self._filled].copy(),
        )


def chunks(clip: Clip, chunk_s: float = 0.02) -> list[np.ndarray]:
    """A clip in chunks, as a microphone would deliver them; WebRTC's have 20 ms."""
    size = round(chunk_s * clip.sample_rate)
    return [clip.waveform[i : i + size] for i in range(0, len(clip.waveform), size)]


def _mono(chunk: np.ndarray) -> np.ndarray:
    """Float32 in [-1, 1]; channels become their mean, as in files (no gain of 3 dB)."""
    waveform = chunk.astype(np.float32)
    if chunk.dtype == np.int16:
        waveform /= 32768
    if waveform.ndim == 2:
        waveform = waveform.mean(axis=1)
    # A driver that sends NaN once must not silence everything after it in the resampler.
    return np.nan_to_num(waveform, nan=0.0, posinf=0.0, neginf=0.0)
