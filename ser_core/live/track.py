"""The track of a stream: what each model predicted every quarter of a second."""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.audio.voice_activity import STEP
from ser_core.live.windows import LiveAudio, LiveWindow, chunks
from ser_core.models.prediction import Prediction

Answers: TypeAlias = Callable[[Clip], Prediction]
"""What a stream asks: a recognizer, perhaps one that knows the speaker."""

LISTENING = "listening"
"""Shown while nobody is speaking."""
PAUSE_S = 1.0
"""After this long without a voice, nobody is speaking."""


@dataclass(frozen=True, eq=False)
class Moment:
    """The predictions for one window.

    Attributes:
        start_s, end_s: the window, in seconds of sound since the beginning of the stream.
        answers: by model, in the order of the stream, the probability of each label. Empty while
            nobody is speaking.
        inference_ms: time for features and inference of all models together.
        arrived_s: when the last sample of the window arrived (`time.perf_counter`).
        lag_ms: from then until the predictions were ready.
    """

    start_s: float
    end_s: float
    answers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    inference_ms: float = 0.0
    arrived_s: float = 0.0
    lag_ms: float = 0.0

    @property
    def label(self) -> str | None:
        """The most probable label of the first model; None while nobody is speaking."""
        return self.label_of(next(iter(self.answers), ""))

    def label_of(self, model: str) -> str | None:
        """The most probable label of one model; None without a prediction."""
        probabilities = self.answers.get(model)
        return max(probabilities, key=probabilities.__getitem__) if probabilities else None


def classify(
    window: LiveWindow, recognizers: Mapping[str, Answers], arrived_s: float = 0.0
) -> Moment:
    """Classify one window with every model, unless nobody has spoken in its last second."""
    begin = time.perf_counter()
    answers = {}
    clip = Clip(window.waveform)
    if clip.voice[-round(PAUSE_S * SAMPLE_RATE / STEP) :].any():
        for model, recognizer in recognizers.items():
            if probabilities := recognizer(clip).probabilities:
                answers[model] = probabilities
    end = time.perf_counter()
    return Moment(
        window.start_s,
        window.end_s,
        answers,
        1000 * (end - begin),
        arrived_s,
        1000 * (end - arrived_s) if arrived_s else 0.0,
    )


def follow(
    clip: Clip, recognizers: Mapping[str, Answers], window_s: float = 3.0
) -> Iterator[Moment]:
    """The track of a clip, as the stream would produce it, but faster than real time.

    >>> track = follow(Clip.from_file("samples/plain.flac"), {"main": load_model()})
    >>> [moment.end_s for moment in track][:3]
    [0.5, 0.75, 1.0]
    """
    audio = LiveAudio(window_s)
    for chunk in chunks(clip):
        for window in audio.append(chunk, clip.sample_rate):
            yield classify(window, recognizers)


def smoothed(moments: Sequence[Moment], smoothing_s: float) -> list[Moment]:
    """The same moments with each model's probabilities averaged over the time before.

    Args:
        smoothing_s: time constant of the exponential average; 0 changes nothing. The average
            restarts after a pause, and where a model joins.
    """
    if smoothing_s <= 0:
        return list(moments)
    result: list[Moment] = []
    before: Moment | None = None
    for moment in moments:
        answers = {}
        for model, probabilities in moment.answers.items():
            last = before.answers.get(model) if before else None
            if before and last and last.keys() == probabilities.keys():
                new = 1 - np.exp(-(moment.end_s - before.end_s) / smoothing_s)
                probabilities = {
                    k: float(last[k] + new * (p - last[k])) for k, p in probabilities.items()
                }
            answers[model] = probabilities
        before = Moment(
            moment.start_s,
            moment.end_s,
            answers,
            moment.inference_ms,
            moment.arrived_s,
            moment.lag_ms,
        )
        result.append(before)
    return result


def as_csv(moments: Iterable[Moment], marks_s: Sequence[float] = ()) -> str:
    """The track as a CSV table: a row for each moment and model.

    Args:
        marks_s: marked times; their numbers appear in the row of the next moment, or else the last.
    """
    moments = list(moments)
    labels = dict.fromkeys(k for m in moments for p in m.answers.values() for k in p)
    fields = ("end_s", "start_s", "model", "label", *labels, "inference_ms", "lag_ms", "mark")
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    before_s = 0.0
    for moment in moments:
        until_s = math.inf if moment is moments[-1] else moment.end_s
        marked = [n for n, mark in enumerate(marks_s, 1) if before_s < mark <= until_s]
        before_s = moment.end_s
        shared = {
            "end_s": f"{moment.end_s:.3f}",
            "start_s": f"{moment.start_s:.3f}",
            "inference_ms": f"{moment.inference_ms:.1f}",
            "lag_ms": f"{moment.lag_ms:.1f}",
            "mark": " ".join(map(str, marked)),
        }
        if not moment.answers:
            writer.writerow({**shared, "label": LISTENING})
        for model, probabilities in moment.answers.items():
            shares = {label: f"{p:.6f}" for label, p in probabilities.items()}
            writer.writerow({**shared, "model": model, "label": moment.label_of(model), **shares})
    return text.getvalue()
