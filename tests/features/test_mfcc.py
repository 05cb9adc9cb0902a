"""MFCC is librosa's."""

from __future__ import annotations

import librosa
import numpy as np

from ser_core.features.log_mel import LogMel
from ser_core.features.mfcc import N_MFCC, mfcc
from tools.voices import voice


def test_mfcc_equals_librosas():
    settings = LogMel(floor_db=40.0)
    log_mel = settings(voice())
    floored = np.maximum(log_mel - log_mel.max(), -settings.floor_db)
    expected = librosa.feature.mfcc(S=floored, n_mfcc=N_MFCC)
    np.testing.assert_allclose(mfcc(log_mel, settings), expected, atol=1e-3)
