"""How the page begins: with your guess, with a group's vote, or with the analysis at once."""

from __future__ import annotations

from typing import Literal, get_args

import streamlit as st

Beginning = Literal["guess", "vote", "analysis"]
_TITLES: dict[Beginning, str] = {
    "guess": "Your guess",
    "vote": "A vote",
    "analysis": "The analysis",
}


def choose_beginning() -> Beginning:
    """The switch; the session keeps the choice, and so does the address (`/?begin=analysis`)."""
    if "begin" not in st.session_state:
        wanted = st.query_params.get("begin")
        st.session_state["begin"] = wanted if wanted in get_args(Beginning) else "guess"
    chosen: Beginning | None = st.segmented_control(
        "Begin with",
        get_args(Beginning),
        format_func=_TITLES.__getitem__,
        required=True,
        wrap=True,
        key="begin",
        persist_state="session",
        help="Your guess: listen first, then see what the models say. A vote: every answer is "
        "hidden until a group has voted, and a tally is kept. The analysis: everything at once.",
    )
    beginning = chosen or "guess"
    if st.query_params.get("begin", "guess") != beginning:
        st.query_params["begin"] = beginning
    return beginning


def skip_to_the_analysis() -> None:
    """One click from the question to the analysis."""
    st.session_state["begin"] = "analysis"
