"""A sound and what models say of it, as one HTML file that opens anywhere and needs no network.

It has no script: bars are HTML, the plots over time are SVG with the spectrogram as a PNG inside,
so a report has some 50 kB (plotly.js alone has 5 MB), prints, and can be read aloud.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import datetime

from ser_core.audio.channels import Stereo
from ser_core.evaluation.opinions import Opinion, agreement
from ser_core.features.source import Source
from ser_core.models.labels import emotion_name
from ser_core.reports.answer_cards import answer_cards
from ser_core.reports.document import document
from ser_core.reports.sound_svg import opinion_svg


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
    sentences = [
        f"Actual emotion: {emotion_name(actual)}." if actual else "",
        agreement(opinions),
        source.spectrogram(shown.recognizer.signature.features).note,
        *dict.fromkeys(
            o.prediction.sentence for o in opinions if o.prediction.status != "uncertain"
        ),
    ]
    return document(
        "report.html",
        source.name,
        opinions=opinions,
        made=made,
        sentences=filter(None, sentences),
        answers=answer_cards(opinions, actual),
        over_time=_over_time(source, shown),
        drawing=opinion_svg(source, shown),
        commands=[command(source.name, o, source.stereo) for o in opinions],
        origins={o.name: _origin(o) for o in opinions},
    )


def command(file: str, opinion: Opinion, stereo: Stereo = "mix") -> str:
    """The command that gives the same answer, run next to the file."""
    recognizer = opinion.recognizer
    card = recognizer.card
    model = shlex.quote(card.name if card else str(recognizer.path))
    precision = f" --precision {recognizer.precision}" if card else ""
    channel = "" if stereo == "mix" else f" --stereo {stereo}"
    file = shlex.quote(file)
    return f"python -m ser_core predict -m {model}{precision}{channel} --json -- {file}"


def _over_time(source: Source, shown: Opinion) -> str:
    above = "The spectrogram" if source.clip is None else "The waveform and the spectrogram"
    if shown.prediction.evidence is None:
        return f"{above}: bright is loud."
    return (
        f"{above} (bright is loud), and the probability of each emotion according to {shown.name}."
    )


def _origin(opinion: Opinion) -> str:
    """Which weights answered."""
    card, recognizer = opinion.recognizer.card, opinion.recognizer
    if card is None:
        return str(recognizer.path.name)
    files = card.files[recognizer.precision]
    return f"{card.name}/{files.bin}, SHA-256 {files.sha256.bin}"
