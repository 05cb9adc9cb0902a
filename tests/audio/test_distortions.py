"""Distortions are what they say they are, and a gain changes no answer."""

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.audio.distortions import babble, distortions, gain, noisy, room, telephone
from ser_core.models.zoo import load_model
from tools import voices


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(x.astype(float) ** 2)))


@pytest.fixture
def talkers() -> list[np.ndarray]:
    return [voices.voice(1.0, 90 + 20 * n, seed=n) for n in range(10)]


def test_a_gain_has_its_decibels():
    assert rms(gain(voices.voice(), -20)) == pytest.approx(rms(voices.voice()) / 10)


def test_the_telephone_passes_its_band_and_nothing_beyond_4_khz():
    inside, above, below = (
        rms(telephone(voices.tone(hz, 1.0))[2000:-2000]) / rms(voices.tone(hz, 1.0))
        for hz in (1000, 5000, 100)
    )
    assert inside == pytest.approx(1, abs=0.05)
    assert above < 0.003
    assert below < 0.05


def test_babble_lies_15_db_under_the_voice(talkers):
    voice = voices.voice()
    noise = noisy(voice, babble(talkers, len(voice), np.random.default_rng(0)), 15) - voice
    assert 20 * np.log10(rms(voice) / rms(noise)) == pytest.approx(15, abs=0.01)


def test_a_room_decays_by_60_db_in_its_reverberation_time():
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[0] = 1
    tail = room(click, np.random.default_rng(0))[1:].astype(float) ** 2
    remaining_db = 10 * np.log10(np.cumsum(tail[::-1])[::-1][: int(0.3 * SAMPLE_RATE)])
    slope = np.polyfit(np.arange(len(remaining_db)) / SAMPLE_RATE, remaining_db, 1)[0]
    assert -60 / slope == pytest.approx(0.4, rel=0.1)


def test_no_distortion_changes_what_it_is_given(talkers):
    voice = voices.voice()
    before = voice.copy()
    for distort in distortions(talkers).values():
        distort(voice, np.random.default_rng(0))
        np.testing.assert_array_equal(voice, before)


@pytest.mark.parametrize("level_db", [-20, 6])
def test_a_gain_hardly_changes_the_predictions_of_the_main_model(level_db):
    recognizer = load_model()
    for seed in range(5):
        voice = voices.voice(2.0, 100 + 30 * seed, seed=seed)
        plain, changed = recognizer(Clip(voice)), recognizer(Clip(gain(voice, level_db)))
        difference = [
            abs(plain.probabilities[label] - changed.probabilities[label])
            for label in plain.probabilities
        ]
        assert max(difference) < 1e-3
