"""The answers of models side by side, as HTML: a card each, the same on a page and in a report.

Plain HTML rather than plotly, because nine models in three precisions are 27 of them, and because
a report shall open, print and be read aloud without a script.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ser_core.evaluation.metrics import percent
from ser_core.evaluation.opinions import Opinion, Trust
from ser_core.reports.html import render


def answer_cards(opinions: Sequence[Opinion], actual: str = "") -> Markup:
    """A card per model; needs `html.STYLESHEET` once on the same page.

    Args:
        actual: the emotion that it was, where it is known.
    """
    return render("answers.html", opinions=opinions, actual=actual, trust_sentence=trust_sentence)


def trust_sentence(trust: Trust, precision: str) -> str:
    """How often this label of the model was right on unseen actors.

    Args:
        precision: of the model that says it now.
    """
    often = f"right {percent(trust.correct / trust.total)} of the time"
    if trust.of_recipe:
        return (
            f"On new voices, networks trained like this one are {often} when they predict "
            f"{trust.label} ({trust.correct}/{trust.total})."
        )
    measured = "" if trust.precision == precision else f", measured in {trust.precision}"
    return (
        f"On voices it never heard, this model is {often} when it predicts {trust.label} "
        f"({trust.correct}/{trust.total}{measured})."
    )
