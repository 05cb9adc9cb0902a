"""Figures for a projector."""

from __future__ import annotations

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ser_core.charts.magnifying import magnified


def test_type_lines_and_markers_grow_and_the_rest_stays() -> None:
    figure = make_subplots(rows=1, cols=2, subplot_titles=("left", "right"))
    figure.add_scatter(
        x=[1, 2], y=[3, 4], line_width=2, marker_size=6, textfont_size=10, row=1, col=1
    )
    figure.add_bar(x=[1], y=[2], width=0.5, row=1, col=2)
    figure.update_layout(height=300, width=500, legend_font_size=15, xaxis_title_font_size=20)
    large = magnified(figure, 2)
    line, bar = large.data
    assert (line.line.width, line.marker.size, line.textfont.size) == (4, 12, 20)
    assert (large.layout.legend.font.size, large.layout.xaxis.title.font.size) == (30, 40)
    assert large.layout.annotations[0].font.size == 2 * figure.layout.annotations[0].font.size
    assert (large.layout.height, large.layout.width, bar.width) == (300, 500, 0.5)
    assert list(line.y) == [3, 4]


def test_a_figure_that_says_nothing_about_its_type_gets_a_larger_one() -> None:
    assert magnified(go.Figure(), 1.5).layout.font.size == 18


def test_the_figure_itself_does_not_change() -> None:
    figure = go.Figure(go.Scatter(y=[1], line_width=2))
    magnified(figure, 3)
    assert figure.data[0].line.width == 2
