"""What a point of accuracy costs: models on the same unseen actors, against latency and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.shell.chart import show_chart, show_table_twin
from ser_core.charts.accuracy import CostPoint, cost_scatter
from ser_core.evaluation.results import CHANNEL_WORDS, Result


def show_scatter(compared: Sequence[Result], measured: Mapping[tuple[str, str], float]) -> None:
    """Accuracy on new voices against latency, or file size where no latency was measured.

    Args:
        compared: as from `comparable`; nothing is shown without any.
        measured: median ms from bytes to probabilities, by model and precision.
    """
    if not compared:
        return
    points = [
        CostPoint(
            r.card.title,
            r.precision,
            r.entry.uar,
            r.card.files[r.precision].bytes / 1e6,
            measured.get((r.card.name, r.precision)),
        )
        for r in compared
    ]
    figures = ", ".join(f"{p.model} {p.precision} {100 * p.uar:.1f} %" for p in points)
    show_chart(cost_scatter(points), "cost", f"Accuracy against cost. UAR: {figures}.")
    first = compared[0]
    st.caption(
        f"UAR: {first.test}, {CHANNEL_WORDS[first.channel]}. The number in each point is the bit "
        "width of the weights; larger points are larger files. "
        + (
            "Latency: median on this server just now, from the bytes of a 4-second WAV file to "
            "the probabilities. It varies with the load on the machine."
            if measured
            else "Latency has not been measured yet, so the axis shows the file size."
        )
    )
    rows = [
        {
            "model": point.model,
            "precision": point.precision,
            "UAR": round(point.uar, 4),
            "latency_ms": point.latency_ms and round(point.latency_ms, 3),
            "MB": round(point.megabytes, 3),
        }
        for point in points
    ]
    show_table_twin(rows, "accuracy-and-cost", "cost")


def comparable(results: Sequence[Result]) -> list[Result]:
    """One result per file on unseen actors, all of the test and channel that most models have."""
    tested: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        if result.unseen_actors and not result.of_recipe and result.card.task == "emotions-8":
            tested.setdefault((result.test, result.channel), []).append(result)
    return max(tested.values(), key=lambda of: (len(of), of[0].channel == "speech"), default=[])
