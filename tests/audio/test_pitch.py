"""Pitch is that of a tone, and that of librosa's pYIN; noise and silence have none."""

from __future__ import annotations

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.audio.pitch import pitch_hz
from ser_core.features.log_mel import LogMel
from ser_core.runtime.places import SAMPLES
from ser_core.walkthrough.pitch import pitch_and_mfcc
from tools import voices

TIMES_S = np.arange(0.1, 0.9, 0.05)


@pytest.mark.parametrize("hz", [70, 120, 220, 440])
def test_a_tone_has_its_frequency(hz: float) -> None:
    np.testing.assert_allclose(pitch_hz(voices.tone(hz), TIMES_S), hz, rtol=0.002)


def test_noise_and_silence_have_no_pitch() -> None:
    for waveform in (voices.noise(), np.zeros(16_000, np.float32)):
        assert np.isnan(pitch_hz(waveform, TIMES_S)).all()


@pytest.mark.slow
def test_a_voice_has_the_pitch_that_librosa_finds() -> None:
    pytest.importorskip("librosa")
    waveform = Clip.from_file(SAMPLES / "plain.flac").waveform
    other = pitch_and_mfcc(waveform, LogMel())
    ours = pitch_hz(waveform, other.times_s)
    both = np.isfinite(ours) & np.isfinite(other.pitch_hz)
    assert both.sum() > 0.8 * np.isfinite(other.pitch_hz).sum()
    semitones = np.abs(12 * np.log2(ours[both] / other.pitch_hz[both]))
    assert np.median(semitones) < 0.1
    assert (semitones < 1).all(), "no octave errors"
