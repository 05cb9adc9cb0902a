"""Figures of learning: curves, varied and mean spectrograms, what went right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ser_core.charts.accuracy import written_cells
from ser_core.charts.look import FONT_SIZE
from ser_core.charts.walkthrough.layout import SERIES, laid_out, small_pictures
from ser_core.evaluation.metrics import percent
from ser_core.models.labels import emotion_name


def training_curves(
    epochs: Sequence[float], lines: Mapping[str, tuple[int, Sequence[float]]]
) -> go.Figure:
    """Loss on the left, UAR on the right, over the epochs.

    Args:
        lines: name: column (1 or 2) and value of each epoch.
    """
    figure = make_subplots(
        rows=1, cols=2, horizontal_spacing=0.17, subplot_titles=("Loss", "Validation speakers")
    )
    for (name, (column, values)), (color, _), dash in zip(
        lines.items(), SERIES, ("solid", "dash", "solid"), strict=True
    ):
        figure.add_scatter(
            x=list(epochs),
            y=list(values),
            mode="lines",
            name=name,
            line={"color": color, "dash": dash, "width": 2.5},
            hovertemplate="epoch %{x}: %{y:.3f}<extra>" + name + "</extra>",
            row=1,
            col=column,
        )
    figure.update_xaxes(title="Epoch", showgrid=False)
    figure.update_yaxes(rangemode="tozero")
    shares = (0, 0.25, 0.5, 0.75, 1)
    figure.update_yaxes(
        range=[0, 1], tickvals=shares, ticktext=[percent(s) for s in shares], row=1, col=2
    )
    laid_out(figure, 320, top=30).update_layout(showlegend=True)
    return figure.update_layout(
        legend={"orientation": "h", "y": -0.32, "x": 0, "font_size": FONT_SIZE}
    )


def pictures(
    named: Mapping[str, np.ndarray], floor: float, height: int, n_columns: int
) -> go.Figure:
    """Spectrograms as small pictures, bright is loud.

    Args:
        named: name: dB or network input, shape `(n_mels, n_columns)`, low frequencies first.
        floor: the value of the darkest color.
        n_columns: pictures in a row.
    """
    figure = small_pictures(
        {name: np.round(picture, 1).astype(np.float32) for name, picture in named.items()},
        min(n_columns, len(named)),
        zmin=floor,
        zmax=max(float(picture.max()) for picture in named.values()),
        hoverinfo="skip",
    )
    return laid_out(figure, height, top=28)


def answer_table(
    names: Sequence[str], probabilities: Sequence[Sequence[float]], labels: Sequence[str]
) -> go.Figure:
    """Voices by row, emotions by column, each cell in percent."""
    figure = go.Figure(
        written_cells(
            probabilities,
            x=[emotion_name(label) for label in labels],
            y=list(names),
            text=[[f"{100 * p:.0f}" for p in row] for row in probabilities],
            texttemplate="%{text}",
            textfont_size=FONT_SIZE,
            # Translucent, so that the text on it is legible in both themes.
            colorscale=[[0, "rgba(61, 127, 196, 0)"], [1, "rgba(61, 127, 196, 0.7)"]],
            hovertemplate="%{y}, %{x}: %{z:.0%}<extra></extra>",
        )
    )
    figure.update_xaxes(showgrid=False, side="top", tickfont_size=FONT_SIZE - 1)
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont_size=FONT_SIZE - 1)
    return laid_out(figure, 70 + 36 * len(names))
