"""A chart on a page, the table that belongs to it, and any table as a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.shell import presenting
from ser_core.charts.magnifying import magnified
from ser_core.reports.csv_table import TableRow, to_csv


def show_chart(
    figure: go.Figure, key: str, alt: str, lowest: int = presenting.LOWEST_CHART
) -> None:
    """A chart without a toolbar; in presenter mode, as high as the screen allows.

    Args:
        alt: what it shows, for those who do not see it.
        lowest: pixels that presenter mode leaves to it, whatever else is on the screen.
    """
    _plot(figure, key, alt, lowest)


def show_selectable_chart(figure: go.Figure, key: str, alt: str) -> str | None:
    """A chart whose points can be clicked; the `customdata` of the chosen one, if there is one.

    Args:
        alt: as for `show_chart`.
    """
    chosen = _plot(
        figure, key, alt, presenting.LOWEST_CHART, on_select="rerun", selection_mode="points"
    )
    points = chosen["selection"]["points"] if chosen else []
    return points[0].get("customdata") if points else None


def _plot(figure: go.Figure, key: str, alt: str, lowest: int, **selection: Any) -> Any:
    on_projector = presenting.is_on()
    if on_projector:
        # "stretch" never shrinks a chart below the height that its figure asks for.
        figure = magnified(figure, presenting.CHART_SCALE)
        figure.update_layout(height=lowest)
    return st.plotly_chart(
        figure,
        key=key,
        height="stretch" if on_projector else "content",
        config={**CHART_OPTIONS, "displayModeBar": False},
        alt=alt,
        **selection,
    )


def show_table_twin(rows: Sequence[TableRow], file: str, key: str) -> None:
    """The numbers behind a chart, folded away, with their CSV.

    Args:
        rows: numbers as such; on screen, fractions from 0 to 1 are written as they are in the CSV.
        file: name of the CSV, without its suffix.
    """
    with st.expander("The numbers behind the chart"):
        st.dataframe(rows, hide_index=True, key=f"table {key}", alt=f"Table: {file}")
        csv_button("Table (CSV)", rows, file, key)


def csv_button(label: str, rows: Sequence[TableRow], file: str, key: str) -> None:
    """Download rows as CSV; nothing in it runs as a formula."""
    st.download_button(
        label,
        to_csv(rows).encode("utf-8-sig"),  # with a mark, or Excel garbles umlauts
        f"{file}.csv",
        "text/csv",
        key=f"csv {key}",
        icon=":material/download:",
        on_click="ignore",
    )


CHART_OPTIONS = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}
