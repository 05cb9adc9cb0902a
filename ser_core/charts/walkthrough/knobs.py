"""Probabilities as a knob turns, and where the answer flips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ser_core.charts.look import FONT_SIZE, emotion_color
from ser_core.charts.walkthrough.layout import laid_out
from ser_core.models.labels import EMOTION_SYMBOLS
from ser_core.walkthrough.knobs import KNOBS, Position, flips


def sweeps(
    probabilities: Mapping[str, np.ndarray], labels: Sequence[str], position: Position
) -> go.Figure:
    """A panel per knob: the shares of all emotions stacked, a line where the answer flips.

    Args:
        probabilities: of the knobs that are done, by name, as `knobs.sweep` gives them.
        position: where the knobs stand; a dotted line marks it.
    """
    figure = make_subplots(
        rows=2,
        cols=2,
        subplot_titles=[f"{knob.title} ({knob.unit})" for knob in KNOBS],
        horizontal_spacing=0.08,
        vertical_spacing=0.36,
    )
    for i, knob in enumerate(KNOBS):
        place = {"row": i // 2 + 1, "col": i % 2 + 1}
        figure.update_xaxes(range=[knob.values[0], knob.values[-1]], showgrid=False, **place)
        figure.update_yaxes(range=[0, 1], tickvals=[0, 1], ticktext=["0", "1"], **place)
        if knob.name not in probabilities:
            continue
        shares = probabilities[knob.name]
        for label, row in zip(labels, shares, strict=True):
            figure.add_scatter(
                x=knob.values,
                y=row,
                stackgroup=knob.name,
                mode="lines",
                line={"width": 0.5, "color": emotion_color(label)},
                fillcolor=emotion_color(label),
                hovertemplate=f"{label}: %{{y:.0%}} at %{{x}}<extra></extra>",
                **place,
            )
        for flip in flips(knob, shares, labels):
            figure.add_vline(x=flip.value, line={"color": "white", "width": 3}, **place)
            figure.add_vline(x=flip.value, line={"color": "black", "width": 1}, **place)
            figure.add_annotation(
                x=flip.value,
                y=1,
                text="│".join(EMOTION_SYMBOLS.get(label, "○") for label in flip[1:]),
                showarrow=False,
                yanchor="bottom",
                font_size=FONT_SIZE - 1,
                **place,
            )
        now = getattr(position, knob.name)
        figure.add_vline(x=now, line={"color": "white", "width": 4, "dash": "dot"}, **place)
    laid_out(figure, 340, top=44)
    # The titles above the symbols of the flips.
    for title in figure.layout.annotations[: len(KNOBS)]:
        title.update(yshift=16)
    return figure
