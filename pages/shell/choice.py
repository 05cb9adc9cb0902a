"""One of a few, in a row of buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T")


def choose_one(label: str, options: Sequence[T], key: str, **widget: Any) -> T:
    """Buttons of which one is always pressed: the first one to begin with; kept on other pages.

    Args:
        widget: as `st.segmented_control` takes them.
    """
    chosen: T | None = st.segmented_control(
        label,
        options,
        default=options[0],
        required=True,
        key=key,
        persist_state="session",
        **widget,
    )
    return options[0] if chosen is None else chosen
