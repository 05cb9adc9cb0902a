"""Models, window and smoothing of the live recognition; they can be changed while it runs."""

from __future__ import annotations

import streamlit as st

from pages.shell.live.session import LiveSession, live_session
from pages.shell.models import cards, choose_model, compiled, show_new_voices
from ser_core.live.windows import MAX_WINDOW_S, MIN_WINDOW_S
from ser_core.models.recognizer import Recognizer

MAX_OTHERS = 2


# In a fragment: the stream goes on, and the rest of the page stays as it is.
@st.fragment
def choose_settings() -> LiveSession:
    """Widgets whose values hold from the next quarter of a second on."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = choose_model("live")
        others = {
            _name(card.title, precision): (card, precision)
            for card in cards()
            for precision in card.precisions
            if (first.card, first.precision) != (card, precision)
        }
        more = st.popover("More", icon=":material/tune:")
    session = live_session(_title(first), first)
    with more:
        chosen = st.multiselect(
            "Run further models at the same time",
            list(others),
            max_selections=MAX_OTHERS,
            key="further models",
            persist_state="session",
            placeholder="None",
        )
        window_s = st.slider(
            "Window length (s)",
            MIN_WINDOW_S,
            MAX_WINDOW_S,
            3.0,
            0.5,
            key="live window",
            persist_state="session",
            help="How much sound is classified at a time. Short windows react faster; long ones "
            "are right more often.",
        )
        smoothing_s = st.slider(
            "Smoothing (s)",
            0.0,
            3.0,
            0.5,
            0.25,
            key="live smoothing",
            persist_state="session",
            help="Averages each probability over about this time. The CSV is not smoothed.",
        )
        filters = st.toggle(
            "Let the browser clean up the sound",
            key="browser filters",
            persist_state="session",
            disabled=session.connecting_since is not None,
            help="Echo cancellation, noise suppression and automatic gain control, made for calls. "
            "They change the voice before the model hears it. Set this before you press START.",
        )
        adapt = _choose_adapting()
        show_new_voices(first)
    another = session.first is not first
    session.ask({_title(first): first, **{name: compiled(*others[name]) for name in chosen}}, adapt)
    session.stream.window_s = window_s
    session.smoothing_s = smoothing_s
    if filters != session.browser_filters or another:
        session.browser_filters = filters
        st.rerun()  # microphone and teaching are drawn elsewhere
    return session


def _choose_adapting() -> bool:
    return st.toggle(
        "Get to know my voice while I speak",
        key="adapt while speaking",
        persist_state="session",
        help="Centers the answers on what is usual for the voice, bit by bit. It assumes that "
        "one person speaks, in several moods. A voice that you have taught below counts "
        "instead.",
    )


def _title(recognizer: Recognizer) -> str:
    title = recognizer.card.title if recognizer.card else recognizer.path.stem
    return _name(title, recognizer.precision)


def _name(title: str, precision: str) -> str:
    return f"{title}, {precision}"
