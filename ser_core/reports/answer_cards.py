"""The answers of models side by side, as HTML: a card each, the same on a page and in a report.

Plain HTML rather than plotly, because nine models in three precisions are 27 of them, and because
a report shall open, print and be read aloud without a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ser_core.charts.look import emotion_colour
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.opinions import Opinion, Trust
from ser_core.models.labels import emotion_name

ANSWERS_STYLE = """<style>
.answers { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 14.5rem), 1fr)); }
.answer { container-type: inline-size; border: 1px solid rgba(128, 128, 128, 0.4);
  border-radius: 0.6rem; padding: 0.8rem 1rem; line-height: 1.3; break-inside: avoid; }
.answer .parts { display: flex; flex-wrap: wrap; gap: 0.3rem 2rem; }
.answer .said { flex: 1 1 15rem; min-width: 0; }
.answer .label { font-size: clamp(1.8rem, 14cqi, 2.6rem); font-weight: 700; white-space: nowrap; }
.answer .bars { flex: 2 1 15rem; border-collapse: collapse; align-self: start; width: 100%; }
.answer .bars :is(th, td) { border: 0; padding: 0.1rem 0; font-weight: 400; text-align: left;
  white-space: nowrap; }
.answer .bars .most { font-weight: 700; }
.answer .bars td:nth-child(2) { width: 100%; padding-inline: 0.6rem; }
.answer .bars td:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.answer .bar { height: 0.85em; border-radius: 2px; min-width: 1px; }
.answer p { margin: 0.4rem 0 0; }
.answer .mark { display: inline-block; border: 1px solid currentColor; border-radius: 0.4rem;
  padding: 0 0.4rem; }
</style>"""


def answer_cards(opinions: Sequence[Opinion], actual: str = "") -> str:
    """A card per model; needs `ANSWERS_STYLE` once on the same page.

    Args:
        actual: the emotion that it was, where it is known.
    """
    cards = "".join(_card(opinion, actual) for opinion in opinions)
    return f'<div class="answers" role="list" aria-label="Answers">{cards}</div>'


def trust_sentence(trust: Trust, precision: str) -> str:
    """What the model's label was worth on unseen actors.

    Args:
        precision: of the model that says it now.
    """
    measured = "" if trust.precision == precision else f", measured with {trust.precision}"
    return (
        f"On voices it never heard, this model is right {percent(trust.right / trust.said)} of "
        f"the time when it says {trust.label} ({trust.right}/{trust.said}{measured})."
    )


def _card(opinion: Opinion, actual: str) -> str:
    prediction, precision = opinion.prediction, opinion.recognizer.precision
    # Labels and titles come from model files, so they are not trusted as HTML.
    name = escape(opinion.name)
    size = "" if opinion.n_bytes is None else f" · {opinion.n_bytes / 1e6:.1f} MB"
    parts = [f"<div><b>{escape(opinion.title)}</b></div>"]
    if prediction.label is None:
        parts.append('<div class="label" data-label="">No answer</div>')
    else:
        label, share = prediction.label, prediction.probabilities[prediction.label]
        parts.append(
            f'<div class="label" data-label="{escape(label)}" '
            f'style="color:{emotion_colour(label)}">{escape(emotion_name(label))}</div>'
            f"<div>probability {percent(share)}{_uncertain(opinion)}</div>"
        )
    inference_ms = prediction.latency_ms.get("inference", 0)
    parts.append(f"<div>{name}</div><div>{inference_ms:.1f} ms{size}</div>")
    right = opinion.right(actual)
    if right is not None:
        parts.append(f'<p><span class="mark">{"✓ right" if right else "✗ wrong"}</span></p>')
    below = []
    if opinion.heard:
        below.append(
            '<p><span class="mark">Heard in training</span> The model has learnt from this '
            "recording, so its answer says nothing about how good it is.</p>"
        )
    trust = opinion.trust
    if trust:
        below.append(f"<p>{escape(trust_sentence(trust, precision))}</p>")
    return (
        f'<div class="answer" role="listitem" aria-label="{name}"><div class="parts">'
        f'<div class="said">{"".join(parts)}</div>{_bars(opinion)}</div>{"".join(below)}</div>'
    )


def _uncertain(opinion: Opinion) -> str:
    if opinion.prediction.status != "uncertain":
        return ""
    return '<br><span class="mark">uncertain</span> no emotion stands out'


def _bars(opinion: Opinion) -> str:
    prediction = opinion.prediction
    if not prediction.probabilities:
        return ""
    rows = "".join(
        f'<tr{most}><th scope="row">{escape(emotion_name(label))}</th>'
        f'<td><div class="bar" style="width:{100 * share:.1f}%;background:{emotion_colour(label)}">'
        f"</div></td><td>{percent(share)}</td></tr>"
        for label, share in prediction.probabilities.items()
        for most in [' class="most"' if label == prediction.label else ""]
    )
    return f'<table class="bars" aria-label="Probability of each emotion">{rows}</table>'
