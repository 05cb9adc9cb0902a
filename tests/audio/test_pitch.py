"""Pitch is that of a tone, and that of librosa's YIN; noise and silence have none."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.audio.pitch import pitch_hz
from ser_core.runtime.places import SAMPLES
from tools import voices

TIMES_S = np.arange(0.1, 0.9, 0.05)


@pytest.mark.parametrize("hz", [70, 120, 220, 440])
def test_a_tone_has_its_frequency(hz: float) -> None:
    np.testing.assert_allclose(pitch_hz(voices.tone(hz), TIMES_S), hz, rtol=0.002)


def test_noise_and_silence_have_no_pitch() -> None:
    for waveform in (voices.noise(), np.zeros(16_000, np.float32)):
        assert np.isnan(pitch_hz(waveform, TIMES_S)).all()


def test_a_voice_has_the_pitch_that_librosa_finds() -> None:
    waveform = Clip.from_file(SAMPLES / "plain.flac").waveform
    yin_hz = librosa.yin(waveform, sr=16_000, fmin=60, fmax=500, frame_length=1024, hop_length=256)
    ours = pitch_hz(waveform, np.arange(len(yin_hz)) * 256 / 16_000)
    voiced = np.isfinite(ours)
    assert voiced.mean() > 0.5
    semitones = np.abs(12 * np.log2(ours[voiced] / yin_hz[voiced]))
    assert np.median(semitones) < 0.05
    assert (semitones < 1).all(), "no octave errors"
