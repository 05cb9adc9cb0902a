"""Where somebody speaks: as Silero's own model says it, in voices of all kinds, not in noise."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import solve_toeplitz
from scipy.signal import lfilter

from ser_core.audio.clip import Clip
from ser_core.audio.voice_activity import STEP, probabilities, voice_steps
from ser_core.runtime.places import SAMPLES
from tools import voices

# What Silero's model says when it runs step by step in ONNX Runtime (tools/voice_detector.py).
ORACLE = json.loads(Path(__file__).with_name("silero_probabilities.json").read_text())
TIMES = np.arange(4 * voices.RATE) / voices.RATE


def hum(frequency_hz: float, n_harmonics: int = 1) -> np.ndarray:
    tones = [np.sin(2 * np.pi * frequency_hz * k * TIMES) / k for k in range(1, n_harmonics + 1)]
    return 0.1 * np.sum(tones, axis=0)


def whispering(waveform: np.ndarray) -> np.ndarray:
    """The same words without vocal cords: linear prediction of each frame, excited by noise."""
    random, length, order = np.random.default_rng(0), 480, 18
    whispered, window = np.zeros(len(waveform)), np.hanning(length)
    emphasized = lfilter([1, -0.97], [1], waveform)
    for start in range(0, len(waveform) - length, length // 2):
        frame = emphasized[start : start + length] * window
        correlation = np.correlate(frame, frame, "full")[length - 1 : length + order]
        correlation[0] = 1.001 * correlation[0] + 1e-9
        predictor = solve_toeplitz(correlation[:-1], correlation[1:])
        power = max(correlation[0] - predictor @ correlation[1:], 0) / np.square(window).sum()
        noise = np.sqrt(power) * random.standard_normal(length)
        whispered[start : start + length] += lfilter([1], [1, *-predictor], noise) * window
    return whispered.astype(np.float32)


def test_the_probabilities_are_those_of_the_original_model():
    for name, expected in ORACLE.items():
        waveform = Clip.from_file(SAMPLES / name).waveform
        np.testing.assert_allclose(probabilities(waveform), expected, atol=2e-4, err_msg=name)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(32_000),
        np.zeros(1),
        hum(50),
        hum(50, 8),
        hum(60, 5),
        hum(440),
        hum(1000),
        voices.noise(4.0),
        voices.noise(4.0) * np.abs(np.sin(4 * np.pi * TIMES)),
        np.where(np.random.default_rng(0).random(len(TIMES)) < 1e-4, 0.5, 0.0),
    ],
    ids=[
        "silence",
        "a sample",
        "50 Hz",
        "hum",
        "60 Hz",
        "440 Hz",
        "1 kHz",
        "noise",
        "waves",
        "clicks",
    ],
)
def test_what_nobody_says_is_no_voice(sound: np.ndarray):
    assert not voice_steps(sound.astype(np.float32)).any()


@pytest.mark.parametrize("name", ORACLE)
@pytest.mark.parametrize("level_db", [0, -40])
def test_most_of_a_sample_is_voice_at_any_level_and_whispered(name: str, level_db: int):
    waveform = 10 ** (level_db / 20) * Clip.from_file(SAMPLES / name).waveform
    for sound in (waveform, whispering(waveform)):
        assert voice_steps(sound.astype(np.float32)).mean() > 0.5


def test_the_voice_is_marked_where_it_is():
    buzz = 0.1 * hum(50, 8)
    waveform = np.concatenate([buzz, voices.voice(2.0), buzz]).astype(np.float32)
    marked = np.flatnonzero(voice_steps(waveform)) * STEP / voices.RATE
    assert 3.9 < marked[0] < 4.2
    assert 5.8 < marked[-1] < 6.3


def test_every_real_utterance_has_a_voice(ravdess_files: list[Path]):
    for path in ravdess_files:
        assert Clip.from_file(path).voice.any(), path.name
