"""The choices of the Benchmark page, the measurement, and how it looks."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell.accuracy_and_cost import comparable, show_scatter
from pages.shell.chart import csv_button, show_chart
from ser_core.charts.benchmark import stage_bars
from ser_core.evaluation.benchmark import (
    OPENVINO,
    Benchmark,
    measure,
    published_run,
    spoken_wav,
)
from ser_core.evaluation.results import Result
from ser_core.models import zoo
from ser_core.models.card import ModelCard
from ser_core.runtime.cores import available_cores

ROUNDS = 10
_COLUMNS = {
    "path": "end to end (ms)",
    "decode": "decode (ms)",
    "features": "features (ms)",
    "network": "network (ms)",
    "compile": "compile (ms)",
    "compile_cached": "compile, cached (ms)",
}


def choose_models(cards: Sequence[ModelCard]) -> tuple[list[ModelCard], int]:
    """Widgets for the models and the threads."""
    titles = {card.name: card.title for card in cards}
    chosen = st.multiselect(
        "Models, each in every precision",
        list(titles),
        default=_one_of_each_architecture(cards),
        format_func=titles.__getitem__,
        key="benchmark models",
        persist_state="session",
    )
    cores = available_cores()
    threads = cores
    if cores > 1:
        threads = st.slider(
            "Threads", 1, cores, cores, key="benchmark threads", persist_state="session"
        )
    return [card for card in cards if card.name in chosen], threads


def _one_of_each_architecture(cards: Sequence[ModelCard]) -> list[str]:
    """The first model of each: networks are compared, not trainings of one."""
    first: dict[str, str] = {}
    for card in cards:
        first.setdefault(card.architecture, card.name)
    return list(first.values())


def run(cards: Sequence[ModelCard], threads: int) -> Benchmark:
    """Measure with a progress bar."""
    bar = st.progress(0.0, "Compiling the models…")

    def progress(done: int, total: int) -> None:
        bar.progress(done / total, "Measuring…")

    benchmark = measure(cards, spoken_wav(), threads, ROUNDS, progress=progress, zoo=zoo.ZOO)
    bar.empty()
    return benchmark


def show(benchmark: Benchmark, results: Sequence[Result]) -> None:
    """The machine, the charts and the table.

    Args:
        results: of the cards; those on the same unseen actors are set against the times.
    """
    machine = benchmark.machine
    memory = "" if benchmark.rss_mb is None else f" All models compiled: {benchmark.rss_mb:.0f} MB."
    st.markdown(
        f"**{machine.cpu}**, {machine.cores} cores, {machine.threads} "
        f"thread{'s' * (machine.threads > 1)}, OpenVINO {machine.versions['openvino']}."
        f"{memory}"
    )
    rows = [row for row in benchmark.rows if row.runtime == OPENVINO]
    times: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        times.setdefault((row.model, row.precision), {})[row.stage] = row.median_ms
    spoken = ", ".join(
        f"{model} {precision} {stages['path']:.1f} ms"
        for (model, precision), stages in times.items()
    )
    published = published_run()
    show_chart(
        stage_bars(rows, published.path_2020_ms),
        "stages",
        f"Bar chart of the time per stage. End to end: {spoken}.",
    )
    st.caption(
        f"The 2020 pipeline needs PyTorch, so its bar is from the last published run: "
        f"{published.machine.cpu}, {published.machine.threads} thread"
        f"{'s' * (published.machine.threads > 1)}, where it took "
        f"{published.ratios['path_2020_over_small_int8']:.0f} times as long as the small model in "
        "INT8."
    )
    measured = {key: stages["path"] for key, stages in times.items()}
    show_scatter([r for r in comparable(results) if (r.card.name, r.precision) in times], measured)
    table = [
        {"model": model, "precision": precision}
        | {title: round(stages[stage], 2) for stage, title in _COLUMNS.items()}
        for (model, precision), stages in times.items()
    ]
    st.dataframe(table, hide_index=True, key="benchmark table", alt="Table of the times")
    csv_button("Table (CSV)", table, "benchmark", "benchmark")
