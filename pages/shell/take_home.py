"""What a lecturer takes home of this session: votes, questions and pictures, as one HTML file."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from ser_core.reports.session_report import Judged, SeenStep, session_report


def judged_voices() -> dict[str, Judged]:
    """The voices that the room has judged, by the SHA-256 of each."""
    return st.session_state.setdefault("judged voices", {})


def seen_steps() -> dict[int, SeenStep]:
    """The steps of the lecture that were on the screen, by their number."""
    return st.session_state.setdefault("seen steps", {})


def show_button(label: str = "Take it home") -> None:
    """Saves what there is when it is pressed."""
    # The file is written on another thread, where there is no session.
    judged, steps = judged_voices(), seen_steps()
    st.download_button(
        label,
        lambda: session_report(
            list(judged.values()), [steps[n] for n in sorted(steps)], datetime.now().astimezone()
        ),
        file_name="session.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
        key="take it home",
        help="Votes, questions, answers and pictures of this session as one HTML file, without any "
        "voice.",
    )
