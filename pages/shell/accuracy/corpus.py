"""What RAVDESS holds, by emotion, channel and actor."""

from __future__ import annotations

import streamlit as st

from pages.shell.accuracy import tables
from pages.shell.chart import show_chart, show_table_twin
from pages.shell.choice import choose_one
from ser_core.charts.accuracy import clips_heat_map
from ser_core.corpora.overview import ravdess_counts
from ser_core.models.labels import EMOTIONS


def show_corpus() -> None:
    """How many clips there are in each cell of the corpus."""
    cells = ravdess_counts()
    channel = choose_one("Channel", ["speech", "song"], key="channel of the corpus")
    shown = [cell for cell in cells if cell.channel == channel]
    labels = [label for label in EMOTIONS if any(cell.label == label for cell in shown)]
    totals = {label: sum(c.clips for c in shown if c.label == label) for label in labels}
    n = sum(totals.values())
    actors = {cell.speaker for cell in shown}
    missing = sorted({cell.speaker for cell in cells} - actors)
    st.markdown(
        f"{n} clips, {'spoken' if channel == 'speech' else 'sung'} by {len(actors)} professional "
        "North American actors, women and men; two sentences, two takes of each. Neutral has no "
        "strong intensity, so it has half as many clips."
        + (f" Actor {', '.join(missing)} did not sing." if missing else "")
        + (" Disgust and surprise were not sung." if len(labels) < len(EMOTIONS) else "")
    )
    show_chart(
        clips_heat_map({(c.label, c.speaker): c.clips for c in shown}, labels),
        "corpus",
        "Clips per emotion and actor. Totals: "
        + ", ".join(f"{label} {total}" for label, total in totals.items()),
    )
    show_table_twin(tables.clips(shown, labels), f"ravdess-{channel}", "corpus")
