"""Plotly figure of a benchmark: where the time goes."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from ser_core.charts.look import FONT_SIZE, patterned
from ser_core.evaluation.benchmark import Timing

STAGES = {
    "decode": ("decoding", "#7A828C", ""),
    "features": ("log-mel spectrogram", "#0E9AA7", "/"),
    "network": ("network", "#3A7EC8", "x"),
    "rest": ("the rest", "#C9CED4", "."),
}
"""Parts of the path from bytes to probabilities: name, color and pattern."""
_2020 = ("2020 pipeline, published run", "#8A8F98", "\\")


def stage_bars(rows: Sequence[Timing], path_2020_ms: float | None = None) -> go.Figure:
    """Stacked horizontal bars of the median time per part, a bar per model and precision.

    Args:
        path_2020_ms: of the 2020 pipeline, for a bar of its own.
    """
    models = list(dict.fromkeys((row.model, row.precision) for row in rows if row.stage == "path"))
    bars = [f"{model} {precision}" for model, precision in models]
    figure = go.Figure()
    times = _parts(rows)
    for stage, (name, color, pattern) in STAGES.items():
        figure.add_bar(
            x=[times[model][stage] for model in models],
            y=bars,
            orientation="h",
            name=name,
            marker=patterned(color, pattern, 0.2),
            hovertemplate="%{y}<br>" + name + ": %{x:.2f} ms<extra></extra>",
        )
    if path_2020_ms is not None:
        name, color, pattern = _2020
        bars.append(name)
        figure.add_bar(
            x=[path_2020_ms],
            y=[name],
            orientation="h",
            marker=patterned(color, pattern, 0.2),
            hovertemplate="%{y}: %{x:.0f} ms<extra></extra>",
            showlegend=False,
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


def _parts(rows: Sequence[Timing]) -> dict[tuple[str, str], dict[str, float]]:
    """By model and precision, the median of each part, and of the path what they leave."""
    times: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        times.setdefault((row.model, row.precision), {})[row.stage] = row.median_ms
    for parts in times.values():
        known = sum(parts.get(stage, 0.0) for stage in STAGES)
        parts["rest"] = max(0.0, parts.get("path", 0.0) - known)
    return times
