"""One sentence in several moods: what is measured of a take, and the figure of all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import SAMPLE_RATE, AudioError
from ser_core.charts.walkthrough.moods import mood_rows
from ser_core.models.recognizer import Recognizer
from ser_core.walkthrough.moods import MAX_S, MoodTake, confusion, latest
from tools import voices


@pytest.fixture(scope="module")
def take(tiny_recognizer: Recognizer) -> MoodTake:
    return MoodTake.of(Clip(voices.voice()), tiny_recognizer.signature.labels[0], tiny_recognizer)


def test_a_take_begins_at_its_first_sound(tiny_recognizer: Recognizer, take: MoodTake) -> None:
    late = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), voices.voice()])
    shifted = MoodTake.of(Clip(late), take.mood, tiny_recognizer)
    assert shifted.times_s[0] == 0
    assert shifted.times_s[-1] == pytest.approx(take.times_s[-1], abs=0.05)
    assert shifted.median_hz == pytest.approx(take.median_hz, rel=0.02)


def test_loudness_does_not_depend_on_the_microphone(
    tiny_recognizer: Recognizer, take: MoodTake
) -> None:
    soft = MoodTake.of(Clip(voices.voice() / 10), take.mood, tiny_recognizer)
    assert soft.loudness.max() == 1
    np.testing.assert_allclose(soft.loudness, take.loudness, atol=0.02)


def test_silence_and_a_long_speech_are_refused_in_a_sentence(tiny_recognizer: Recognizer) -> None:
    with pytest.raises(AudioError, match="no sound"):
        MoodTake.of(Clip(0 * voices.voice()), "sad", tiny_recognizer)
    with pytest.raises(AudioError, match="Say the sentence once"):
        MoodTake.of(Clip(voices.voice(MAX_S + 1)), "sad", tiny_recognizer)


def test_the_last_take_of_a_mood_is_shown_and_all_of_them_count(take: MoodTake) -> None:
    takes = [replace(take, mood=mood, predicted="sad") for mood in ("sad", "angry", "sad")]
    assert latest(takes) == {"sad": takes[2], "angry": takes[1]}
    assert confusion(takes, ("calm", "sad", "angry")) == [[0, 0, 0], [0, 2, 0], [0, 1, 0]]


def test_rows_are_aligned_and_pitch_is_relative_to_the_speaker(take: MoodTake) -> None:
    high = replace(take, pitch_hz=2 * take.pitch_hz)
    takes = {"you": {"sad": take}, "actor": {"sad": high, "angry": replace(take, mood="angry")}}
    figure = mood_rows(("sad", "angry"), takes, "not said yet")
    titles = [annotation.text for annotation in figure.layout.annotations]
    assert "angry · you: not said yet" in titles[2]
    assert figure.layout.xaxis.matches == figure.layout.xaxis2.matches
    # The actor's two takes lie an octave apart; so do their lines.
    _, sad, angry = (np.array(t.y) for t in figure.data if t.customdata is not None)
    assert np.nanmedian(sad - angry) == pytest.approx(12, abs=0.1)
