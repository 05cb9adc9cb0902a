"""A session to take home as one HTML file: votes, questions and pictures; no sound, no script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from ser_core.charts.accuracy import OTHER_COLOR, OWN_COLOR, Bar
from ser_core.reports.document import document
from ser_core.reports.html import render
from ser_core.voting.outcome import Outcome


class Judged(NamedTuple):
    """A voice that the room has judged, and how it looks."""

    outcome: Outcome
    drawing: Markup


class Kept(NamedTuple):
    """What is kept of a step of the lecture.

    Attributes:
        said: by the class, as a sentence; empty where it was not asked.
        picture: what was on the screen; empty where it has no form without a script.
    """

    said: str = ""
    picture: Markup = Markup()


class SeenStep(NamedTuple):
    """A step of the lecture that the class has seen; `*words*` are emphasized."""

    title: str
    question: str
    answer: str
    kept: Kept = Kept()


def session_report(votes: Sequence[Judged], steps: Sequence[SeenStep], made: datetime) -> str:
    """The report as the text of an HTML file.

    Args:
        votes: in the order in which the room judged.
        steps: in the order of the lecture.
        made: when.
    """
    outcomes = [judged.outcome for judged in votes]
    return document(
        "session.html",
        "A session with SER Lab",
        votes=votes,
        tables=[votes_table(outcome) for outcome in outcomes],
        scores=_scores(outcomes),
        steps=steps,
        made=made,
    )


def votes_table(outcome: Outcome) -> Markup:
    """How many people chose each label, before and after a discussion where there was one."""
    return render("votes.html", outcome=outcome)


def share_list(bars: Sequence[Bar], of: str) -> Markup:
    """Bars as `charts.accuracy.share_bars` has them, without a script.

    Args:
        of: what they are shares of, for those who do not see them.
    """
    return render("bars.html", bars=bars, of=of, ours=OWN_COLOR, others=OTHER_COLOR)


def _scores(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """How often the room and each model were right, of the voices whose emotion is known."""
    known = [outcome for outcome in outcomes if outcome.actual]
    if not known:
        return {}
    scores = {"The room": f"{sum(bool(o.room_right) for o in known)} of {len(known)}"}
    for name in dict.fromkeys(name for outcome in known for name in outcome.models):
        results = [outcome.right[name] for outcome in known if name in outcome.right]
        scores[name] = f"{sum(map(bool, results))} of {len(results)}"
    return scores
