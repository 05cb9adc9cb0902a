"""Which emotions get confused, as a heat map and as tables, for Accuracy and Batch."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell.chart import show_chart
from pages.shell.tables import ROW_HEIGHT
from ser_core.charts.accuracy import confusion_heat_map
from ser_core.evaluation.metrics import percent, share_interval
from ser_core.models.card import Count
from ser_core.models.labels import emotion_name
from ser_core.reports.csv_table import TableRow


def show_confusion_chart(
    counts: Sequence[Sequence[int]], labels: Sequence[str], in_clips: bool, key: str
) -> None:
    """The heat map alone."""
    right = ", ".join(
        f"{label} {percent(row[i] / sum(row))}"
        for i, (label, row) in enumerate(zip(labels, counts, strict=True))
        if sum(row)
    )
    show_chart(
        confusion_heat_map(counts, labels, in_clips),
        key=key,
        alt=f"Confusion matrix, actual emotion by row. Recall: {right}.",
    )


def show_per_class(counts: dict[str, Count], key: str) -> None:
    """Each emotion's share of right answers."""
    st.dataframe(
        per_class_table(counts),
        hide_index=True,
        key=f"per class of {key}",
        row_height=ROW_HEIGHT,
        alt="Recall of each emotion",
    )


def per_class_table(counts: dict[str, Count]) -> list[TableRow]:
    """Right answers for each emotion, with an interval of the share."""
    rows: list[TableRow] = []
    for label, count in counts.items():
        low, high = share_interval(count.correct, count.total)
        rows.append(
            {
                "Emotion": emotion_name(label),
                "Recall": share_of_clips(count.correct, count.total),
                "95 % interval": f"{100 * low:.0f} to {percent(high)}",
            }
        )
    return rows


def confusion_table(counts: Sequence[Sequence[int]], labels: Sequence[str]) -> list[TableRow]:
    """Clips by actual and predicted emotion."""
    return [
        {"actual \\ predicted": label, **dict(zip(labels, row, strict=True))}
        for label, row in zip(labels, counts, strict=True)
    ]


def share_of_clips(correct: int, total: int, digits: int = 0) -> str:
    """A share in percent, and the clips behind it."""
    return f"{percent(correct / total, digits)} ({correct}/{total})"
