"""Figure of the voice map: voices as points, one's own as a star, its nearest neighbors."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import plotly.graph_objects as go

from ser_core.charts.look import FONT_SIZE, emotion_color
from ser_core.charts.walkthrough.layout import laid_out
from ser_core.models.labels import emotion_name
from ser_core.walkthrough.voice_map import VoiceMap

# Each has a symbol and a color, for those who cannot tell the colors.
_SYMBOLS = {
    "neutral": "square",
    "calm": "circle",
    "happy": "triangle-up",
    "sad": "triangle-down",
    "angry": "diamond",
    "fearful": "cross",
    "disgust": "x",
    "surprised": "pentagon",
}
_SPEAKERS = (
    ("#3D7FC4", "circle"),
    ("#BF6A00", "square"),
    ("#7F45EA", "diamond"),
    ("#417116", "triangle-up"),
    ("#F81C89", "x"),
    ("#00A0B8", "cross"),
)


def voice_map(
    voices: VoiceMap,
    by_speaker: bool,
    audible: Collection[str],
    own: np.ndarray | None = None,
    neighbors: Sequence[int] = (),
) -> go.Figure:
    """The map.

    Args:
        by_speaker: color and symbol tell the speaker instead of the emotion.
        audible: files that can be heard here; they are larger, with a rim.
        own: where one's own voice lies, shape `(2,)`.
        neighbors: voices that a line connects with it.
    """
    figure = go.Figure()
    groups = voices.speakers if by_speaker else voices.labels
    names = sorted(set(groups)) if by_speaker else [g for g in _SYMBOLS if g in groups]
    for place, name in enumerate(names):
        color, symbol = (
            _SPEAKERS[place % len(_SPEAKERS)]
            if by_speaker
            else (emotion_color(name), _SYMBOLS[name])
        )
        members = [i for i, group in enumerate(groups) if group == name]
        heard = [voices.files[i] in audible for i in members]
        figure.add_scatter(
            x=voices.points[members, 0],
            y=voices.points[members, 1],
            mode="markers",
            name=f"actor {name}" if by_speaker else name,
            customdata=[voices.files[i] for i in members],
            text=[_about(voices, i, can) for i, can in zip(members, heard, strict=True)],
            hovertemplate="%{text}<extra></extra>",
            marker={
                "color": color,
                "symbol": symbol,
                "size": [16 if can else 10 for can in heard],
                "opacity": 0.85,
                "line": {"width": [2 if can else 0 for can in heard], "color": "#808080"},
            },
        )
    if own is not None:
        _draw_own(figure, voices, own, neighbors)
    figure.update_xaxes(showgrid=False, showticklabels=False, zeroline=False)
    figure.update_yaxes(showgrid=False, showticklabels=False, zeroline=False)
    figure = laid_out(figure, 352)
    # Below the points: names above them would take two lines of a phone.
    return figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "font_size": FONT_SIZE},
    )


def _about(voices: VoiceMap, i: int, audible: bool) -> str:
    about = f"{emotion_name(voices.labels[i])}, actor {voices.speakers[i]}"
    return about + (": click to listen" if audible else "")


def _draw_own(
    figure: go.Figure, voices: VoiceMap, own: np.ndarray, neighbors: Sequence[int]
) -> None:
    gaps = [None] * len(neighbors)
    x, y = (
        [
            value
            for i, gap in zip(neighbors, gaps, strict=True)
            for value in (own[axis], voices.points[i, axis], gap)
        ]
        for axis in (0, 1)
    )
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": "#808080", "width": 1.5},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=[own[0]],
        y=[own[1]],
        mode="markers",
        name="this voice",
        hovertemplate="this voice<extra></extra>",
        marker={
            "symbol": "star",
            "size": 26,
            "color": "#FFC400",
            "line": {"width": 2, "color": "#1B2430"},
        },
    )
