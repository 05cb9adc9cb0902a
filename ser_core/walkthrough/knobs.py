"""Knobs on a voice, and where each one flips the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.distortions import gain, noisy, telephone, white_noise
from ser_core.models.recognizer import Recognizer
from ser_core.walkthrough.voice_variation import faster, higher

NO_NOISE_DB = -40.0  # below the voice: nobody hears it


def steps(low: float, high: float, step: float) -> tuple[float, ...]:
    """Evenly spaced values, both ends included."""
    return tuple(np.arange(low, high + step / 2, step).round(2).tolist())


@dataclass(frozen=True)
class Position:
    """Where the knobs stand; by default, the voice is as it was recorded.

    Attributes:
        pitch: semitones up.
        tempo: speaking rate, 1 as recorded.
        level: dB louder; what exceeds full scale is cut off, as a recorder would.
        noise: level of white noise relative to the voice, dB.
        telephone: through a telephone, 300 to 3400 Hz.
    """

    pitch: float = 0.0
    tempo: float = 1.0
    level: float = 0.0
    noise: float = NO_NOISE_DB
    telephone: bool = False

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        """The voice with the knobs turned.

        Args:
            waveform: at 16 kHz, shape `(n_samples,)`.
        """
        if self.pitch:
            waveform = higher(waveform, 2 ** (self.pitch / 12))
        if self.tempo != 1:
            waveform = faster(waveform, self.tempo)
        if self.noise > NO_NOISE_DB:
            # The same noise every time, so that a position gets the same answer again.
            noise = white_noise(len(waveform), np.random.default_rng(0))
            waveform = noisy(waveform, noise, -self.noise)
        if self.telephone:
            waveform = telephone(waveform)
        return np.clip(gain(waveform, self.level), -1, 1) if self.level else waveform


class Knob(NamedTuple):
    """A knob that turns: its attribute of `Position`, and where a sweep stops from low to high."""

    name: str
    title: str
    unit: str
    values: tuple[float, ...]
    turned: Callable[[float], Position]


KNOBS = (
    Knob("pitch", "Pitch", "semitones", steps(-8, 8, 2), lambda value: Position(pitch=value)),
    Knob("tempo", "Tempo", "× as recorded", steps(0.6, 1.6, 0.1), lambda x: Position(tempo=x)),
    Knob("level", "Level", "dB", steps(-40, 30, 10), lambda value: Position(level=value)),
    Knob("noise", "Noise", "dB", steps(NO_NOISE_DB, 0, 5), lambda value: Position(noise=value)),
)


class Flip(NamedTuple):
    """Between two values of a knob, another label becomes the most probable one."""

    value: float
    before: str
    after: str


def answer(recognizer: Recognizer, waveform: np.ndarray, position: Position) -> np.ndarray:
    """Probability of each label with the knobs turned, shape `(n_labels,)`; zeros for no answer."""
    shares = recognizer(Clip(position(waveform))).probabilities
    return np.array([shares.get(label, 0.0) for label in recognizer.signature.labels])


def sweep(recognizer: Recognizer, waveform: np.ndarray, knob: Knob) -> np.ndarray:
    """Probabilities as one knob turns and the others rest, shape `(n_labels, n_values)`."""
    rows = [answer(recognizer, waveform, knob.turned(value)) for value in knob.values]
    return np.array(rows).T


def flips(knob: Knob, probabilities: np.ndarray, labels: Sequence[str]) -> list[Flip]:
    """Where the most probable label changes, between values by straight lines.

    Args:
        probabilities: as `sweep` gives them.
    """
    top = probabilities.argmax(axis=0)
    result = []
    for i in np.flatnonzero(top[1:] != top[:-1]):
        before, after = top[i], top[i + 1]
        ahead = probabilities[before] - probabilities[after]
        share = ahead[i] / (ahead[i] - ahead[i + 1])
        value = knob.values[i] + share * (knob.values[i + 1] - knob.values[i])
        result.append(Flip(float(value), labels[before], labels[after]))
    return result
