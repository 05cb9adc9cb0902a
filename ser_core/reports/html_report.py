"""A sound and what models say of it, as one HTML file that opens anywhere and needs no network.

It has no script: bars are HTML, the plots over time are SVG with the spectrogram as a PNG inside,
so a report has some 50 kB (plotly.js alone has 5 MB), prints, and can be read aloud.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime
from html import escape

from ser_core.charts.sound_svg import sound_svg
from ser_core.evaluation.opinions import Opinion, agreement
from ser_core.features.source import Source
from ser_core.models.labels import emotion_name
from ser_core.reports.answer_cards import ANSWERS_STYLE, answer_cards
from ser_core.reports.rows import versions

# Nothing may be fetched or run, whatever a file name tries.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_STYLE = """<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1.5rem; max-width: 68rem;
  background: #fff; color: #1b2430; }
@media (prefers-color-scheme: dark) { body { background: #12161c; color: #e9edf2; } }
@media print { body { background: #fff; color: #000; } * { print-color-adjust: exact; } }
h1, h2 { line-height: 1.2; margin: 1.5em 0 0.5em; }
h1 { margin-top: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
.wide svg { min-width: 40rem; }
.facts { border-collapse: collapse; }
.facts :is(th, td) { border-bottom: 1px solid rgba(128, 128, 128, 0.4);
  padding: 0.2rem 1rem 0.2rem 0; text-align: left; font-weight: 400; vertical-align: top;
  overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
</style>"""


def html_report(
    source: Source,
    opinions: Sequence[Opinion],
    made: datetime,
    track: int = 0,
    actual: str = "",
) -> str:
    """The report as the text of an HTML file.

    Args:
        opinions: at least one.
        made: when.
        track: whose emotion over time is drawn.
        actual: the emotion that it was, where it is known.
    """
    shown = opinions[track]
    settings = shown.recognizer.signature.features
    spectrogram = source.spectrogram(settings)
    first = opinions[0].prediction
    said = [
        f"The actual emotion: {emotion_name(actual)}." if actual else "",
        agreement(opinions),
        spectrogram.note,
        *dict.fromkeys(
            o.prediction.sentence for o in opinions if o.prediction.status != "uncertain"
        ),
    ]
    body = [
        f"<h1>{escape(source.name)}</h1>",
        f"<p>{first.duration_s:.2f} s, analysed by SER Lab on {made:%Y-%m-%d %H:%M %Z}.</p>",
        *(f"<p><b>{escape(sentence)}</b></p>" for sentence in said if sentence),
        answer_cards(opinions, actual),
        "<h2>Over time</h2>",
        f"<p>{escape(_over_time(source, shown))}</p>",
        '<div class="wide">',
        sound_svg(
            spectrogram.clip,
            spectrogram.log_mel,
            settings,
            shown.prediction.evidence,
            tuple(shown.prediction.probabilities),
        ),
        "</div>",
        "<h2>How to get this again</h2>",
        f"<pre>{escape(chr(10).join(command(source.name, o) for o in opinions))}</pre>",
        _table({o.name: _origin(o) for o in opinions}),
        "<h2>Versions</h2>",
        _table(versions()),
        "<p>How a voice sounds to a model that learnt from actors; not what a person feels. Not "
        "to be used to monitor anybody: the EU AI Act, Article 5(1)(f), prohibits inferring the "
        "emotions of people at work and in education, medical and safety uses excepted.</p>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(source.name)} · SER Lab</title>{_STYLE}{ANSWERS_STYLE}</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def command(file: str, opinion: Opinion) -> str:
    """What gives the same answer in a shell, beside the file."""
    recognizer = opinion.recognizer
    card = recognizer.card
    model = shlex.quote(card.name if card else str(recognizer.path))
    precision = f" --precision {recognizer.precision}" if card else ""
    return f"python -m ser_core predict -m {model}{precision} --json -- {shlex.quote(file)}"


def _over_time(source: Source, shown: Opinion) -> str:
    above = "The spectrogram" if source.clip is None else "The waveform and the spectrogram"
    if shown.prediction.evidence is None:
        return f"{above}: bright is loud."
    return f"{above} (bright is loud), and how probable each emotion is to {shown.name}."


def _origin(opinion: Opinion) -> str:
    """Which weights answered."""
    card, recognizer = opinion.recognizer.card, opinion.recognizer
    if card is None:
        return str(recognizer.path.name)
    files = card.files[recognizer.precision]
    return f"{card.name}/{files.bin}, SHA-256 {files.sha256.bin}"


def _table(facts: dict[str, str]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(fact)}</td></tr>'
        for name, fact in facts.items()
    )
    return f'<table class="facts">{rows}</table>'
