"""Frames, windows and the spectrogram before the mel bands, for any length and hop."""

from __future__ import annotations

import numpy as np
from scipy.fft import rfft

from ser_core.features.log_mel import LogMel, centered_frames, fft_window

_SMALLEST_POWER = LogMel().amin


def frames(waveform: np.ndarray, win_length: int, hop_length: int) -> np.ndarray:
    """Windowed frames, cut as in the features.

    Args:
        waveform: shape `(n_samples,)`.

    Returns:
        Shape `(1 + n_samples // hop_length, win_length)`.
    """
    settings = LogMel(n_fft=win_length, win_length=win_length, hop_length=hop_length)
    return centered_frames(waveform, settings) * fft_window(settings)


def stft_db(waveform: np.ndarray, win_length: int, hop_length: int, n_fft: int) -> np.ndarray:
    """Level of every frequency in every frame, in dB below the loudest one.

    Returns:
        Shape `(n_fft // 2 + 1, n_frames)`, from 0 Hz to half the sample rate.
    """
    power = np.abs(rfft(frames(waveform, win_length, hop_length), n_fft).T) ** 2
    level = 10 * np.log10(np.maximum(power, _SMALLEST_POWER))
    return level - level.max()
