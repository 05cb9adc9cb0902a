"""Step 8, the knobs: a voice higher, faster, louder, noisier, and where the answer flips."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.shell.chart import show_chart
from pages.shell.html import show_html
from pages.shell.player import show_compact_player
from pages.shell.walkthrough.lesson import Lesson, Rows
from ser_core.audio.clip import Clip
from ser_core.charts.walkthrough.inside_network import answers
from ser_core.charts.walkthrough.knobs import sweeps
from ser_core.evaluation.metrics import percent
from ser_core.models.labels import emotion_name
from ser_core.reports.csv_table import TableRow
from ser_core.walkthrough.knobs import KNOBS, NO_NOISE_DB, Position, answer, flips, sweep

_LOWEST = 310  # pixels of a figure on a projector, or its names lie on each other
_PAUSE_S = 0.3  # between two sweeps: the sliders get their turn


def show_knobs(lesson: Lesson) -> None:
    """Sliders, the answer with and without them, and a sweep of each knob, one per run."""
    _ = lesson.prediction  # raises where the voice has no answer that could flip
    unfinished = len(_sweeps(lesson)) < len(KNOBS)
    st.fragment(_show, run_every=_PAUSE_S if unfinished else None)(lesson)


def _show(lesson: Lesson) -> None:
    controls, swept, answer_column = st.columns([3, 5, 4], gap="medium")
    with controls:
        position = _turn()
    plain, now = (_answer(lesson, where) for where in (Position(), position))
    done, labels = _sweeps(lesson), lesson.labels
    words = _flips(done, labels) + _telephone(lesson, plain)
    with swept:
        show_html("legend.html", labels=labels)
        show_chart(
            sweeps(done, labels, position),
            key="sweeps",
            alt="Probabilities of all emotions as each knob turns alone. " + words,
            lowest=_LOWEST,
        )
    with answer_column:
        st.markdown(_verdict(labels, plain, now))
        show_chart(
            answers({"as recorded": plain.tolist(), "turned": now.tolist()}, labels, 300),
            key="turned answer",
            alt=f"Probabilities as recorded and with the knobs turned: now "
            f"{labels[int(now.argmax())]} {percent(now.max())}.",
            lowest=_LOWEST,
        )
        turned = Clip(position(lesson.waveform))
        show_compact_player(turned, "turned voice", "The voice with the knobs turned")
    st.caption(
        "Each knob alone, the others at rest. A line between two symbols: the answer flips here. "
        "Dotted: your knob. " + words
    )
    missing = next((knob for knob in KNOBS if knob.name not in done), None)
    if missing:
        with swept, st.spinner(f"Turning: {missing.title.lower()}…"):
            _sweeps(lesson)[missing.name] = sweep(lesson.recognizer, lesson.waveform, missing)
        if len(_sweeps(lesson)) == len(KNOBS):
            st.rerun()  # with the table of all sweeps, and no more runs of the fragment


def rows(lesson: Lesson) -> Rows:
    """The sweeps that are done, as a table."""
    table: list[TableRow] = []
    for knob in KNOBS:
        shares = _sweeps(lesson).get(knob.name)
        for value, column in zip(knob.values, () if shares is None else shares.T, strict=False):
            named = zip(lesson.labels, column.round(4).tolist(), strict=True)
            table.append({"knob": knob.name, "value": value, **dict(named)})
    return table


def _turn() -> Position:
    return Position(
        pitch=st.slider("Pitch (semitones)", -8.0, 8.0, 0.0, 0.5, "%+g", key="knob pitch"),
        tempo=st.slider("Tempo (× as recorded)", 0.6, 1.6, 1.0, 0.05, "%g", key="knob tempo"),
        level=st.slider(
            "Level (dB)",
            -40.0,
            30.0,
            0.0,
            5.0,
            "%+g",
            key="knob level",
            help="The model takes the level out; only what exceeds full scale, and is cut off, "
            "can change the answer.",
        ),
        noise=st.slider(
            "Noise (dB relative to the voice)",
            NO_NOISE_DB,
            0.0,
            NO_NOISE_DB,
            5.0,
            "%g",
            key="knob noise",
            help="White noise; at the left end, none.",
        ),
        telephone=st.toggle("Telephone", key="knob telephone", help="300 to 3400 Hz only."),
    )


def _verdict(labels: tuple[str, ...], plain: np.ndarray, now: np.ndarray) -> str:
    was, is_ = (emotion_name(labels[int(shares.argmax())]) for shares in (plain, now))
    share = percent(now.max())
    if was == is_:
        return f"Still **{is_}**, {share}."
    return f"**The answer flipped: {was} → {is_}**, {share}."


def _flips(done: dict[str, np.ndarray], labels: tuple[str, ...]) -> str:
    """Where each knob flips the answer, in words."""
    sentences = []
    for knob in KNOBS:
        if knob.name not in done:
            continue
        places = [
            f"{flip.before} to {flip.after} at {flip.value:.1f}".replace("-", "\N{MINUS SIGN}")
            for flip in flips(knob, done[knob.name], labels)
        ]
        sentences.append(f"{knob.title}: {', '.join(places) if places else 'no flip'}.")
    return " ".join(sentences)


def _telephone(lesson: Lesson, plain: np.ndarray) -> str:
    there = int(_answer(lesson, Position(telephone=True)).argmax())
    here = int(plain.argmax())
    if there == here:
        return " Telephone: no flip."
    return f" Telephone: {lesson.labels[here]} to {lesson.labels[there]}."


@st.cache_data(scope="session", max_entries=50, show_spinner=False)
def _answered(waveform: np.ndarray, model: str, position: Position, _lesson: Lesson) -> np.ndarray:
    return answer(_lesson.recognizer, waveform, position)


def _answer(lesson: Lesson, position: Position) -> np.ndarray:
    return _answered(lesson.waveform, str(lesson.recognizer.path), position, lesson)


# Kept by the voice's samples: the sweeps of one voice take a few seconds.
def _sweeps(lesson: Lesson) -> dict[str, np.ndarray]:
    key = (lesson.waveform.tobytes(), str(lesson.recognizer.path))
    if st.session_state.get("sweeps of") != key:
        st.session_state["sweeps of"] = key
        st.session_state["sweeps"] = {}
    return st.session_state["sweeps"]
