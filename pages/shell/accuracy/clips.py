"""The clips behind a cell of the confusion matrix, to hear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from pages.shell.player import show_compact_player
from pages.shell.recordings import recording
from ser_core.evaluation.answers import Answer
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.results import Result
from ser_core.models.labels import emotion_name


@st.fragment
def show_clips(result: Result, answers: Sequence[Answer]) -> None:
    """Widgets for a cell and a clip of it, and the clip under a playhead."""
    st.subheader("Hear the clips", anchor=False)
    answers = [a for a in answers if a.predicted and result.channel in ("all", a.channel)]
    cells = Counter((a.actual, a.predicted) for a in answers)
    if not cells:
        return
    # First what it gets wrong most often.
    order = sorted(cells, key=lambda cell: (cell[0] == cell[1], -cells[cell]))
    name = f"{result.card.name} {result.test} {result.precision} {result.channel}"
    left, right = st.columns(2, gap="medium")
    with left:
        cell = st.selectbox(
            "Clips that are",
            order,
            format_func=lambda cell: (
                f"{emotion_name(cell[0])}, predicted {emotion_name(cell[1])} ({cells[cell]})"
            ),
            key=f"cell of {name}",
            persist_state="session",
        )
    place = result.card.labels.index(cell[1])
    inside = {a.file: a for a in answers if (a.actual, a.predicted) == cell}
    files = sorted(inside, key=lambda file: -inside[file].probabilities[place])
    with right:
        file = st.selectbox(
            "Clip, the most confident answer first",
            files,
            format_func=lambda file: _title(inside[file], inside[file].probabilities[place]),
            key=f"clip of {name}",
        )
    clip = recording(inside[file].corpus, file)
    if clip is None:
        st.info(
            f"The recording of {file} is not on this server. To hear it, put the corpus into "
            "`data/`; `python -m ser_core download` fetches RAVDESS."
        )
        return
    show_compact_player(clip, "clip of a cell", f"The clip {file}")


def _title(answer: Answer, share: float) -> str:
    details = [f"Actor {answer.speaker}" if answer.speaker else answer.file]
    if answer.intensity:
        details.append(answer.intensity)
    if answer.statement:
        details.append(f"sentence {answer.statement.lstrip('0')}")
    return f"{', '.join(details)} · {percent(share)} · {answer.file}"
