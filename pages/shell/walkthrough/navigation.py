"""Which step is shown: by a click, a key or the address; the controls above it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shell import presenting, take_home
from pages.shell.analysis import analyze
from pages.shell.models import cards, compiled
from pages.shell.voices import choose_voice, choose_way_in
from pages.shell.walkthrough import presenter
from pages.shell.walkthrough.lesson import Lesson
from pages.shell.walkthrough.steps import STEPS
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.recognizer import Recognizer

_BACK, _NEXT = "previous-step", "next-step"
_CLICKED, _ADDRESS = "step was clicked", "step in the address"


def current_step() -> int:
    """The requested step, from 1: by the last click, or by the address (`?step=3`)."""
    state = st.session_state
    clicked = state.pop(_CLICKED, False)
    # Streamlit forgets a button when its page is left; a return without an address is no request.
    stays = _BACK in state
    address = st.query_params.get("step", "1" if stays else None)
    if "step" not in state or (address not in (None, state.get(_ADDRESS)) and not clicked):
        # A link, or the browser's Back: the address is newer than the last click.
        requested = address or "1"
        valid = requested.isdecimal() and 1 <= int(requested) <= len(STEPS)
        state["step"] = int(requested) if valid else 1
    state[_ADDRESS] = str(state["step"])
    if st.query_params.get("step", "1") != state[_ADDRESS]:
        st.query_params["step"] = state[_ADDRESS]
    return state["step"]


def navigate(
    number: int, presents: bool, show_teaching: Callable[[Recognizer, Spectrogram | None], None]
) -> Lesson:
    """Back, next, the number of every step, and the voice of the lecture.

    Args:
        presents: whether presenter mode is on.
        show_teaching: as in `Lesson`.
    """
    route = presenter.steps_of_route() if presents else range(1, len(STEPS) + 1)
    previous = max((n for n in route if n < number), default=None)
    following = min((n for n in route if n > number), default=None)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key="walkthrough-controls"
    ):
        st.button(
            "Back",
            on_click=_go,
            args=(previous,),
            icon=":material/arrow_back:",
            disabled=previous is None,
            shortcut="PageUp",
            key=_BACK,
        )
        st.segmented_control(
            "Step",
            range(1, len(STEPS) + 1),
            required=True,
            key="step",
            persist_state="session",
            on_change=_click,
            label_visibility="collapsed",
            wrap=True,
        )
        if following:
            st.button(
                "Next",
                on_click=_go,
                args=(following,),
                icon=":material/arrow_forward:",
                type="primary",
                shortcut="PageDown",
                key=_NEXT,
            )
        else:
            take_home.show_button("Save")  # as short as Next, or the row breaks
        with st.popover("Voice", icon=":material/graphic_eq:"):
            st.caption("The whole lecture uses this voice. It stays in this session's memory.")
            voice = choose_voice(choose_way_in())
            st.caption("Page Down and Page Up change the step; a presenter remote works, too.")
        if presents:
            presenter.show_switches(number)
        presenting.switch(presents)
    main = cards()[0]
    recognizer = compiled(main, main.precisions[0])
    return Lesson(recognizer, analyze(voice) if voice else None, show_teaching)


def _go(number: int) -> None:
    st.session_state.step = number
    _click()


def _click() -> None:
    # The address that came with a click may be older than the click before it.
    st.session_state[_CLICKED] = True
