"""Plotly figure of what getting to know a speaker gains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ser_core.charts.accuracy import OTHER_COLOR
from ser_core.charts.look import FONT_SIZE
from ser_core.models.card import Adaptation

# Contrast of at least 3 to both backgrounds, each with a shape of its own.
_LOOKS = (("#3D7FC4", "circle"), ("#BF6A00", "square"), ("#7F55EA", "diamond"))


def gain_curves(curves: Mapping[str, Sequence[Adaptation]]) -> go.Figure:
    """Points of UAR gained by number of recordings, with the interval of 95 % of the draws.

    Args:
        curves: at most three, by name.
    """
    figure = go.Figure()
    for (name, entries), (color, shape) in zip(curves.items(), _LOOKS, strict=False):
        gains = [100 * entry.gain for entry in entries]
        figure.add_scatter(
            x=[str(entry.k) for entry in entries],
            y=gains,
            error_y={
                "array": [100 * e.interval[1] - g for e, g in zip(entries, gains, strict=True)],
                "arrayminus": [
                    g - 100 * e.interval[0] for e, g in zip(entries, gains, strict=True)
                ],
                "thickness": 1,
                "color": color,
            },
            name=name,
            mode="lines+markers",
            line={"color": color, "width": 2},
            marker={"symbol": shape, "size": 9, "color": color},
            hovertemplate=f"{name}, %{{x}} recordings: %{{y:+.1f}} points<extra></extra>",
        )
    figure.add_hline(y=0, line={"color": OTHER_COLOR, "width": 1, "dash": "dot"})
    every_k = sorted({entry.k for entries in curves.values() for entry in entries})
    figure.update_xaxes(
        title="Recordings of each speaker learned from",
        type="category",
        categoryorder="array",
        categoryarray=[str(k) for k in every_k],
        fixedrange=True,
    )
    figure.update_yaxes(title="Points of UAR gained", zeroline=False, fixedrange=True)
    return figure.update_layout(
        height=380,
        dragmode=False,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=True,
        legend={"orientation": "h", "y": -0.25, "font_size": FONT_SIZE},
    )
