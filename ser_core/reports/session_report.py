"""A session of votes as one HTML file: voices by name, votes, answers; no sound and no script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from ser_core.reports.html import render
from ser_core.reports.law import AI_ACT
from ser_core.reports.rows import versions
from ser_core.voting.outcome import Outcome


def session_report(outcomes: Sequence[Outcome], made: datetime) -> str:
    """The report as the text of an HTML file.

    Args:
        outcomes: in the order in which the room judged.
        made: when.
    """
    report = render(
        "session.html",
        outcomes=outcomes,
        tables=[votes_table(outcome) for outcome in outcomes],
        scores=_scores(outcomes),
        made=made,
        versions=versions(),
        ai_act=AI_ACT,
    )
    return str(report)


def votes_table(outcome: Outcome) -> Markup:
    """How many people chose each label, before and after a discussion where there was one."""
    return render("votes.html", outcome=outcome)


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
