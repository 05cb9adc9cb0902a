"""A voice louder or softer, through a telephone, among other talkers, in noise, in a room.

Robustness is measured with these, and the lecture plays them. All take and give waveforms at
16 kHz, shape `(n_samples,)`; a room makes them longer by its tail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import soxr

from ser_core.audio.decoding import SAMPLE_RATE

TELEPHONE_RATE = 8000
TELEPHONE_BAND_HZ = (300, 3400)
BABBLE_SNR_DB = 15.0
N_TALKERS = 8
ROOM_RT60_S = 0.4
ROOM_DIRECT_DB = 0.0  # energy of the direct sound to that of the tail

CLEAN = "as recorded"
Distortion = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def gain(waveform: np.ndarray, level_db: float) -> np.ndarray:
    """Louder or softer, in dB."""
    return (waveform * 10 ** (level_db / 20)).astype(np.float32)


def telephone(waveform: np.ndarray) -> np.ndarray:
    """Resampled to 8 kHz and limited to the telephone band."""
    from scipy.signal import butter, sosfilt  # takes 50 MB, so only where it is needed

    low = soxr.resample(waveform, SAMPLE_RATE, TELEPHONE_RATE)
    band = butter(4, TELEPHONE_BAND_HZ, "bandpass", fs=TELEPHONE_RATE, output="sos")
    return soxr.resample(sosfilt(band, low), TELEPHONE_RATE, SAMPLE_RATE).astype(np.float32)


def babble(
    talkers: Sequence[np.ndarray], n_samples: int, random: np.random.Generator
) -> np.ndarray:
    """Several talkers at once, equally loud, each starting at a random position; RMS of 1."""
    indices = random.choice(len(talkers), N_TALKERS, replace=False)
    voices = []
    for talker in (talkers[i] for i in indices):
        repeated = np.roll(talker, random.integers(len(talker)))
        repeated = np.resize(repeated, n_samples)
        voices.append(repeated / max(float(np.sqrt(np.mean(repeated**2))), 1e-9))
    mixed = np.sum(voices, axis=0)
    return mixed / np.sqrt(np.mean(mixed**2))


def white_noise(n_samples: int, random: np.random.Generator) -> np.ndarray:
    """Noise with the same power at every frequency; RMS of 1."""
    return random.standard_normal(n_samples)


def noisy(waveform: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    """Noise of RMS 1 under a voice, at a signal-to-noise ratio of their mean powers."""
    level = np.sqrt(np.mean(waveform**2)) * 10 ** (-snr_db / 20)
    return (waveform + level * noise).astype(np.float32)


def room(waveform: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Direct sound, and a tail of noise that decays by 60 dB in the reverberation time."""
    from scipy.signal import fftconvolve

    times_s = np.arange(int(ROOM_RT60_S * SAMPLE_RATE)) / SAMPLE_RATE
    tail = random.normal(size=len(times_s)) * 10 ** (-3 * times_s / ROOM_RT60_S)
    tail *= 10 ** (-ROOM_DIRECT_DB / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    return fftconvolve(waveform, tail).astype(np.float32)


def distortions(talkers: Sequence[np.ndarray]) -> dict[str, Distortion]:
    """Every distortion by name.

    Args:
        talkers: waveforms for the babble, none of them from a test actor.
    """
    return {
        CLEAN: lambda x, random: x,
        "20 dB softer": lambda x, random: gain(x, -20),
        "6 dB louder": lambda x, random: gain(x, 6),
        "telephone, 8 kHz": lambda x, random: telephone(x),
        "babble, 15 dB": lambda x, random: noisy(x, babble(talkers, len(x), random), BABBLE_SNR_DB),
        "room, 0.4 s": lambda x, random: room(x, random),
    }


DISTORTION_NAMES = tuple(distortions([]))
