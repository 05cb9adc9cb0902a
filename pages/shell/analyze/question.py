"""Your guess first: a voice, eight emotions, and then what the model and the actor say.

Guesses live in the session, by the SHA-256 of the voice, so a voice is asked about once.
"""

from __future__ import annotations

import streamlit as st

from pages.shell.analysis import Analysis
from pages.shell.analyze.beginning import skip_to_the_analysis
from pages.shell.analyze.result import show_player
from pages.shell.html import show_html
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.opinions import Opinion
from ser_core.features.source import Source
from ser_core.models.labels import EMOTIONS, emotion_name


def guess_of(voice: Source) -> str:
    """The emotion that the visitor guessed; empty before the guess."""
    return _guesses().get(voice.sha256, "")


def ask(analysis: Analysis) -> None:
    """The voice to hear, a button per emotion, and the way around the question."""
    st.header("Which emotion is it?", anchor=False)
    st.markdown("An actor plays it. Press play, then choose.")
    with st.container(key="question"):
        show_player(analysis, hidden=True)
        with st.container(key="guesses"):
            for label in EMOTIONS:
                st.button(
                    emotion_name(label),
                    key=f"guess {label}",
                    on_click=_keep,
                    args=(analysis.source.sha256, label),
                    width="stretch",
                )
    st.button(
        "Skip the question: show the analysis",
        type="tertiary",
        on_click=skip_to_the_analysis,
        key="skip",
    )


def show_reveal(voice: Source, opinion: Opinion) -> None:
    """Guess, answer and truth side by side, and the way to one's own voice."""
    guess, prediction = guess_of(voice), opinion.prediction
    answer = prediction.label or ""
    share = f"probability {percent(prediction.probabilities[answer])}" if answer else "no answer"
    columns = [
        ("You", guess, "", guess == voice.actual),
        ("Model", answer, share, opinion.right(voice.actual) or False),
        ("Actor", voice.actual, "", None),
    ]
    show_html("round.html", columns=columns)
    st.button(
        "Now my voice",
        type="primary",
        icon=":material/mic:",
        on_click=_to_the_microphone,
        key="my voice",
    )


def _guesses() -> dict[str, str]:
    return st.session_state.setdefault("guesses", {})


def _keep(voice: str, label: str) -> None:
    _guesses()[voice] = label


def _to_the_microphone() -> None:
    st.session_state["source"] = "Microphone"
