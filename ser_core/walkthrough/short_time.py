"""Frames, windows and the spectrogram before the mel bands, for any length and hop."""

from __future__ import annotations

import numpy as np
from scipy.fft import rfft

from ser_core.features.log_mel import LogMel, mel_filters

_SMALLEST_POWER = 1e-14


def hann(n_samples: int) -> np.ndarray:
    """Periodic Hann window, shape `(n_samples,)`."""
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_samples) / n_samples)


def frames(waveform: np.ndarray, win_length: int, hop_length: int) -> np.ndarray:
    """Windowed frames; the n-th is centred on sample `n * hop_length`.

    Args:
        waveform: shape `(n_samples,)`.

    Returns:
        Shape `(1 + n_samples // hop_length, win_length)`.
    """
    padded = np.pad(waveform, (win_length // 2, win_length - win_length // 2))
    cut = np.lib.stride_tricks.sliding_window_view(padded, win_length)[::hop_length]
    return cut * hann(win_length).astype(np.float32)


def stft_db(waveform: np.ndarray, win_length: int, hop_length: int, n_fft: int) -> np.ndarray:
    """Level of every frequency in every frame, in dB below the loudest one.

    Returns:
        Shape `(n_fft // 2 + 1, n_frames)`, from 0 Hz to half the sample rate.
    """
    power = np.abs(rfft(frames(waveform, win_length, hop_length), n_fft).T) ** 2
    level = 10 * np.log10(np.maximum(power, _SMALLEST_POWER))
    return level - level.max()


def mel_power(waveform: np.ndarray, settings: LogMel) -> np.ndarray:
    """Power in each mel band before the logarithm, shape `(n_mels, n_frames)`."""
    windowed = frames(waveform, settings.win_length, settings.hop_length)
    return mel_filters(settings) @ (np.abs(rfft(windowed, settings.n_fft).T) ** 2)
