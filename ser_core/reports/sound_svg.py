"""Waveform, spectrogram and emotion over time as one drawing that needs no script: SVG."""

from __future__ import annotations

import base64
import io
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from PIL import Image

from ser_core.audio.clip import Clip
from ser_core.charts.look import SOUND_COLOR, emotion_color
from ser_core.charts.recording import MAX_COLUMNS, envelope, evidence_columns, frequency_ticks
from ser_core.evaluation.opinions import Opinion
from ser_core.features.color_maps import COLOR_MAP, colors
from ser_core.features.log_mel import LogMel
from ser_core.features.source import Source
from ser_core.models.labels import emotion_name
from ser_core.models.prediction import Evidence
from ser_core.reports.html import render

_LEFT, _WIDTH, _RIGHT = 110, 880, 10  # pixels: names, drawing, margin
_WAVEFORM, _SPECTROGRAM, _ROW, _GAP, _AXIS = 90, 220, 34, 14, 36  # heights
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120)
_MOST_TICKS = 10


class Word(NamedTuple):
    """A text; `anchor` says which end of it lies at x."""

    x: float
    y: float
    text: str
    anchor: str = "end"


class Area(NamedTuple):
    """A filled polygon."""

    points: str
    color: str


class Picture(NamedTuple):
    """A PNG in base64, cut by its frame; `first_x` is where it begins, from the frame's left."""

    x: int
    y: int
    width: int
    height: int
    first_x: float
    shown_width: float
    png: str


class Tick(NamedTuple):
    """A short vertical line."""

    x: float
    y1: int
    y2: int


def opinion_svg(source: Source, opinion: Opinion) -> Markup:
    """A sound as a model takes it, and what the model says of it over time."""
    settings = opinion.recognizer.signature.features
    spectrogram, prediction = source.spectrogram(settings), opinion.prediction
    return sound_svg(
        spectrogram.clip,
        spectrogram.log_mel,
        settings,
        prediction.evidence,
        tuple(prediction.probabilities),
    )


def sound_svg(
    clip: Clip | None,
    log_mel: np.ndarray,
    settings: LogMel,
    evidence: Evidence | None = None,
    labels: tuple[str, ...] = (),
) -> Markup:
    """The panels that `recording.sound` shows, above each other on one time axis.

    Args:
        clip: None where only a spectrogram is known.
        log_mel: dB, shape `(n_mels, n_frames)`.
        evidence: None or empty where there is no answer.
        labels: of the rows of the evidence.
    """
    duration_s = clip.duration_s if clip else log_mel.shape[1] / settings.frames_per_s
    panels, top = [], 0
    areas: list[Area] = []
    words: list[Word] = []
    if clip is not None:
        panels.append("waveform")
        areas.append(_waveform(clip, top))
        words.append(Word(_LEFT - 8, top + _WAVEFORM / 2 + 5, "Amplitude"))
        top += _WAVEFORM + _GAP
    panels.append("spectrogram")
    picture = _spectrogram(log_mel, settings, duration_s, top)
    words += _frequencies(log_mel, settings, top)
    top += _SPECTROGRAM + _GAP
    if evidence is not None and len(evidence.times_s):
        panels.append("probability of each emotion")
        areas += _evidence(evidence, labels, duration_s, top)
        words += [
            Word(_LEFT - 8, top + _ROW * row - 8, emotion_name(label))
            for row, label in enumerate(labels, start=1)
        ]
        top += _ROW * len(labels) + _GAP
    times = [(_LEFT + _WIDTH * share, name) for share, name in time_ticks(duration_s)]
    words += [Word(x, top + 12, name, "middle") for x, name in times]
    words.append(Word(_LEFT + _WIDTH / 2, top + 30, "Time (s)", "middle"))
    return render(
        "sound.svg",
        panels=panels,
        width=_LEFT + _WIDTH + _RIGHT,
        height=top + _AXIS,
        areas=areas,
        picture=picture,
        ticks=[Tick(x, top - 10, top - 4) for x, _ in times],
        words=words,
    )


def _waveform(clip: Clip, top: int) -> Area:
    lowest, highest = envelope(clip.waveform, MAX_COLUMNS // 2)
    reach = max(float(np.abs(clip.waveform).max()), 1e-4)
    middle, scale = top + _WAVEFORM / 2, _WAVEFORM / 2 / reach
    x = _LEFT + (np.arange(len(lowest)) + 0.5) * _WIDTH / len(lowest)
    upper = _points(x, middle - scale * highest)
    lower = _points(x[::-1], middle - scale * lowest[::-1])
    return Area(f"{upper} {lower}", SOUND_COLOR)


def _spectrogram(log_mel: np.ndarray, settings: LogMel, duration_s: float, top: int) -> Picture:
    shown_s = log_mel.shape[1] / settings.frames_per_s
    return Picture(
        _LEFT,
        top,
        _WIDTH,
        _SPECTROGRAM,
        # A frame is centered on its time, so the picture begins half a frame before 0 and is cut.
        -_WIDTH / duration_s / settings.frames_per_s / 2,
        _WIDTH * shown_s / duration_s,
        base64.b64encode(_png(log_mel, settings.floor_db)).decode(),
    )


def _frequencies(log_mel: np.ndarray, settings: LogMel, top: int) -> list[Word]:
    band_height = _SPECTROGRAM / log_mel.shape[0]
    return [
        Word(_LEFT - 8, top + _SPECTROGRAM - (band + 0.5) * band_height + 5, f"{name} Hz")
        for band, name in zip(*frequency_ticks(settings), strict=True)
    ]


def _png(log_mel: np.ndarray, floor_db: float) -> bytes:
    """At most `MAX_COLUMNS` columns, low frequencies at the bottom, in the colors of the app."""
    per_column = -(-log_mel.shape[1] // MAX_COLUMNS)
    loudest = np.maximum.reduceat(log_mel, np.arange(0, log_mel.shape[1], per_column), axis=1)
    share = (1 + (loudest - loudest.max()) / floor_db).clip(0, 1)
    image = Image.fromarray(np.ascontiguousarray(np.round(255 * share[::-1]).astype(np.uint8)))
    image.putpalette(colors(COLOR_MAP).tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _evidence(
    evidence: Evidence, labels: tuple[str, ...], duration_s: float, top: int
) -> list[Area]:
    times_s, probabilities = evidence_columns(evidence)
    x = _LEFT + _WIDTH * times_s / duration_s
    rows = []
    for row, (label, shares) in enumerate(zip(labels, probabilities, strict=True), start=1):
        base = top + _ROW * row
        # A little air between the rows: even a certain emotion does not touch the next.
        line = _points(x, base - 0.9 * _ROW * shares)
        points = f"{x[0]:.1f},{base} {line} {x[-1]:.1f},{base}"
        rows.append(Area(points, emotion_color(label)))
    return rows


def time_ticks(duration_s: float) -> list[tuple[float, str]]:
    """Where a time axis has a tick, as a share of its length, and the tick's name."""
    step_s = next((s for s in _STEPS_S if duration_s / s <= _MOST_TICKS), _STEPS_S[-1])
    n_ticks = int(duration_s / step_s) + 1
    return [(n * step_s / duration_s, f"{n * step_s:g}") for n in range(n_ticks)]


def _points(x: np.ndarray, y: np.ndarray) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
