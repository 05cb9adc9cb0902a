"""Plotly figure of a benchmark: where the time goes."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from ser_core.charts.look import FONT_SIZE, patterned
from ser_core.evaluation.benchmark import Timing

STAGES = {
    "decode": ("decoding", "#7A828C", ""),
    "features": ("log-mel spectrogram", "#0E9AA7", "/"),
    "inference": ("network", "#3A7EC8", "x"),
}
"""Stages of the path from bytes to probabilities: name, color and pattern."""


def stage_bars(rows: Sequence[Timing]) -> go.Figure:
    """Stacked horizontal bars of the median time per stage, a bar per model and precision."""
    models = list(dict.fromkeys((row.model, row.precision) for row in rows if row.stage == "path"))
    bars = [f"{model} {precision}" for model, precision in models]
    figure = go.Figure()
    for stage, (name, color, pattern) in STAGES.items():
        times = {(row.model, row.precision): row.median_ms for row in rows if row.stage == stage}
        figure.add_bar(
            x=[times[model] for model in models],
            y=bars,
            orientation="h",
            name=name,
            marker=patterned(color, pattern, 0.2),
            hovertemplate="%{y}<br>" + name + ": %{x:.2f} ms<extra></extra>",
        )
    figure.update_xaxes(title="Median time (ms)", rangemode="tozero", fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, automargin=True)
    return figure.update_layout(
        barmode="stack",
        height=130 + 44 * len(bars),
        dragmode=False,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        margin={"l": 8, "r": 16, "t": 8, "b": 8},
        font_size=FONT_SIZE + 1,
    )
