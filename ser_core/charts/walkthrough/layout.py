"""What the figures of the walkthrough share: sizes, legend, spectrograms on a phone's screen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.charts.look import FONT_SIZE
from ser_core.charts.recording import frequency_ticks
from ser_core.features.log_mel import LogMel

MAX_COLUMNS = 400
RANGE_DB = 80
# From blue over the page's own color to red.
BLUE_TO_RED = (
    (0, "rgba(29, 96, 190, 0.95)"),
    (0.5, "rgba(128, 128, 128, 0)"),
    (1, "rgba(215, 62, 40, 0.95)"),
)
# Each answer has a color and a pattern of its own, for those who cannot tell the colors.
SERIES = (("#3D7FC4", ""), ("#BF6A00", "/"), ("#7F55EA", "x"))


def draw_stft(
    figure: go.Figure, level_db: np.ndarray, hop_length: int, row: int, column: int
) -> None:
    """A spectrogram with a linear frequency axis, kHz, over seconds."""
    columns, per_column = _fewer_columns(level_db)
    figure.add_heatmap(
        z=np.round(np.maximum(columns, -RANGE_DB)).astype(np.int8),
        dx=per_column * hop_length / SAMPLE_RATE,
        dy=SAMPLE_RATE / 2000 / (len(level_db) - 1),
        colorscale="Viridis",
        zmin=-RANGE_DB,
        zmax=0,
        showscale=False,
        hovertemplate="%{x:.2f} s, %{y:.2f} kHz: %{z} dB<extra></extra>",
        row=row,
        col=column,
    )
    end_s = level_db.shape[1] * hop_length / SAMPLE_RATE
    figure.update_xaxes(title="Time (s)", range=[0, end_s], showgrid=False, row=row, col=column)
    figure.update_yaxes(title="kHz", showgrid=False, nticks=5, row=row, col=column)


def draw_mel(
    figure: go.Figure,
    values: np.ndarray,
    settings: LogMel,
    row: int,
    column: int,
    limits: tuple[float, float] = (-RANGE_DB, 0),
    unit: str = "dB",
) -> None:
    columns, per_column = _fewer_columns(values)
    lowest, highest = limits
    figure.add_heatmap(
        z=np.round(np.maximum(columns, lowest)).astype(np.int8),
        dx=per_column / settings.frames_per_s,
        colorscale="Viridis",
        zmin=lowest,
        zmax=highest,
        showscale=False,
        hovertemplate="%{x:.2f} s, band %{y}: %{z} " + unit + "<extra></extra>",
        row=row,
        col=column,
    )
    bands, names = frequency_ticks(settings)
    figure.update_xaxes(title="Time (s)", showgrid=False, row=row, col=column)
    figure.update_yaxes(
        title="Hz", tickvals=bands, ticktext=names, showgrid=False, row=row, col=column
    )


def small_pictures(named: Mapping[str, np.ndarray], n_columns: int, **heatmap: object) -> go.Figure:
    """Pictures in rows, each under its name, without axes.

    Args:
        named: each of shape `(height, width)`, the lowest row first.
        heatmap: as `go.Heatmap` takes it.
    """
    n_rows = -(-len(named) // n_columns)
    figure = make_subplots(
        rows=n_rows,
        cols=n_columns,
        subplot_titles=list(named),
        horizontal_spacing=0.02,
        vertical_spacing=0.24 / n_rows,
    )
    for i, picture in enumerate(named.values()):
        row, column = i // n_columns + 1, i % n_columns + 1
        figure.add_heatmap(
            z=picture, colorscale="Viridis", showscale=False, row=row, col=column, **heatmap
        )
    figure.update_xaxes(visible=False)
    return figure.update_yaxes(visible=False)


def _fewer_columns(values: np.ndarray) -> tuple[np.ndarray, int]:
    """The loudest of neighboring columns, no more than a screen can show, and how many each."""
    per_column = -(-values.shape[1] // MAX_COLUMNS)
    starts = np.arange(0, values.shape[1], per_column)
    return np.maximum.reduceat(values, starts, axis=1), per_column


def with_legend(figure: go.Figure) -> go.Figure:
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font_size": FONT_SIZE}
    return figure.update_layout(showlegend=True, legend=legend)


def laid_out(figure: go.Figure, height: int, top: int = 8) -> go.Figure:
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(title_font_size=FONT_SIZE, fixedrange=True)
    figure.update_annotations(font_size=FONT_SIZE)
    return figure.update_layout(
        height=height,
        dragmode=False,  # dragging would keep a phone's finger from scrolling the page
        hovermode="closest",
        showlegend=False,
        margin={"l": 8, "r": 8, "t": top, "b": 8},
    )
