"""Figures of the split that is cheated: a score that climbs, and where test voices leak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from ser_core.charts.look import FONT_SIZE
from ser_core.charts.walkthrough.layout import laid_out
from ser_core.evaluation.leaked_split import LeakedFigure, Role
from ser_core.evaluation.metrics import percent

_LINE, _GUESS = "#3D7FC4", "#BF6A00"
_COLUMNS = 4  # narrow cells would be narrower than their words
_ROLES: dict[Role, tuple[str, str]] = {
    "train": ("rgba(128, 128, 128, 0.35)", "train"),
    "validation": ("rgba(128, 128, 128, 0.15)", "validation"),
    "new": ("rgba(61, 127, 196, 0.75)", "test: new"),
    "known": ("rgba(223, 100, 84, 0.85)", "test: LEAKS"),
}


def climbing_score(
    figures: Sequence[LeakedFigure], shown: int, prediction: float | None = None
) -> go.Figure:
    """UAR over the share of known voices.

    Args:
        shown: how many of the figures, from all voices new, are to be seen.
        prediction: of the class for the last one, a fraction.
    """
    seen = figures[:shown]
    figure = go.Figure()
    if prediction is not None:
        figure.add_hline(
            prediction,
            line={"color": _GUESS, "width": 2, "dash": "dash"},
            annotation_text=f"the class: {percent(prediction)}",
            annotation_position="bottom right",
        )
    figure.add_scatter(
        x=[one.share_known for one in seen],
        y=[one.uar for one in seen],
        mode="lines+markers",
        marker_size=12,
        line={"color": _LINE, "width": 3},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [one.high - one.uar for one in seen],
            "arrayminus": [one.uar - one.low for one in seen],
            "thickness": 1.5,
            "width": 5,
            "color": "#7A828C",
        },
        hovertemplate="%{x:.0%} known: UAR %{y:.1%}<extra></extra>",
        cliponaxis=False,
    )
    figure.add_scatter(
        x=[one.share_known for one in seen],
        y=[one.high for one in seen],
        mode="text",
        text=[f"<b>{percent(one.uar)}</b>" for one in seen],
        textposition="top center",
        textfont_size=FONT_SIZE + 3,
        hoverinfo="skip",
        cliponaxis=False,
    )
    ticks = [one.share_known for one in figures]
    figure.update_xaxes(
        title="Test voices known from training",
        range=[-0.08, 1.08],
        tickvals=ticks,
        ticktext=[percent(share) for share in ticks],
        showgrid=False,
    )
    quarters = [0, 0.25, 0.5, 0.75, 1]
    figure.update_yaxes(
        title="UAR", range=[0, 1], tickvals=quarters, ticktext=[percent(q) for q in quarters]
    )
    return laid_out(figure, 330, top=20)


def actor_grid(roles: Mapping[str, Role]) -> go.Figure:
    """A cell for each actor: trained on, tested, or both."""
    figure = go.Figure()
    for place, (actor, role) in enumerate(roles.items()):
        row, column = divmod(place, _COLUMNS)
        color, words = _ROLES[role]
        figure.add_shape(
            type="rect",
            x0=column - 0.46,
            x1=column + 0.46,
            y0=row - 0.44,
            y1=row + 0.44,
            fillcolor=color,
            line={"width": 3 if role == "known" else 0, "color": "#B33A2B"},
        )
        figure.add_annotation(x=column, y=row, text=f"<b>{actor}</b><br>{words}", showarrow=False)
    n_rows = -(-len(roles) // _COLUMNS)
    figure.update_xaxes(visible=False, range=[-0.5, _COLUMNS - 0.5])
    figure.update_yaxes(visible=False, range=[n_rows - 0.5, -0.5])
    figure = laid_out(figure, 40 + 48 * n_rows)
    return figure.update_annotations(font_size=FONT_SIZE - 2)
