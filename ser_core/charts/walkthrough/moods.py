"""Figure of one sentence in several moods: rows of pitch over level, one's own and an actor's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ser_core.charts.look import FONT_SIZE, emotion_color
from ser_core.charts.walkthrough.layout import laid_out
from ser_core.evaluation.metrics import percent
from ser_core.models.labels import emotion_name
from ser_core.walkthrough.moods import MoodTake

_REACH = 14.0  # semitones around the median of a speaker's takes
_ROW_HEIGHT = 58  # pixels
_SHADE = "rgba(128, 128, 128, 0.28)"
_MAX_POINTS = 200


def mood_rows(
    moods: Sequence[str], columns: Mapping[str, Mapping[str, MoodTake]], absent: str
) -> go.Figure:
    """A row for each mood, a column for each speaker; all begin at the first sound.

    Args:
        columns: takes by mood, by the title of the column.
        absent: what stands where there is no take.
    """
    figure = make_subplots(
        rows=len(moods),
        cols=len(columns),
        shared_xaxes="all",
        horizontal_spacing=0.03,
        vertical_spacing=0.38 / len(moods),
        subplot_titles=[
            _title(name, mood, takes.get(mood), absent)
            for mood in moods
            for name, takes in columns.items()
        ],
    )
    for column, takes in enumerate(columns.values(), start=1):
        middle = _median_hz(takes)
        for row, mood in enumerate(moods, start=1):
            if mood in takes:
                _draw(figure, takes[mood], middle, row, column)
    figure.update_xaxes(showgrid=False, showticklabels=False)
    figure.update_xaxes(title="Time from the first sound (s)", showticklabels=True, row=len(moods))
    figure.update_yaxes(
        range=[-_REACH, _REACH], showticklabels=False, showgrid=False, zeroline=True
    )
    figure = laid_out(figure, 60 + _ROW_HEIGHT * len(moods), top=26)
    return figure.update_annotations(font_size=FONT_SIZE - 1)


def _title(name: str, mood: str, take: MoodTake | None, absent: str) -> str:
    if take is None:
        return f"{emotion_name(mood)} · {name}: {absent}"
    mark = "✓" if take.predicted == take.mood else "✗"
    answer = f"{emotion_name(take.predicted)} {percent(take.share)} {mark}"
    return f"{emotion_name(mood)} · {name}: predicted {answer}"


def _median_hz(takes: Mapping[str, MoodTake]) -> float:
    voiced = [take.pitch_hz[np.isfinite(take.pitch_hz)] for take in takes.values()]
    joined = np.concatenate(voiced) if voiced else np.empty(0)
    return float(np.median(joined)) if len(joined) else 1.0


def _draw(figure: go.Figure, take: MoodTake, middle_hz: float, row: int, column: int) -> None:
    shown = slice(None, None, -(-len(take.times_s) // _MAX_POINTS))
    times_s = take.times_s[shown].round(3)
    for level in (np.zeros(len(times_s)), take.loudness[shown]):
        figure.add_scatter(
            x=times_s,
            y=(_REACH * (2 * level - 1)).round(1),
            mode="lines",
            line_width=0,
            fill="tonexty" if level.any() else None,
            fillcolor=_SHADE,
            hoverinfo="skip",
            row=row,
            col=column,
        )
    semitones = 12 * np.log2(take.pitch_hz[shown] / middle_hz)
    figure.add_scatter(
        x=times_s,
        y=semitones.round(2),
        customdata=take.pitch_hz[shown].round(),
        mode="lines+markers",
        marker_size=4,
        line={"color": emotion_color(take.mood), "width": 3},
        hovertemplate="%{x:.2f} s: %{customdata} Hz<extra></extra>",
        row=row,
        col=column,
    )
