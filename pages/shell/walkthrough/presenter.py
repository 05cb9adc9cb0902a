"""Presenter mode of the walkthrough: a question and its answer at a key, notes, two routes."""

from __future__ import annotations

import streamlit as st

from pages.shell.choice import choose_one
from pages.shell.walkthrough.lesson import Lesson
from pages.shell.walkthrough.steps import STEPS, Step, show_figures

_ROUTES = (20, 45)  # minutes
_ROUTE = "route"
_SHOWN = {"question": "question is shown", "answer": "answer is shown", "notes": "notes are shown"}
_OF_STEP = "presented step"


def steps_of_route() -> list[int]:
    """Numbers of the steps that the chosen route shows."""
    return [number for number, step in enumerate(STEPS, start=1) if _minutes(step)]


def show_switches(number: int) -> None:
    """The buttons for question, answer and notes; each has a key."""
    state = st.session_state
    if state.get(_OF_STEP) != number:
        state[_OF_STEP] = number
        state[_SHOWN["question"]] = state[_SHOWN["answer"]] = False
    for name, icon in (("question", "help"), ("answer", "lightbulb"), ("notes", "notes")):
        st.button(
            name.capitalize(),
            icon=f":material/{icon}:",
            key=f"presenter-{name}",
            shortcut=name[0].upper(),
            on_click=_turn,
            args=(name,),
        )


def show_presented(step: Step, number: int, lesson: Lesson) -> None:
    """Text and figures; question, answer and notes where they have been asked for."""
    if _is_shown("question"):
        _show_asked(step)  # in place of the text, so that all of it fits the screen
    else:
        st.markdown(step.text)
    show_figures(step, number, lesson)
    _show_notes(step, number)


def _show_asked(step: Step) -> None:
    """The question for the class, and its answer where that has been asked for, too."""
    with st.container(border=True, key="asked"):
        st.markdown(f"**{step.question}**")
        if _is_shown("answer"):
            st.markdown(step.answer)


def _show_notes(step: Step, number: int) -> None:
    if not _is_shown("notes"):
        return
    with st.container(border=True, key="notes"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            choose_one(
                "Route",
                _ROUTES,
                key=_ROUTE,
                format_func=lambda minutes: f"{minutes} minutes",
                label_visibility="collapsed",
            )
            st.markdown(f"**{_clock(step, number)}** {_coming(number)}")
        st.markdown(step.notes)


def _turn(name: str) -> None:
    state = st.session_state
    turned = not _is_shown(name)
    state[_SHOWN[name]] = turned
    # No answer without its question, and none that waits behind the next question.
    if name == "answer" and turned:
        state[_SHOWN["question"]] = True
    if name == "question" and not turned:
        state[_SHOWN["answer"]] = False


def _is_shown(name: str) -> bool:
    return bool(st.session_state.get(_SHOWN[name]))


def _route() -> int:
    return st.session_state.get(_ROUTE, _ROUTES[0])


def _minutes(step: Step) -> int:
    return step.minutes.of_20 if _route() == _ROUTES[0] else step.minutes.of_45


def _clock(step: Step, number: int) -> str:
    minutes = _minutes(step)
    if not minutes:
        return f"Not on the {_route()}-minute route."
    start = sum(map(_minutes, STEPS[: number - 1]))
    return f"Minutes {start} to {start + minutes} of {_route()}."


def _coming(number: int) -> str:
    later = [n for n in steps_of_route() if n > number]
    if not later:
        return "This is the last step."
    return f"Next: {later[0]} · {STEPS[later[0] - 1].title}."
