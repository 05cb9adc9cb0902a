"""How an analysis looks on screen: the answers side by side, the sound, the numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
import streamlit as st

from pages.shell import player, tables
from pages.shell.analysis import RUNS, SHORT_S, Analysis
from pages.shell.analyze.origin import origin
from pages.shell.analyze.stretch import choose_stretch
from pages.shell.html import show_html
from pages.shell.player import Stretch
from ser_core.evaluation.opinions import Opinion, agreement
from ser_core.features.source import Source
from ser_core.inference.kserve import REMOTE
from ser_core.models.recognizer import Recognizer
from ser_core.reports.answer_cards import answer_cards
from ser_core.reports.csv_table import to_csv
from ser_core.reports.html_report import html_report
from ser_core.reports.rows import as_line, as_row
from ser_core.reports.slide_picture import slide_picture


def show_player(analysis: Analysis, hidden: bool) -> None:
    """The voice to hear.

    Args:
        hidden: its name must not be seen.
    """
    clip, name = analysis.clip, "" if hidden else f" {analysis.source.name}"
    if clip is not None and clip.peak:
        st.audio(clip.waveform, sample_rate=clip.sample_rate, alt=f"The voice{name}")
        if not hidden:
            st.caption("As the models hear it: mono, 16 kHz, normalized level.")


def show_verdict(voice: Source, opinions: Sequence[Opinion], with_actual: bool = True) -> None:
    """The actual emotion, where it is known, and whether the models agree.

    Args:
        with_actual: False where the page shows the actual emotion elsewhere.
    """
    actual = voice.actual if with_actual else ""
    agreed = agreement(opinions)
    if actual or agreed:
        show_html("verdict.html", actual=actual, agreement=agreed)
    if voice.about:
        st.caption(voice.about)


def show_answers(analysis: Analysis, opinions: Sequence[Opinion]) -> None:
    """A card per model, below any warnings about the recording."""
    doubts = (o.prediction.sentence for o in opinions if o.prediction.status != "uncertain")
    for sentence in dict.fromkeys(filter(None, doubts)):
        st.warning(sentence)
    notes = (analysis.spectrogram(o.recognizer).note for o in opinions)
    for note in dict.fromkeys(filter(None, notes)):
        st.info(note)
    st.html(answer_cards(opinions, analysis.source.actual))
    if any(o.prediction.label for o in opinions):
        timed = opinions[0].recognizer.device != REMOTE
        st.caption(
            "This is how the voice sounds to these models, not what the person feels. "
            + origin(opinions[0].recognizer, [o.prediction for o in opinions])
            + (
                f" For clips of up to {SHORT_S} s, it is the fastest of {RUNS} runs."
                if timed
                else ""
            )
        )


def show_latency(analysis: Analysis, recognizer: Recognizer) -> None:
    """How long the steps took that all models share."""
    spectrogram = analysis.spectrogram(recognizer)
    with st.container(horizontal=True, gap="medium"):
        st.metric("Length", _duration(spectrogram.duration_s), width="content")
        st.metric(
            "Decode",
            f"{spectrogram.decode_ms:.1f} ms",
            width="content",
            help="The time to read the file and bring it to 16 kHz.",
        )
        st.metric(
            "Features",
            f"{spectrogram.features_ms:.1f} ms",
            width="content",
            help="The time to compute the spectrogram that the network reads.",
        )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.2f} s"


def choose_track(opinions: Sequence[Opinion]) -> Opinion:
    """Whose emotion over time is shown; a widget where there is a choice."""
    if len(opinions) == 1:
        return opinions[0]
    named = {opinion.name: opinion for opinion in opinions}
    if st.session_state.get("track") not in named:
        st.session_state["track"] = next(iter(named))
    return named[
        st.selectbox(
            "Emotion over time, according to", list(named), key="track", persist_state="session"
        )
    ]


def show_sound(
    analysis: Analysis,
    recognizer: Recognizer,
    opinion: Opinion | None = None,
    stretch: Stretch | None = None,
) -> None:
    """Waveform, spectrogram and emotion over time under one playhead.

    Args:
        analysis: of the whole voice.
        opinion: None while the answer is hidden.
        stretch: what the opinion is about; None for the whole.
    """
    spectrogram = analysis.spectrogram(recognizer)
    panels = {} if analysis.clip is None else {"waveform": "the sound pressure"}
    panels["log-mel spectrogram"] = "how loud each frequency is (bright is loud)"
    if opinion and opinion.prediction.evidence is not None:
        panels["probability of each emotion"] = (
            "how probable each emotion is at that moment (a full row is 100 %)"
        )
    hint = ""
    if analysis.clip is not None:
        hint = " Click to play from there; drag to select a stretch."
    st.caption(
        f"Each column is one moment. From top to bottom: {', '.join(panels.values())}.{hint}"
    )
    player.show_player(
        spectrogram,
        "sound",
        f"The voice over {spectrogram.duration_s:.1f} seconds: {', '.join(panels)}."
        + (" The table below has the numbers." if opinion else ""),
        player.Answer(opinion.prediction, stretch) if opinion else None,
        choose_stretch(analysis.source) if opinion else None,
    )


def show_numbers(analysis: Analysis, opinions: Sequence[Opinion], track: Opinion) -> None:
    """The charts as tables."""
    prediction, settings = track.prediction, track.recognizer.signature.features
    log_mel = analysis.spectrogram(track.recognizer).log_mel
    with st.expander("The numbers behind the charts"):
        if any(o.prediction.label for o in opinions):
            st.table(tables.probabilities(opinions))
        labels = tuple(prediction.probabilities)
        st.table(tables.over_time(log_mel, settings, labels, prediction.evidence))


def show_downloads(
    analysis: Analysis,
    opinions: Sequence[Opinion],
    track: Opinion,
    stretch: Stretch | None = None,
) -> None:
    """All answers as JSON, CSV and a report; the spectrogram to load again, and for slides.

    Args:
        analysis: of what the opinions are about.
        stretch: where in the recording that is; None for the whole.
    """
    voice = analysis.source
    stem, span = Path(voice.name).stem or "voice", ""
    if stretch:
        stem += f"-{stretch.start_s:.2f}-{stretch.end_s:.2f}"
        span = f"{stretch.start_s:.2f} to {stretch.end_s:.2f} s"
    spectrogram = analysis.spectrogram(track.recognizer)
    rows = []
    for o in opinions:
        note = f"Only {span}." if span else analysis.spectrogram(o.recognizer).note
        rows.append(as_row(voice.name, o.prediction, o.recognizer, note, voice.actual))
    report = html_report(
        analysis.source, opinions, datetime.now(UTC), opinions.index(track), voice.actual
    )
    files: dict[str, tuple[bytes | Callable[[], bytes], str, str, str]] = {
        "Report (HTML)": (
            report.encode(),
            f"{stem}-report.html",
            "text/html",
            "Everything on this page in one file, to open offline or print.",
        ),
        "Answers (JSON)": (
            json.dumps(msgspec.to_builtins(rows), indent=1).encode(),
            f"{stem}.json",
            "application/json",
            "As `python -m ser_core predict --json` prints them, one entry per model.",
        ),
        "Answers (CSV)": (
            to_csv(map(as_line, rows)).encode("utf-8-sig"),  # or Excel garbles umlauts
            f"{stem}.csv",
            "text/csv",
            "One line per model.",
        ),
        "Spectrogram to upload again (PNG)": (
            analysis.picture(track.recognizer),
            f"{stem}-spectrogram.png",
            "image/png",
            f"Contains exactly what {track.name} needs: choose that model alone, upload this as a "
            "file above, and you get the same answer.",
        ),
        "Picture for slides (PNG)": (
            # Drawn when somebody asks for it: that takes half a second.
            partial(
                slide_picture,
                spectrogram.log_mel,
                spectrogram.settings,
                ", ".join(filter(None, ("Spectrogram", voice.name, span))),
            ),
            f"{stem}-slide.png",
            "image/png",
            "With title, axes and color bar, 2000 pixels wide.",
        ),
    }
    with st.container(horizontal=True):
        for label, (data, file, mime, help_) in files.items():
            st.download_button(
                label,
                data,
                file,
                mime,
                icon=":material/download:",
                on_click="ignore",
                help=help_,
            )
