"""Presenter mode: for a projector; larger, without the menu, and charts as high as the screen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

LOWEST_CHART = 260  # pixels
CHART_SCALE = 1.4  # of the type in charts
_STYLE = Path(__file__).with_name("frontend") / "presenter.css"
_KEYS = Path(__file__).with_name("templates") / "presenter_keys.html"
_ON, _BUTTON, _CLICKED = "presenter mode", "present", "presenter mode was clicked"


def begin() -> bool:
    """Whether the mode is on, by the last click or by the address (`?present=1`).

    Call it at the top of a page that has the mode, before `switch`.
    """
    state = st.session_state
    clicked = state.pop(_CLICKED, False)
    # Streamlit forgets a button when its page is left: a return is like a first visit.
    stays = clicked or _BUTTON in state
    on = bool(state.get(_ON)) if stays else is_on()
    state[_ON] = on
    if on:
        st.query_params["present"] = "1"
        st.html(_STYLE)
    else:
        st.query_params.pop("present", None)
    st.html(_KEYS, unsafe_allow_javascript=True)
    return on


def switch(on: bool) -> None:
    """The button that turns the mode on or off; so does the key P."""
    st.button(
        "Leave" if on else "Present",
        icon=":material/fullscreen_exit:" if on else ":material/slideshow:",
        key=_BUTTON,
        shortcut="P",
        on_click=_turn,
        help="Presenter mode: larger, without the menu; questions, answers and notes at a key.",
    )


def is_on() -> bool:
    """Whether the page that is shown is in presenter mode."""
    return st.query_params.get("present") == "1"


def _turn() -> None:
    st.session_state[_ON] = not st.session_state.get(_ON)
    st.session_state[_CLICKED] = True
