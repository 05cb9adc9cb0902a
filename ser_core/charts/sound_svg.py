"""Waveform, spectrogram and emotion over time as one drawing that needs no script: SVG."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from PIL import Image

from ser_core.audio.clip import Clip
from ser_core.charts.look import SOUND_COLOUR, emotion_colour
from ser_core.charts.recording import MAX_COLUMNS, envelope, evidence_columns, frequency_ticks
from ser_core.features.color_maps import colours
from ser_core.features.log_mel import LogMel
from ser_core.models.labels import emotion_name
from ser_core.models.prediction import Evidence

_LEFT, _WIDTH, _RIGHT = 110, 880, 10  # pixels: names, drawing, margin
_WAVEFORM, _SPECTROGRAM, _ROW, _GAP, _AXIS = 90, 220, 34, 14, 36  # heights
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120)
_MOST_TICKS = 10


def sound_svg(
    clip: Clip | None,
    log_mel: np.ndarray,
    settings: LogMel,
    evidence: Evidence | None = None,
    labels: tuple[str, ...] = (),
) -> str:
    """The panels that `recording.sound` shows, above each other on one time axis.

    Args:
        clip: None where only a spectrogram is known.
        log_mel: dB, shape `(n_mels, n_frames)`.
        evidence: None or empty where there is no answer.
        labels: of the rows of the evidence.
    """
    duration_s = clip.duration_s if clip else log_mel.shape[1] / settings.frames_per_s
    panels, top = {}, 0
    if clip is not None:
        panels["waveform"] = _waveform(clip, top)
        top += _WAVEFORM + _GAP
    panels["spectrogram"] = _spectrogram(log_mel, settings, duration_s, top)
    top += _SPECTROGRAM + _GAP
    if evidence is not None and len(evidence.times_s):
        panels["probability of each emotion"] = _evidence(evidence, labels, duration_s, top)
        top += _ROW * len(labels) + _GAP
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="The voice over time: {", ".join(panels)}" '
        f'viewBox="0 0 {_LEFT + _WIDTH + _RIGHT} {top + _AXIS}" font-size="15" '
        f'fill="currentColor">{"".join(panels.values())}{_time_axis(duration_s, top)}</svg>'
    )


def _waveform(clip: Clip, top: int) -> str:
    lowest, highest = envelope(clip.waveform, MAX_COLUMNS // 2)
    reach = max(float(np.abs(clip.waveform).max()), 1e-4)
    middle, scale = top + _WAVEFORM / 2, _WAVEFORM / 2 / reach
    x = _LEFT + (np.arange(len(lowest)) + 0.5) * _WIDTH / len(lowest)
    upper = _points(x, middle - scale * highest)
    lower = _points(x[::-1], middle - scale * lowest[::-1])
    return (
        f'<text x="{_LEFT - 8}" y="{middle + 5:.0f}" text-anchor="end">Amplitude</text>'
        f'<polygon points="{" ".join([*upper, *lower])}" fill="{SOUND_COLOUR}" '
        f'stroke="{SOUND_COLOUR}"/>'
    )


def _spectrogram(log_mel: np.ndarray, settings: LogMel, duration_s: float, top: int) -> str:
    shown_s = log_mel.shape[1] / settings.frames_per_s
    width = _WIDTH * shown_s / duration_s
    bands, names = frequency_ticks(settings)
    height_of = _SPECTROGRAM / log_mel.shape[0]
    ticks = "".join(
        f'<text x="{_LEFT - 8}" y="{top + _SPECTROGRAM - (band + 0.5) * height_of + 5:.0f}" '
        f'text-anchor="end">{name} Hz</text>'
        for band, name in zip(bands, names, strict=True)
    )
    data = base64.b64encode(_png(log_mel, settings.floor_db)).decode()
    # A frame is centred on its time, so the picture begins half a frame before 0 and is cut.
    return (
        f'{ticks}<svg x="{_LEFT}" y="{top}" width="{_WIDTH}" height="{_SPECTROGRAM}">'
        f'<image x="{-_WIDTH / duration_s / settings.frames_per_s / 2:.2f}" width="{width:.2f}" '
        f'height="{_SPECTROGRAM}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"/></svg>'
    )


def _png(log_mel: np.ndarray, floor_db: float) -> bytes:
    """At most `MAX_COLUMNS` columns, low frequencies at the bottom, in the colours of the app."""
    per_column = -(-log_mel.shape[1] // MAX_COLUMNS)
    loudest = np.maximum.reduceat(log_mel, np.arange(0, log_mel.shape[1], per_column), axis=1)
    share = (1 + (loudest - loudest.max()) / floor_db).clip(0, 1)
    image = Image.fromarray(np.ascontiguousarray(np.round(255 * share[::-1]).astype(np.uint8)))
    image.putpalette(colours("viridis").tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _evidence(evidence: Evidence, labels: tuple[str, ...], duration_s: float, top: int) -> str:
    times_s, probabilities = evidence_columns(evidence)
    x = _LEFT + _WIDTH * times_s / duration_s
    rows = []
    for place, (label, shares) in enumerate(zip(labels, probabilities, strict=True)):
        base = top + _ROW * (place + 1)
        # A little air between the rows: even a certain emotion does not touch the next.
        line = " ".join(_points(x, base - 0.9 * _ROW * shares))
        rows.append(
            f'<text x="{_LEFT - 8}" y="{base - 8}" text-anchor="end">'
            f"{escape(emotion_name(label))}</text>"
            f'<polygon points="{x[0]:.1f},{base} {line} {x[-1]:.1f},{base}" '
            f'fill="{emotion_colour(label)}" stroke="{emotion_colour(label)}"/>'
        )
    return "".join(rows)


def _time_axis(duration_s: float, top: int) -> str:
    step_s = next((s for s in _STEPS_S if duration_s / s <= _MOST_TICKS), _STEPS_S[-1])
    ticks = []
    for n in range(int(duration_s / step_s) + 1):
        x = _LEFT + _WIDTH * n * step_s / duration_s
        ticks.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 10}" y2="{top - 4}" '
            'stroke="currentColor"/>'
            f'<text x="{x:.1f}" y="{top + 12}" text-anchor="middle">{n * step_s:g}</text>'
        )
    title = (
        f'<text x="{_LEFT + _WIDTH / 2:.0f}" y="{top + 30}" text-anchor="middle">Time (s)</text>'
    )
    return "".join(ticks) + title


def _points(x: np.ndarray, y: np.ndarray) -> list[str]:
    return [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]
