"""Step 11, same sentence, many moods: one's own takes beside an actor's, and who is understood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.shell.chart import show_chart
from pages.shell.choice import choose_one
from pages.shell.confusion import show_confusion_chart
from pages.shell.microphone_access import HTTPS, secure
from pages.shell.player import show_compact_player
from pages.shell.samples import real_voices, sample_bytes
from pages.shell.walkthrough.lesson import Lesson, Rows
from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.charts.walkthrough.moods import mood_rows
from ser_core.corpora.utterance import Utterance
from ser_core.models.labels import emotion_name
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.walkthrough.moods import (
    ENOUGH_TAKES,
    MAX_TAKES,
    PROMPTED,
    SENTENCES,
    MoodTake,
    confusion,
    latest,
)

_TAKES, _CONFUSION = "Takes", "Confusion matrix"
_LOWEST_ROWS = 640  # pixels: less, and the titles of the rows lie on the rows above
_MOOD, _REFUSAL, _ROUND = "mood to say", "take was refused", "round of moods"


def show_moods(lesson: Lesson) -> Rows:
    """A mood to say the sentence in; the takes in rows beside an actor's, or as a matrix."""
    takes: list[MoodTake] = st.session_state.setdefault("moods", [])
    controls, figure = st.columns([1, 3], gap="medium")
    with controls:
        _record(takes, lesson)
        view = _TAKES
        if len(takes) >= ENOUGH_TAKES:
            view = choose_one("View of the takes", (_TAKES, _CONFUSION), key="view of moods")
        _show_progress(takes)
    with figure:
        if view == _CONFUSION:
            show_confusion_chart(
                confusion(takes, lesson.labels), lesson.labels, True, "confusion of moods"
            )
        else:
            _show_rows(takes, lesson)
    return _rows(takes)


def played_by_class() -> str:
    """How many takes of the class were predicted as played; empty without a take."""
    takes: list[MoodTake] = st.session_state.get("moods", [])
    if not takes:
        return ""
    return (
        f"Takes of the class that were predicted as played: {_understood(takes)} of {len(takes)}."
    )


def _understood(takes: Sequence[MoodTake]) -> int:
    return sum(take.predicted == take.mood for take in takes)


def _record(takes: list[MoodTake], lesson: Lesson) -> None:
    mood = st.pills(
        f"Say “{SENTENCES[PROMPTED]}”",
        lesson.labels,
        default=lesson.labels[0],
        required=True,
        format_func=emotion_name,
        key=_MOOD,
        wrap=True,
        persist_state="session",
    )
    if not secure(st.context.url):
        st.error(HTTPS)
        return
    widget = f"take of a mood {st.session_state.get(_ROUND, 0)}"
    st.audio_input(
        f"Who plays {mood}?",
        key=widget,
        on_change=_add,
        args=(takes, widget, lesson.recognizer),
    )
    if refusal := st.session_state.get(_REFUSAL):
        st.error(refusal)


def _add(takes: list[MoodTake], widget: str, recognizer: Recognizer) -> None:
    state = st.session_state
    state[_REFUSAL] = ""
    state[_ROUND] = state.get(_ROUND, 0) + 1  # an empty recorder for the next take
    if state[widget] is None:
        return
    try:
        if len(takes) >= MAX_TAKES:
            raise AudioError(f"{MAX_TAKES} takes are enough. Forget them to begin again.")
        clip = Clip.from_bytes(state[widget].getvalue())
        takes.append(MoodTake.of(clip, state[_MOOD], recognizer))
    except (AudioError, ModelError) as error:
        state[_REFUSAL] = str(error)
        return
    labels = recognizer.signature.labels
    state[_MOOD] = labels[(labels.index(state[_MOOD]) + 1) % len(labels)]


def _show_progress(takes: list[MoodTake]) -> None:
    if not takes:
        st.caption(
            f"Play the mood; nobody has to feel it. {ENOUGH_TAKES} takes give a confusion matrix. "
            "They stay in this session's memory."
        )
        return
    st.metric("Predicted as played", f"{_understood(takes)} of {len(takes)}")
    if len(takes) < ENOUGH_TAKES:
        st.caption(f"{ENOUGH_TAKES - len(takes)} more give a confusion matrix.")
    last = takes[-1]
    show_compact_player(last.clip, "last take", f"The last take, {last.mood}")
    if st.button("Forget the takes", icon=":material/delete:"):
        takes.clear()
        st.rerun()


def _show_rows(takes: list[MoodTake], lesson: Lesson) -> None:
    own, actors = latest(takes), _actors(lesson.recognizer)
    # Before the first take, half of the figure would be empty.
    columns = {"you": own, "actor": actors} if own else {"actor": actors}
    show_chart(
        mood_rows(lesson.labels, columns, "not said yet"),
        key="moods",
        lowest=_LOWEST_ROWS,
        alt="Pitch and level of each mood, your take beside an actor's. "
        + " ".join(f"Played {t.mood}, predicted {t.predicted}." for t in own.values()),
    )
    st.caption(
        "Line: pitch, in semitones around the speaker's own median. Gray: level. Both begin at the "
        "first sound. The actors say this sentence or “Kids are talking by the door”."
    )


def _rows(takes: list[MoodTake]) -> Rows:
    return [
        {
            "take": number,
            "played": take.mood,
            "predicted": take.predicted,
            "probability": round(take.share, 4),
            "median_pitch_hz": round(take.median_hz) if take.median_hz else None,
            "duration_s": round(float(np.ptp(take.times_s)), 2),
        }
        for number, take in enumerate(takes, start=1)
    ]


def _actors(recognizer: Recognizer) -> dict[str, MoodTake]:
    return _played_by_actors(str(recognizer.path), recognizer.path.stat().st_mtime, recognizer)


@st.cache_resource(max_entries=2, show_spinner="Listening to the actors…")
def _played_by_actors(path: str, changed: float, _recognizer: Recognizer) -> dict[str, MoodTake]:
    """A sample voice of each mood that the model knows, the prompted sentence if there is one."""
    played = {}
    for mood in _recognizer.signature.labels:
        if voice := _version(mood, real_voices("ravdess")):
            played[mood] = MoodTake.of(Clip.from_bytes(sample_bytes(voice)), mood, _recognizer)
    return played


def _version(mood: str, voices: Sequence[Utterance]) -> Utterance | None:
    fitting = [voice for voice in voices if voice.label == mood]
    return min(fitting, key=lambda v: (v.statement != PROMPTED, v.speaker), default=None)
