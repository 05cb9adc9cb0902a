"""What a model gains by getting to know a speaker, from the cards."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell.chart import show_chart, show_table_twin
from ser_core.charts.adaptation import gain_curves
from ser_core.models.card import Adaptation, ModelCard
from ser_core.reports.csv_table import TableRow


@st.fragment
def show_adaptation(cards: Sequence[ModelCard]) -> None:
    """Curves for one model; the page lets choose which."""
    measured = {card.name: card for card in cards if card.adaptation}
    if not measured:
        st.info("No model has been measured on this yet: `python -m tools.measure`.")
        return
    name = st.selectbox(
        "Model", list(measured), format_func=lambda name: measured[name].title, key="adapted model"
    )
    entries = _of_the_recipe(measured[name].adaptation)
    curves = {
        title: curve
        for title, curve in (
            ("Without labels", _curve(entries, "any", "actors-5fold")),
            ("With labels, on another sentence", _curve(entries, "labelled", "actors-5fold")),
            ("Without labels, EMO-DB", _curve(entries, "any", "cross-corpus")),
        )
        if curve
    }
    best = {title: max(curve, key=lambda entry: entry.gain) for title, curve in curves.items()}
    summary = "; ".join(f"{title}: {100 * e.gain:+.1f} with {e.k}" for title, e in best.items())
    show_chart(gain_curves(curves), "adaptation", f"Points of UAR gained. {summary}.")
    st.caption(
        "The model learns from some recordings of each test speaker and is tested on the "
        "speaker's others; mean of 20 draws, with what 95 % of them lie within. The recordings "
        "must cover several moods: see the model's README for takes of a single mood, and for "
        "several speakers taken for one."
    )
    rows: list[TableRow] = [
        {
            "tested": entry.protocol,
            "of": entry.of,
            "learned from": entry.draw,
            "recordings": entry.k,
            "UAR": entry.uar,
            "gain": entry.gain,
            "gain, low": entry.interval[0],
            "gain, high": entry.interval[1],
            "clips": entry.n,
        }
        for entry in measured[name].adaptation
    ]
    show_table_twin(rows, "adaptation", "adaptation")


def _of_the_recipe(entries: Sequence[Adaptation]) -> list[Adaptation]:
    """Of each draw and corpus the mean over folds, where it was measured, else the file's."""
    of_recipe = {(e.protocol, e.draw) for e in entries if e.of == "recipe"}
    return [e for e in entries if e.of == "recipe" or (e.protocol, e.draw) not in of_recipe]


def _curve(entries: Sequence[Adaptation], draw: str, protocol: str) -> list[Adaptation]:
    chosen = [e for e in entries if (e.draw, e.protocol) == (draw, protocol)]
    return sorted(chosen, key=lambda entry: entry.k)
