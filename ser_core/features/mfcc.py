"""MFCC: the shape of each spectrum in a dozen numbers, as used before neural networks."""

from __future__ import annotations

import numpy as np
from scipy.fft import dct

from ser_core.features.log_mel import LogMel

N_MFCC = 13


def mfcc(log_mel: np.ndarray, settings: LogMel) -> np.ndarray:
    """Mel-frequency cepstral coefficients, equal to librosa's `feature.mfcc`.

    Args:
        log_mel: in dB, shape `(n_mels, n_frames)`; what lies more than `settings.floor_db` below
            its maximum is raised to there.

    Returns:
        Shape `(N_MFCC, n_frames)`; the first row is the level.
    """
    floored = np.maximum(log_mel, log_mel.max() - settings.floor_db) - log_mel.max()
    return dct(floored, axis=0, norm="ortho")[:N_MFCC]
