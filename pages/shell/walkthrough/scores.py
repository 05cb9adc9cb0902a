"""Step 7: from logits to probabilities."""

from __future__ import annotations

import numpy as np
import streamlit as st
from scipy.special import softmax

from pages.shell.chart import show_chart
from pages.shell.walkthrough.lesson import Lesson, Rows, choose_view
from pages.shell.walkthrough.voice_map import mapped_cards, show_voice_map
from ser_core.charts.walkthrough import inside_network as charts
from ser_core.evaluation.metrics import percent
from ser_core.models.labels import emotion_name
from ser_core.reports.answer_cards import answer_cards
from ser_core.reports.session_report import Kept

_SCORES, _MAP = "Scores", "Voice map"


def show_scores(lesson: Lesson) -> Rows:
    """Scores and probabilities, and where the voice lies among others."""
    if mapped_cards() and choose_view((_SCORES, _MAP), "scores") == _MAP:
        return show_voice_map(lesson)
    return _scores(lesson)


def keep_scores(lesson: Lesson) -> Kept:
    """The probabilities, at the fitted temperature."""
    return Kept(picture=answer_cards([lesson.opinion], lesson.source.actual))


def _scores(lesson: Lesson) -> Rows:
    """Logits, and their probabilities at a temperature of your choice."""
    signature = lesson.recognizer.signature
    fitted = f"At the fitted temperature, {signature.temperature:.2f}, it predicts {lesson.label}."
    windows = lesson.spectrogram.network_inputs(signature.n_frames)
    logits = np.mean([lesson.recognizer.infer(x).logits for _, x in windows], axis=0)
    controls, figure = st.columns([1, 3], gap="medium")
    with controls:
        temperature = st.slider(
            "Temperature",
            0.2,
            4.0,
            round(signature.temperature, 1),
            0.1,
            key="temperature",
            help=fitted,
        )
        shares = softmax(logits / temperature)
        best = int(shares.argmax())
        st.metric("Predicted", emotion_name(lesson.labels[best]))
        clear = shares[best] >= signature.uncertain_below
        st.metric("Probability", percent(shares[best]))
        st.caption(
            f"Below {percent(signature.uncertain_below)}, this model reports “no clear winner "
            "(uncertain)”" + ("; here, the winner is clear." if clear else ", as it does here.")
        )
    with figure:
        show_chart(
            charts.scores_and_shares(logits.tolist(), shares.tolist(), lesson.labels),
            key="scores",
            alt="Left: the logit of each emotion. Right: its probability at temperature "
            f"{temperature:.1f}: "
            + ", ".join(
                f"{label} {percent(p)}" for label, p in zip(lesson.labels, shares, strict=True)
            ),
        )
    powers = np.exp(logits / temperature)
    return [
        {
            "emotion": label,
            "logit": round(float(logit), 3),
            "exp(logit / temperature)": round(float(power), 4),
            "share of the sum": round(float(share), 4),
        }
        for label, logit, power, share in zip(lesson.labels, logits, powers, shares, strict=True)
    ]
