"""The log-mel spectrogram by librosa, which the tests trust."""

from __future__ import annotations

import numpy as np
import pytest

from ser_core.features.log_mel import LogMel


def librosa_log_mel(waveform: np.ndarray, settings: LogMel) -> np.ndarray:
    librosa = pytest.importorskip("librosa")
    power = librosa.feature.melspectrogram(
        y=waveform,
        sr=settings.sample_rate,
        n_fft=settings.n_fft,
        win_length=settings.win_length,
        hop_length=settings.hop_length,
        n_mels=settings.n_mels,
        fmin=settings.fmin,
        fmax=settings.fmax,
        htk=False,
        norm="slaney",
        center=True,
        pad_mode="constant",
        power=2.0,
    )
    return librosa.power_to_db(power, ref=1.0, amin=settings.amin, top_db=None)
