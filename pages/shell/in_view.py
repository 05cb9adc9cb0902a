"""Sections that are built when somebody comes to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

_FRONTEND = Path(__file__).with_name("frontend")


@st.fragment
def show_in_view(key: str, height_px: int, show: Callable[[], None]) -> None:
    """Build a section once it is near the screen.

    Args:
        key: of the section, on the whole page.
        height_px: how high it will be, about; an empty place is until then.
        show: builds it.
    """
    seen = st.session_state.get(_key(key), {}).get("seen", False)
    # The height comes with the page, not with the component's script: an address with a section's
    # name leads there at once.
    with st.container(gap=None, border=False, height="content" if seen else height_px):
        if _notice(key, seen):
            with st.container():
                show()


def _key(key: str) -> str:
    return f"{key} in view"


def _notice(key: str, seen: bool) -> bool:
    """Whether somebody has been here, as the browser says."""
    place = _component(key=_key(key), data=seen, default={"seen": False}, on_seen_change=_nothing)
    return bool(place.seen)


def _nothing() -> None:
    """Streamlit keeps only states that have a callback."""


_component = st.components.v2.component(
    "ser_lab_in_view",
    html='<div class="place"></div>',
    css=".place { height: 1px; }",
    js=(_FRONTEND / "in_view.js").read_text(encoding="utf-8"),
)
