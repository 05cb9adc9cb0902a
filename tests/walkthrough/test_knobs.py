"""The knobs do what they say, and a flip lies where the answer changes."""

from __future__ import annotations

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.audio.pitch import pitch_hz
from ser_core.charts.walkthrough.knobs import sweeps
from ser_core.models.recognizer import Recognizer
from ser_core.walkthrough.knobs import KNOBS, Position, answer, flips, sweep
from tools import voices

TIMES_S = np.arange(0.2, 1.4, 0.05)
PITCH, TEMPO, LEVEL, NOISE = KNOBS


def rms(waveform: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(waveform.astype(float)))))


def test_at_rest_the_voice_is_untouched() -> None:
    voice = voices.voice()
    np.testing.assert_array_equal(Position()(voice), voice)


def test_an_octave_up_doubles_the_pitch_and_keeps_the_length() -> None:
    voice = voices.tone(150.0, 2.0)
    higher = Position(pitch=12)(voice)
    assert np.nanmedian(pitch_hz(higher, TIMES_S)) == pytest.approx(300, rel=0.01)
    assert len(higher) == pytest.approx(len(voice), rel=0.03)


def test_double_tempo_halves_the_length_and_keeps_the_pitch() -> None:
    voice = voices.tone(150.0, 4.0)
    faster = Position(tempo=2)(voice)
    assert len(faster) == pytest.approx(len(voice) / 2, rel=0.03)
    assert np.nanmedian(pitch_hz(faster, TIMES_S)) == pytest.approx(150, rel=0.01)


def test_level_noise_and_telephone_have_their_decibels() -> None:
    voice = voices.voice()
    assert rms(Position(level=-20)(voice)) == pytest.approx(rms(voice) / 10)
    assert np.abs(Position(level=30)(voice)).max() == 1, "cut off at full scale"
    noise = Position(noise=-10)(voice) - voice
    assert 20 * np.log10(rms(noise) / rms(voice)) == pytest.approx(-10, abs=0.2)
    assert rms(Position(telephone=True)(voices.tone(6000.0))) < 0.01


def test_a_sweep_holds_the_answer_at_each_position(tiny_recognizer: Recognizer) -> None:
    voice = voices.voice()
    labels = tiny_recognizer.signature.labels
    shares = sweep(tiny_recognizer, voice, PITCH)
    assert shares.shape == (len(labels), len(PITCH.values))
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-5)
    here = PITCH.values.index(2)
    turned = tiny_recognizer(Clip(Position(pitch=2)(voice)))
    np.testing.assert_allclose(shares[:, here], list(turned.probabilities.values()), atol=1e-6)
    middle = answer(tiny_recognizer, voice, Position())
    np.testing.assert_allclose(shares[:, PITCH.values.index(0)], middle, atol=1e-6)


def test_a_flip_is_where_the_two_probabilities_cross() -> None:
    knob = PITCH._replace(values=(0.0, 1.0, 2.0))
    shares = np.array([[0.9, 0.6, 0.2], [0.1, 0.4, 0.8]])
    (flip,) = flips(knob, shares, ("calm", "angry"))
    assert (flip.before, flip.after) == ("calm", "angry")
    assert flip.value == pytest.approx(1.25)
    assert flips(knob, shares[:, :2], ("calm", "angry")) == []


def test_the_chart_marks_every_flip_and_the_knob() -> None:
    shares = np.array([[0.9, 0.1, 0.9], [0.1, 0.9, 0.1]])
    knobs = {"pitch": np.interp(np.linspace(0, 2, len(PITCH.values)), [0, 1, 2], shares[0])}
    knobs["pitch"] = np.array([knobs["pitch"], 1 - knobs["pitch"]])
    figure = sweeps(knobs, ("calm", "angry"), Position(pitch=3.0))
    marks = [text.text for text in figure.layout.annotations[len(KNOBS) :]]
    assert marks == ["●│◆", "◆│●"]
    assert [line.x0 for line in figure.layout.shapes if line.line.dash == "dot"] == [3.0]
