"""Figures of what a network does: its maps, what it looks at, its answers, its weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ser_core.charts.look import FONT_SIZE, emotion_color, patterned
from ser_core.charts.recording import frequency_ticks
from ser_core.charts.walkthrough.layout import (
    BLUE_TO_RED,
    SERIES,
    laid_out,
    small_pictures,
    with_legend,
)
from ser_core.evaluation.metrics import percent
from ser_core.features.log_mel import LogMel
from ser_core.models.labels import emotion_name

# From the page's own color to a gray that stands out from both themes.
_GRAYS = ((0, "rgba(128, 128, 128, 0)"), (1, "rgba(128, 128, 128, 1)"))


def feature_maps(maps: np.ndarray, names: Sequence[str], n_columns: int = 4) -> go.Figure:
    """Feature maps as small pictures, bright where the filter found its pattern.

    Args:
        maps: shape `(n, height, width)`, low frequencies first.
    """
    scaled = [np.round(100 * one / max(float(one.max()), 1e-6)).astype(np.int8) for one in maps]
    figure = small_pictures(
        dict(zip(names, scaled, strict=True)),
        n_columns,
        zmin=0,
        zmax=100,
        hovertemplate="%{z} % of its maximum<extra></extra>",
    )
    return laid_out(figure, 30 + 165 * -(-len(maps) // n_columns), top=26)


def influence(
    fall: np.ndarray, network_input: np.ndarray, first_s: float, settings: LogMel, label: str
) -> go.Figure:
    """By how many points the probability of a label drops when a region is hidden, and of what.

    Args:
        fall: from -1 to 1, shape `(n_mels, n_frames)`; NaN outside the sound.
        network_input: what the network sees there, same shape; drawn in gray beneath.
        first_s: time of the first column in the clip.
    """
    reach = max(float(np.nanmax(np.abs(fall))), 0.02)
    figure = go.Figure(
        go.Heatmap(
            z=np.round(50 * network_input).astype(np.int8),
            x0=first_s,
            dx=1 / settings.frames_per_s,
            colorscale=_GRAYS,
            showscale=False,
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Heatmap(
            z=np.round(100 * fall[:, ::2], 1).astype(np.float32),
            x0=first_s,
            dx=2 / settings.frames_per_s,
            opacity=0.6,
            colorscale=BLUE_TO_RED,  # blue: hiding it helps; red: hiding it hurts
            zmin=-100 * reach,
            zmax=100 * reach,
            colorbar={"title": {"text": "points", "side": "top"}, "thickness": 10},
            hovertemplate=f"{label}: %{{z:.0f}} points less with it hidden<extra></extra>",
        )
    )
    bands, names = frequency_ticks(settings)
    figure.update_xaxes(title="Time (s)", showgrid=False)
    figure.update_yaxes(
        title="Frequency (Hz)", tickvals=bands, ticktext=names, showgrid=False, zeroline=False
    )
    return laid_out(figure, 340)


def hidden_window(network_input: np.ndarray, first_s: float, settings: LogMel) -> go.Figure:
    """A model window as the network sees it.

    Args:
        network_input: shape `(n_mels, n_frames)`.
    """
    figure = make_subplots(rows=1, cols=1)
    bands, names = frequency_ticks(settings)
    figure.add_heatmap(
        z=np.round(50 * network_input).astype(np.int8),
        x0=first_s,
        dx=1 / settings.frames_per_s,
        colorscale="Viridis",
        showscale=False,
        hoverinfo="skip",
    )
    figure.update_xaxes(title="Time (s)", showgrid=False)
    figure.update_yaxes(title="Frequency (Hz)", tickvals=bands, ticktext=names, showgrid=False)
    return laid_out(figure, 340)


def answers(
    series: Mapping[str, Sequence[float]], labels: Sequence[str], height: int = 380
) -> go.Figure:
    """Probabilities of several answers side by side, one group of bars per emotion."""
    figure = go.Figure()
    rows = list(range(len(labels)))
    for (name, shares), (color, pattern) in zip(series.items(), SERIES, strict=False):
        figure.add_bar(
            x=list(shares),
            y=rows,
            orientation="h",
            name=name,
            marker=patterned(color, pattern, 0.25),
            hovertemplate="%{x:.1%}<extra>" + name + "</extra>",
        )
    figure.update_xaxes(
        title="Probability",
        range=[0, 1],
        tickvals=[0, 0.5, 1],
        ticktext=[percent(share) for share in (0, 0.5, 1)],
    )
    _name_rows(figure, labels)
    return with_legend(laid_out(figure, height)).update_layout(margin_r=24)


def scores_and_shares(
    logits: Sequence[float], shares: Sequence[float], labels: Sequence[str]
) -> go.Figure:
    """Logits on the left, what softmax makes of them on the right."""
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.06,
        subplot_titles=("Logits", "Probabilities"),
    )
    colors = [emotion_color(label) for label in labels]
    rows = list(range(len(labels)))
    for column, values, texts in (
        (1, logits, [f"{value:.1f}".replace("-", "−") for value in logits]),
        (2, shares, [percent(share) for share in shares]),
    ):
        figure.add_bar(
            x=list(values),
            y=rows,
            orientation="h",
            marker_color=colors,
            text=texts,
            textposition="outside",
            textfont_size=FONT_SIZE,
            cliponaxis=False,
            hoverinfo="skip",
            row=1,
            col=column,
        )
    low, high = min(0.0, *logits), max(0.0, *logits)
    figure.update_xaxes(range=[1.25 * low - 0.3, 1.25 * high + 0.3], zeroline=True, row=1, col=1)
    figure.update_xaxes(range=[0, 1.15], visible=False, row=1, col=2)
    _name_rows(figure, labels)
    # On a phone, too, there is room for a figure between a name and its bar, and at the right.
    figure.update_yaxes(ticklabelstandoff=26, row=1, col=1)
    return laid_out(figure, 400, top=30).update_layout(margin_r=36)


def _name_rows(figure: go.Figure, labels: Sequence[str]) -> None:
    """An emotion for each whole number of the vertical axis, the first one on top."""
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5],
        tickvals=list(range(len(labels))),
        ticktext=[emotion_name(label) for label in labels],
        tickfont_size=FONT_SIZE,
        showgrid=False,
    )


def counts(bars: Mapping[str, int], title: str) -> go.Figure:
    """How many there are of each, as horizontal bars."""
    rows = list(range(len(bars)))
    figure = go.Figure(
        go.Bar(
            x=list(bars.values()),
            y=rows,
            orientation="h",
            marker_color=SERIES[0][0],
            text=[str(n) for n in bars.values()],
            textposition="outside",
            textfont_size=FONT_SIZE + 2,
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(title=title, showgrid=False, rangemode="tozero")
    figure.update_yaxes(
        range=[len(bars) - 0.5, -0.5],
        tickvals=rows,
        ticktext=list(bars),
        tickfont_size=FONT_SIZE,
        showgrid=False,
    )
    laid_out(figure, 70 + 62 * len(bars))
    return figure.update_layout(margin_r=56)


def weight_histograms(weights: Mapping[str, np.ndarray], n_bins: int = 101) -> go.Figure:
    """How often each value occurs among the weights of a layer, one panel per precision.

    Args:
        weights: precision: values as stored.
    """
    figure = make_subplots(
        rows=1, cols=len(weights), horizontal_spacing=0.06, subplot_titles=list(weights)
    )
    for column, (values, (color, _)) in enumerate(
        zip(weights.values(), SERIES, strict=False), start=1
    ):
        integers = values.dtype == np.int8
        edges = (
            np.arange(-128.5, 128.5)
            if integers
            else np.linspace(float(values.min()), float(values.max()), n_bins)
        )
        n, _ = np.histogram(values.astype(np.float32), edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=n,
            marker={"color": color, "line_width": 0},
            hovertemplate="%{x:.3g}: %{y} weights<extra></extra>",
            row=1,
            col=column,
        )
    figure.update_yaxes(showticklabels=False, showgrid=False)
    figure.update_xaxes(showgrid=False, nticks=5)
    return laid_out(figure, 260, top=62).update_layout(bargap=0)
