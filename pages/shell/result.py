"""How an analysis looks on screen: the answer, its probabilities, the sound, the numbers."""

from __future__ import annotations

import html
import json
from pathlib import Path

import streamlit as st

from pages.shell import tables
from pages.shell.analysis import Analysis
from ser_core.charts import look, recording
from ser_core.prediction import Prediction
from ser_core.recognizer import Recognizer
from ser_core.report import as_row
from ser_core.spectrogram_image import to_png

CHART_OPTIONS = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "png", "scale": 2},
}


def show_answer(analysis: Analysis) -> None:
    """The label, large, with what to think of it, and the voice to hear."""
    prediction = analysis.prediction
    if prediction.label is None:
        _headline("No answer", "inherit", "")
    else:
        share = prediction.probabilities[prediction.label]
        colour = look.emotion_colour(prediction.label)
        _headline(look.emotion_name(prediction.label), colour, f"probability {look.percent(share)}")
    if prediction.sentence:
        st.warning(prediction.sentence)
    if analysis.heard:
        st.info(
            "Heard in training: the model has learnt from this recording, so its answer says "
            "nothing about how good it is."
        )
    if analysis.note:
        st.info(analysis.note)
    if prediction.label is not None:
        st.markdown("How the voice sounds to this model; not what the person feels.")
    if analysis.clip is not None and analysis.clip.peak:
        st.audio(
            analysis.clip.waveform,
            sample_rate=analysis.clip.sample_rate,
            alt=f"The voice {analysis.name}",
        )
        st.caption("As the model hears it: one channel, 16 kHz, level evened out.")


def _headline(text: str, colour: str, below: str) -> None:
    # Labels come from a model file, so they are not trusted as HTML. The size follows the width
    # of the column (cqi), so that the longest label stays on one line.
    st.html(
        f'<div role="status" style="container-type:inline-size;line-height:1.2">'
        f'<div style="font-size:clamp(2rem, 15cqi, 4.2rem);font-weight:700;color:{colour};'
        f'white-space:nowrap">{html.escape(text)}</div>'
        f'<div style="font-size:1.5rem">{html.escape(below)}</div></div>'
    )


def show_probabilities(prediction: Prediction) -> None:
    """A bar per emotion."""
    if not prediction.probabilities:
        return
    listed = ", ".join(
        f"{label} {look.percent(p)}" for label, p in prediction.probabilities.items()
    )
    st.plotly_chart(
        recording.probability_bars(prediction),
        key="probabilities",
        config={**CHART_OPTIONS, "displayModeBar": False},
        alt=f"Bar chart of the probability of each emotion: {listed}.",
    )


def show_latency(analysis: Analysis, recognizer: Recognizer) -> None:
    """How long each step took."""
    latency_ms = analysis.prediction.latency_ms
    with st.container(horizontal=True, gap="medium"):
        st.metric("Length", _duration(analysis.prediction.duration_s), width="content")
        st.metric("Decode", f"{latency_ms['decode']:.1f} ms", width="content")
        st.metric("Features", f"{latency_ms['features']:.1f} ms", width="content")
        st.metric(
            f"Inference, {recognizer.precision} on {recognizer.device}",
            f"{latency_ms['inference']:.1f} ms",
            width="content",
        )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.2f} s"


def show_sound(analysis: Analysis, recognizer: Recognizer) -> None:
    """Waveform, spectrogram and emotion over time on one time axis."""
    settings, prediction = recognizer.signature.features, analysis.prediction
    panels = "" if analysis.clip is None else "waveform, "
    panels += "log-mel spectrogram"
    panels += "" if prediction.evidence is None else " and, per emotion, its probability over time"
    st.header("Over time", anchor=False)
    st.caption(
        "Each column is one moment, from top to bottom: how far the air swings, how loud each "
        "frequency is (bright is loud), and how probable each emotion is just then (a full row is "
        "100 %)."
    )
    st.plotly_chart(
        recording.sound(
            analysis.clip,
            analysis.log_mel,
            settings,
            prediction.evidence,
            tuple(prediction.probabilities),
        ),
        key="sound",
        config=CHART_OPTIONS,
        alt=f"The voice over {prediction.duration_s:.1f} seconds: {panels}. "
        "The table below has the numbers.",
    )


def show_numbers(analysis: Analysis, recognizer: Recognizer) -> None:
    """The charts as tables."""
    prediction, settings = analysis.prediction, recognizer.signature.features
    with st.expander("The numbers behind the charts"):
        if prediction.probabilities:
            st.table(tables.probabilities(prediction))
        labels = tuple(prediction.probabilities)
        st.table(tables.over_time(analysis.log_mel, settings, labels, prediction.evidence))


def show_downloads(analysis: Analysis, recognizer: Recognizer) -> None:
    """The prediction as JSON and the spectrogram as a picture that can be loaded again."""
    stem = Path(analysis.name).stem or "voice"
    row = as_row(analysis.name, analysis.prediction, recognizer, analysis.note)
    with st.container(horizontal=True):
        st.download_button(
            "Prediction (JSON)",
            json.dumps(row, indent=1),
            f"{stem}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Spectrogram (PNG)",
            to_png(analysis.log_mel, recognizer.signature.features),
            f"{stem}-spectrogram.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
            help="Holds exactly what the model needs: load it as a file above, and the answer "
            "is the same.",
        )
