"""Pitch at any moment of a voice, fast enough to be there when a page opens.

The normalized square difference of McLeod and Wyvill ("A smarter way to find pitch", 2005). YIN of
librosa agrees with it, but takes half a minute and 330 MB on first use.
"""

from __future__ import annotations

import numpy as np
from scipy.fft import irfft, rfft

from ser_core.audio.decoding import SAMPLE_RATE

LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
_FRAME_LENGTH = 1024  # samples: 64 ms hold four periods of the lowest voice
_BLOCK = 256  # frames
_CLEAR = 0.6  # similarity to itself one period later, of at most 1, from which a frame is voiced
_FIRST = 0.9  # of the best similarity: a multiple of the period is nearly as good as the period
_SOFTEST_DB = 35.0  # below the loudest frame; softer ones are room and breath


def pitch_hz(waveform: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Pitch at the given times; NaN where the voice has none.

    Args:
        waveform: at 16 kHz, shape `(n_samples,)`.
        times_s: shape `(n_times,)`.

    Returns:
        Shape `(n_times,)`, between `LOWEST_HZ` and `HIGHEST_HZ`.
    """
    padded = np.pad(waveform, _FRAME_LENGTH // 2)
    starts = np.round(times_s * SAMPLE_RATE).astype(int).clip(0, len(waveform))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME_LENGTH)
    # In blocks: all at once, thousands of frames would take hundreds of megabytes.
    blocks = [starts[i : i + _BLOCK] for i in range(0, len(starts), _BLOCK)]
    measured = [_frequency_and_power(frames[block].astype(np.float64)) for block in blocks]
    hz, power = np.concatenate(measured, axis=1) if measured else np.empty((2, 0))
    loud = power > max(power.max(initial=0.0), 1e-12) * 10 ** (-_SOFTEST_DB / 10)
    return np.where(loud, hz, np.nan)


def _frequency_and_power(frames: np.ndarray) -> np.ndarray:
    """Frequency (NaN where a frame does not repeat) and power, shape `(2, n_frames)`."""
    frames = frames - frames.mean(axis=1, keepdims=True)
    similarity = _similarity(frames)
    lag = _first_good_lag(similarity)
    rows = np.arange(len(lag))
    before, peak, after = (similarity[rows, lag + shift] for shift in (-1, 0, 1))
    # The vertex of the parabola through the peak and its neighbors.
    bend = before - 2 * peak + after
    offset = np.divide(before - after, 2 * bend, out=np.zeros_like(bend), where=bend < 0)
    hz = SAMPLE_RATE / (lag + offset.clip(-0.5, 0.5))
    voiced = (peak >= _CLEAR) & (hz >= LOWEST_HZ) & (hz <= HIGHEST_HZ)
    return np.array([np.where(voiced, hz, np.nan), np.square(frames).sum(axis=1)])


def _similarity(frames: np.ndarray) -> np.ndarray:
    """2Σx(t)x(t+τ) / Σ(x(t)² + x(t+τ)²) for each lag τ, shape `(n_frames, longest lag + 2)`."""
    lags = np.arange(int(SAMPLE_RATE / LOWEST_HZ) + 2)
    spectrum = rfft(frames, 2 * _FRAME_LENGTH, axis=1)
    products = irfft(np.abs(spectrum) ** 2, axis=1)[:, : len(lags)]
    energy = np.pad(np.cumsum(np.square(frames), axis=1), ((0, 0), (1, 0)))
    total = energy[:, -1:]
    both = energy[:, _FRAME_LENGTH - lags] + total - energy[:, lags]
    return 2 * products / np.maximum(both, 1e-12)


def _first_good_lag(similarity: np.ndarray) -> np.ndarray:
    """Lag of the first local maximum nearly as high as the highest one, shape `(n_frames,)`."""
    first = int(SAMPLE_RATE / HIGHEST_HZ)
    inner = similarity[:, first:-1]
    is_peak = (inner >= similarity[:, first - 1 : -2]) & (inner >= similarity[:, first + 1 :])
    heights = np.where(is_peak, inner, -np.inf)
    best = heights.max(axis=1, keepdims=True)
    return first + (heights >= _FIRST * best).argmax(axis=1)
