"""The option to let the model get to know each speaker of a batch."""

from __future__ import annotations

from copy import copy

import streamlit as st

from pages.shell.tables import ROW_HEIGHT, table_height
from ser_core.evaluation.batch import Batch
from ser_core.evaluation.by_speaker import adapted_rows, speakers
from ser_core.reports.csv_table import guarded

_MOST_ROWS = 8


def choose_adaptation(batch: Batch) -> Batch:
    """The batch as it is or, if chosen, as a model answers that knows the speakers."""
    n_recordings = speakers(batch.rows)
    if not any(n > 1 for n in n_recordings.values()):
        return batch
    if not st.toggle(
        f"Adapt to each speaker ({len(n_recordings)} named)",
        key="adapt to each speaker",
        help="Subtracts what is usual for a speaker from each answer. It assumes that the names "
        "tell speakers apart, and that each has recordings of several moods: where all sound "
        "alike, that mood becomes the middle. Labels are not used.",
    ):
        return batch
    adapted = copy(batch)
    adapted.rows = adapted_rows(batch.recognizer, batch.rows)
    changed = sum(a.label != b.label for a, b in zip(adapted.rows, batch.rows, strict=True))
    sentence = (
        "Everything below uses all recordings of a speaker together, so it is not the accuracy on "
        f"a new voice. {changed} of {len(batch.rows)} answers changed."
    )
    if known := sum(row.right is not None for row in batch.rows):
        before, after = (sum(row.right or False for row in b.rows) for b in (batch, adapted))
        sentence += f" Of {known} with a known emotion, {before} were right before, {after} after."
    st.info(sentence)
    st.dataframe(
        {
            "Speaker": [guarded(name) for name in n_recordings],
            "Recordings": [*n_recordings.values()],
        },
        hide_index=True,
        key="speakers",
        row_height=ROW_HEIGHT,
        height=table_height(min(len(n_recordings), _MOST_ROWS)),
        width="content",
        alt=f"{len(n_recordings)} speakers with the number of their recordings",
    )
    return adapted
