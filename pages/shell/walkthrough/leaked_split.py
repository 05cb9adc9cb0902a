"""Step 10, the split cheated by hand: the class predicts, then the score climbs."""

from __future__ import annotations

import streamlit as st

from pages.shell.chart import show_chart
from pages.shell.walkthrough.lesson import NotShownError, Rows
from ser_core.charts.walkthrough.leaked_split import actor_grid, climbing_score
from ser_core.evaluation.leaked_split import (
    LEAKED_SPLIT,
    LeakedFigure,
    LeakedSplitError,
    leaked_figures,
    roles,
)
from ser_core.evaluation.metrics import percent

_PREDICTED = "class has predicted"
_ENDS = {0.0: "all voices new", 1.0: "all voices known"}


def is_measured() -> bool:
    """Whether there are figures to show, or a damaged file to tell of."""
    try:
        return bool(leaked_figures(LEAKED_SPLIT))
    except LeakedSplitError:
        return True


def show_leaked_split() -> Rows:
    """The prediction of the class, then a slider from all voices new to all voices known."""
    try:
        figures = leaked_figures(LEAKED_SPLIT)
    except LeakedSplitError as error:
        raise NotShownError(str(error)) from error
    prediction = st.session_state.get(_PREDICTED)
    controls, score, grid = st.columns([2, 3, 3], gap="medium")
    with controls:
        shown = _predict(figures) if prediction is None else _cheat(figures, prediction)
    now = figures[shown - 1]
    with score:
        show_chart(
            climbing_score(figures, shown, prediction),
            key="cheated score",
            alt="UAR by share of known test voices: "
            + ", ".join(f"{percent(f.share_known)}: {percent(f.uar)}" for f in figures[:shown]),
        )
    with grid:
        of_actors = roles(now.share_known)
        leaking = [actor for actor, role in of_actors.items() if role == "known"]
        show_chart(
            actor_grid(of_actors),
            key="grid of actors",
            alt="The 24 actors; in training and in the test: " + (", ".join(leaking) or "nobody"),
        )
    st.caption(
        f"The small network, trained five times, briefly and with one seed each; always the same "
        f"{now.n_clips} test clips and as many training clips. Lines: 95 % intervals. Measured by "
        "`python -m tools.known_voices`."
    )
    return [_row(figure) for figure in figures[:shown]]


def predicted_by_class() -> str:
    """What the class predicted, and what it is; empty before the prediction."""
    prediction = st.session_state.get(_PREDICTED)
    if prediction is None:
        return ""
    known = percent(leaked_figures(LEAKED_SPLIT)[-1].uar)
    return (
        f"With all voices known, the class predicted a UAR of {percent(prediction)}; it is {known}."
    )


def _predict(figures: tuple[LeakedFigure, ...]) -> int:
    """Ask the class first; the figure of new voices is all that is seen."""
    first = figures[0]
    st.markdown(
        f"On new voices, **{percent(first.uar)}** of the answers are right, averaged over the "
        "emotions (UAR). Now the network trains on other clips of these very people, too. "
        "**What does the class predict?**"
    )
    with st.form("prediction of the class", border=False):
        guess = st.slider(
            "UAR with all voices known", 0, 100, round(100 * first.uar), format="%d %%"
        )
        if st.form_submit_button("This is our prediction", type="primary"):
            st.session_state[_PREDICTED] = guess / 100
            st.rerun()
    return 1


def _cheat(figures: tuple[LeakedFigure, ...], prediction: float) -> int:
    positions = [figure.share_known for figure in figures]
    share = st.select_slider(
        "Test voices that are in training, too",
        positions,
        positions[0],
        format_func=lambda share: _ENDS.get(share, percent(share)),
        key="cheated share",
    )
    shown = positions.index(share) + 1
    now, gained = figures[shown - 1], figures[shown - 1].uar - figures[0].uar
    st.metric("UAR", percent(now.uar, 1), f"{100 * gained:+.1f} points" if shown > 1 else None)
    if shown == len(figures):
        st.markdown(
            f"The class said **{percent(prediction)}**. Nothing about the network got better: it "
            "was only asked about people it knows."
        )
    if st.button("Predict again", icon=":material/replay:"):
        del st.session_state[_PREDICTED]
        st.session_state.pop("cheated share", None)
        st.rerun()
    return shown


def _row(figure: LeakedFigure) -> dict[str, str | int | float | None]:
    return {
        "share_known": figure.share_known,
        "uar": figure.uar,
        "low": figure.low,
        "high": figure.high,
        "accuracy": figure.accuracy,
        "clips": figure.n_clips,
        "command": figure.command,
    }
