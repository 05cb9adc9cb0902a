"""Plotly figures of how good models are: accuracy, confusion, calibration, cost, corpora.

As in `charts`, background and text color are the theme's. Text also stands on heat maps, so their
colors are translucent: light on a light page and dark on a dark one, legible on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from ser_core.charts.look import FONT_SIZE, emotion_color
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.results import CertaintyBin
from ser_core.models.labels import emotion_name

OWN_COLOR, OTHER_COLOR = "#3D7FC4", "#8A8F98"
_HEAT = [[0, "rgba(61, 127, 196, 0)"], [1, "rgba(61, 127, 196, 0.7)"]]
# One per model, each with a shape of its own; contrast of at least 3 to both backgrounds.
_MODEL_COLORS = ("#3D7FC4", "#BF6A00", "#7F55EA", "#3F8A3F", "#D0487A", "#7D7D7D", "#008FA3")
_MODEL_SHAPES = ("circle", "square", "diamond", "triangle-up", "star", "pentagon", "hexagram")
_SHARE_TICKS = (0, 0.25, 0.5, 0.75, 1)


@dataclass(frozen=True)
class Bar:
    """A share with its interval and what it is called.

    Attributes:
        ours: measured by us; other figures are drawn in gray and hatched.
        digits: after the point, of the percent.
    """

    name: str
    share: float
    interval: tuple[float, float] | None = None
    ours: bool = True
    digits: int = 0


def guessing(n_labels: int) -> Bar:
    """Chance level: what guessing gets right."""
    return Bar("Chance level", 1 / n_labels, ours=False, digits=1)


def share_bars(bars: Sequence[Bar], title: str) -> go.Figure:
    """Horizontal bars of shares with their 95 % intervals; names stand above their bars."""
    rows = list(range(len(bars)))
    errors = [bar.interval or (bar.share, bar.share) for bar in bars]
    ends = [high for _, high in errors]
    figure = go.Figure(
        go.Bar(
            x=[bar.share for bar in bars],
            y=rows,
            width=0.42,
            orientation="h",
            marker={
                "color": [OWN_COLOR if bar.ours else OTHER_COLOR for bar in bars],
                "pattern": {"shape": ["" if bar.ours else "/" for bar in bars], "solidity": 0.3},
            },
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - bar.share for bar, (_, high) in zip(bars, errors, strict=True)],
                "arrayminus": [bar.share - low for bar, (low, _) in zip(bars, errors, strict=True)],
                "thickness": 2,
                "width": 6,
                "color": "#7A828C",
            },
            hovertext=[f"{bar.name}: {percent(bar.share, 1)}" for bar in bars],
            hoverinfo="text",
            cliponaxis=False,
        )
    )
    for row, bar, end in zip(rows, bars, ends, strict=True):
        text = {"x": 0, "y": row - 0.42, "xanchor": "left", "showarrow": False, "xshift": -3}
        figure.add_annotation(text=bar.name, font_size=FONT_SIZE, **text)
        text |= {"x": end, "y": row, "xshift": 8}
        figure.add_annotation(text=_bold(bar), font_size=FONT_SIZE + 2, **text)
    _share_axis(figure.update_xaxes, title)
    figure.update_yaxes(visible=False, range=[len(bars) - 0.65, -0.75], fixedrange=True)
    _laid_out(figure, 70 + 54 * len(bars))
    return figure.update_layout(margin_r=64, margin_l=12)


def _bold(bar: Bar) -> str:
    return f"<b>{percent(bar.share, bar.digits)}</b>"


def written_cells(z: ArrayLike, zmax: float = 1, **heatmap: object) -> go.Heatmap:
    """A table whose cells have a text and, from 0 to `zmax`, a color; a little apart."""
    return go.Heatmap(z=z, zmin=0, zmax=zmax, showscale=False, xgap=2, ygap=2, **heatmap)


def confusion_heat_map(
    confusion: Sequence[Sequence[int]], labels: Sequence[str], counts: bool = False
) -> go.Figure:
    """Actual emotion by row, predicted emotion by column.

    Args:
        confusion: counts, shape `(n_labels, n_labels)`.
        counts: write clips instead of percent of each row.
    """
    clips = np.array(confusion)
    totals = clips.sum(axis=1)
    present = np.flatnonzero(totals)
    clips = clips[present]
    shares = clips / totals[present, None]
    texts = [
        ["" if not n else str(n) if counts else f"{100 * share:.0f}" for n, share in row]
        for row in (zip(*pair, strict=True) for pair in zip(clips, shares, strict=True))
    ]
    names = [emotion_name(label) for label in labels]
    figure = go.Figure(
        written_cells(
            shares,
            x=names,
            y=[names[i] for i in present],
            text=texts,
            customdata=clips,
            texttemplate="%{text}",
            textfont_size=FONT_SIZE + 1,
            colorscale=_HEAT,
            hovertemplate="%{y}, predicted %{x}: %{customdata} clips (%{z:.0%})<extra></extra>",
        )
    )
    figure.update_xaxes(title="Predicted", side="top", tickangle=-60, **_NAMES)
    figure.update_yaxes(title="Actual", autorange="reversed", **_NAMES)
    return _laid_out(figure, 190 + 44 * len(present))


_NAMES = {"tickfont_size": FONT_SIZE, "showgrid": False, "fixedrange": True, "type": "category"}


def reliability_plot(bins: Sequence[CertaintyBin], uncertain_below: float) -> go.Figure:
    """How often answers are right, over their confidence; on the diagonal both agree.

    Args:
        uncertain_below: probability under which an answer is called uncertain.
    """
    most = max((b.n for b in bins), default=1)
    figure = go.Figure(
        go.Scatter(
            x=[0, 1],
            y=[0, 1],
            mode="lines",
            line={"dash": "dash", "color": "#7A828C", "width": 2},
            hoverinfo="skip",
        )
    )
    figure.add_scatter(
        x=[b.certainty for b in bins],
        y=[b.right for b in bins],
        mode="lines+markers",
        line={"color": OWN_COLOR, "width": 2},
        # The area of a point tells how many answers it stands for.
        marker={"size": [8 + 22 * (b.n / most) ** 0.5 for b in bins], "opacity": 1},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [b.right_interval[1] - b.right for b in bins],
            "arrayminus": [b.right - b.right_interval[0] for b in bins],
            "thickness": 2,
            "color": "#7A828C",
        },
        customdata=[b.n for b in bins],
        hovertemplate="confidence %{x:.0%}: right %{y:.0%}, %{customdata} answers<extra></extra>",
    )
    figure.add_vline(uncertain_below, line={"dash": "dot", "width": 2, "color": "#B4641E"})
    figure.add_annotation(
        x=uncertain_below,
        y=0.04,
        text="uncertain",
        xanchor="right",
        xshift=-6,
        showarrow=False,
        font_size=FONT_SIZE - 1,
    )
    _share_axis(figure.update_xaxes, "Confidence (probability of the answer)")
    _share_axis(figure.update_yaxes, "Share of right answers")
    figure.update_xaxes(range=[0, 1.03])
    figure.update_yaxes(range=[0, 1.03])
    return _laid_out(figure, 440).update_layout(margin_r=24)


@dataclass(frozen=True)
class CostPoint:
    """A model in one precision: what it can do and what it costs.

    Attributes:
        latency_ms: None where it was not measured.
    """

    model: str
    precision: str
    uar: float
    megabytes: float
    latency_ms: float | None = None


def cost_scatter(points: Sequence[CostPoint]) -> go.Figure:
    """Accuracy over latency; the size of a point is the file's, the number in it the bit width.

    Where no latency is known, accuracy over file size.
    """
    timed = [point for point in points if point.latency_ms is not None]
    shown = timed or list(points)
    costs = [point.latency_ms or point.megabytes for point in shown]
    largest = max((point.megabytes for point in shown), default=1)
    figure = go.Figure()
    for place, model in enumerate(dict.fromkeys(point.model for point in shown)):
        points_of_model = [point for point in shown if point.model == model]
        figure.add_scatter(
            x=[p.latency_ms if timed else p.megabytes for p in points_of_model],
            y=[100 * p.uar for p in points_of_model],
            name=model,
            mode="lines+markers+text",
            line={"width": 1, "dash": "dot", "color": _MODEL_COLORS[place % 7]},
            marker={
                "size": [24 + 34 * (p.megabytes / largest) ** 0.5 for p in points_of_model],
                "symbol": _MODEL_SHAPES[place % 7],
                "color": _MODEL_COLORS[place % 7],
                # Translucent, so that the text in it is legible on both themes.
                "opacity": 0.5,
                "line": {"width": 2, "color": _MODEL_COLORS[place % 7]},
            },
            text=[p.precision.strip("FPINT") for p in points_of_model],
            textfont_size=FONT_SIZE - 2,
            customdata=[
                (p.megabytes, "–" if p.latency_ms is None else f"{p.latency_ms:.1f} ms")
                for p in points_of_model
            ],
            hovertemplate=f"{model}, %{{text}} bits: UAR %{{y:.1f}} %, %{{customdata[1]}}, "
            "%{customdata[0]:.1f} MB<extra></extra>",
        )
    figure.update_xaxes(
        title="Latency, bytes to probabilities (ms)" if timed else "File size (MB)",
        type="log",
        range=[log10(min(costs, default=1) / 1.5), log10(max(costs, default=1) * 1.5)],
        tickvals=(ticks := _round_values(min(costs, default=1), max(costs, default=1))),
        ticktext=[f"{tick:g}" for tick in ticks],
        tickfont_size=FONT_SIZE - 1,
        fixedrange=True,
    )
    low = min((p.uar for p in shown), default=0)
    high = max((p.uar for p in shown), default=1)
    figure.update_yaxes(
        title="UAR, unseen actors",
        ticksuffix="\N{NO-BREAK SPACE}%",
        range=[max(0, 100 * low - 6), min(102, 100 * high + 6)],
        tickfont_size=FONT_SIZE - 1,
        fixedrange=True,
    )
    _laid_out(figure, 460)
    return figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "y": -0.22, "font_size": FONT_SIZE, "itemsizing": "constant"},
    )


def _round_values(low: float, high: float) -> list[float]:
    """Round values from just below `low` to just above `high`, evenly enough on a log axis."""
    steps = [
        factor * 10.0**power
        for power in range(floor(log10(low)) - 1, ceil(log10(high)) + 1)
        for factor in (1, 2, 3, 5, 7)
    ]
    return [step for step in steps if low / 2 < step < high * 2]


def clips_heat_map(counts: Mapping[tuple[str, str], int], labels: Sequence[str]) -> go.Figure:
    """How many clips there are for each emotion (row) and speaker (column).

    Args:
        counts: by (label, speaker).
    """
    speakers = sorted({speaker for _, speaker in counts})
    clips = [[counts.get((label, speaker), 0) for speaker in speakers] for label in labels]
    figure = go.Figure(
        written_cells(
            clips,
            max(map(max, clips)),
            x=speakers,
            y=[emotion_name(label) for label in labels],
            texttemplate="%{z}",
            textfont_size=FONT_SIZE - 2,
            colorscale=_HEAT,
            hovertemplate="%{y}, actor %{x}: %{z} clips<extra></extra>",
        )
    )
    figure.update_xaxes(title="Actor (odd: men, even: women)", tickangle=0, **_NAMES)
    figure.update_yaxes(autorange="reversed", **_NAMES)
    return _laid_out(figure, 110 + 36 * len(labels))


def label_bars(
    predicted: Mapping[str, int], labels: Sequence[str], actual: Mapping[str, int] | None = None
) -> go.Figure:
    """How many clips were predicted as each emotion.

    Args:
        actual: how many clips have the emotion by their names, drawn in gray behind.
    """
    rows = list(range(len(labels)))
    figure = go.Figure()
    if actual:
        figure.add_bar(
            x=[actual.get(label, 0) for label in labels],
            y=rows,
            width=0.84,
            orientation="h",
            marker_color="rgba(138, 143, 152, 0.4)",
            name="actual, from the file names",
            hovertemplate="%{x} clips<extra>actual</extra>",
        )
    figure.add_bar(
        x=[predicted.get(label, 0) for label in labels],
        y=rows,
        width=0.46,
        orientation="h",
        marker_color=[emotion_color(label) for label in labels],
        text=[str(predicted.get(label, 0)) for label in labels],
        textposition="outside",
        textfont_size=FONT_SIZE + 1,
        constraintext="none",
        cliponaxis=False,
        hovertemplate="%{x} clips<extra>predicted</extra>",
        showlegend=False,
    )
    most = max([1, *predicted.values(), *(actual or {}).values()])
    figure.update_xaxes(
        title="Clips", range=[0, 1.02 * most], tickfont_size=FONT_SIZE - 1, fixedrange=True
    )
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5],
        tickvals=rows,
        ticktext=[emotion_name(label) for label in labels],
        tickfont_size=FONT_SIZE + 1,
        showgrid=False,
        fixedrange=True,
    )
    _laid_out(figure, 90 + 36 * len(labels))
    return figure.update_layout(
        barmode="overlay",
        margin_r=56,
        showlegend=bool(actual),
        legend={"orientation": "h", "y": 1.12, "x": 0, "font_size": FONT_SIZE},
    )


def _share_axis(update: object, title: str) -> None:
    update(  # type: ignore[operator]
        title=title,
        range=[0, 1],
        tickvals=_SHARE_TICKS,
        ticktext=[percent(share) for share in _SHARE_TICKS],
        tickfont_size=FONT_SIZE - 1,
        fixedrange=True,
    )


def _laid_out(figure: go.Figure, height: int) -> go.Figure:
    figure.update_xaxes(title_font_size=FONT_SIZE, zeroline=False)
    figure.update_yaxes(title_font_size=FONT_SIZE, zeroline=False)
    return figure.update_layout(
        height=height,
        dragmode=False,  # dragging would keep a phone's finger from scrolling the page
        hovermode="closest",
        showlegend=False,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )
