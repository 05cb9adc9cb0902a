"""The four rows of the README: new voices, a random split, another language, human listeners."""

from __future__ import annotations

from collections.abc import Sequence

from ser_core.evaluation.published import LISTENERS_ACCURACY
from ser_core.models.card import ModelCard, ResultEntry

_ROWS = (
    # what is tested, whose figures, of which result
    ("New voices: actors held out, mean of all folds", "main", "actors-5fold", "recipe"),
    ("Random split: same voices in training and test", "random", "random-80-20", "recipe"),
    ("Another corpus and language: EMO-DB, German", "main", "cross-corpus", "this file"),
)


def headline_table(cards: Sequence[ModelCard]) -> str:
    """What to expect, as Markdown: speech, in the most exact precision of each result.

    A row whose result no card has is left out.
    """
    lines = ["| tested on | clips | UAR (95 % interval) | accuracy |", "|---|---|---|---|"]
    for title, role, protocol, of in _ROWS:
        entry = _entry(cards, role, protocol, of)
        if entry is not None:
            low, high = entry.intervals.uar
            lines.append(
                f"| {title} | {entry.n} | **{entry.uar:.1%}** ({low:.1%} to {high:.1%}) "
                f"| {entry.accuracy:.1%} |"
            )
    lines.append(f"| Human listeners on RAVDESS, seven options | | | {LISTENERS_ACCURACY:.1%} |")
    return "\n".join(lines)


def _entry(cards: Sequence[ModelCard], role: str, protocol: str, of: str) -> ResultEntry | None:
    entries = (
        entry
        for card in cards
        if card.role == role
        for entry in card.results
        if (entry.protocol, entry.of, entry.channel) == (protocol, of, "speech")
    )
    return next(entries, None)
