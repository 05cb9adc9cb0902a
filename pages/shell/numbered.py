"""Voices by number, where nothing about them may be seen yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

Voice = TypeVar("Voice")


def choose_by_number(voices: Sequence[Voice], key: str, order: str = "") -> Voice:
    """The next voice by a button, from the first to the last and around again.

    Args:
        voices: at least one.
        order: in what order they come, in words.
    """
    number = st.session_state.get(key, 0) % len(voices)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Voice {number + 1} of {len(voices)}**{order}", width="content")
        st.button("Next voice", on_click=_go_on, args=(key,), key=f"next {key}")
    return voices[number]


def _go_on(key: str) -> None:
    st.session_state[key] = st.session_state.get(key, 0) + 1
