"""Step 8: the curves of the real training, augmentation to see and hear, mean spectrograms."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import streamlit as st

from pages.shell.chart import show_chart
from pages.shell.choice import choose_one
from pages.shell.models import cards
from pages.shell.player import show_compact_player
from pages.shell.walkthrough.knobs import rows, show_knobs
from pages.shell.walkthrough.lesson import Lesson, NotShownError, Rows, choose_view
from ser_core.audio.clip import Clip
from ser_core.charts.walkthrough import training as charts
from ser_core.evaluation.metrics import percent
from ser_core.features.spectrogram import Spectrogram
from ser_core.models import zoo
from ser_core.models.card import ModelCard
from ser_core.models.labels import emotion_name
from ser_core.walkthrough.gallery import GENDERS, gallery
from ser_core.walkthrough.voice_variation import VARIATIONS, masked

_CURVES, _AUGMENTATION, _KNOBS = "Curves", "Augmentation", "Knobs"
_GALLERY = "Mean spectrograms"
_MASKS = "SpecAugment"


def show_training(lesson: Lesson) -> Rows:
    """Curves, augmentation and what the clips have in common."""
    view = choose_view((_CURVES, _AUGMENTATION, _KNOBS, _GALLERY), "training")
    if view == _AUGMENTATION:
        return _augmentation(lesson)
    if view == _KNOBS:
        show_knobs(lesson)
        return rows(lesson)
    return _mean_spectrograms() if view == _GALLERY else _curves(lesson)


def _curves(lesson: Lesson) -> Rows:
    card, folder = lesson.recognizer.card, lesson.recognizer.path.parent
    curves, other = _stored_curves(folder / "curves.csv"), ""
    small = next((card for card in cards() if card.role == "small"), None)
    if len(curves) == 1 and small:
        # A head on a frozen encoder is fitted at once, so there is nothing to watch.
        by_epoch = _stored_curves(zoo.ZOO / small.name / "curves.csv")
        if len(by_epoch) > 1:
            card, curves = small, by_epoch
            other = (
                f" These are the curves of *{small.name}*: in the main model, only one linear "
                "layer was trained, in a single step."
            )
    if not curves:
        raise NotShownError("This model comes without training curves; try the other views.")
    words, figure = st.columns([1, 3], gap="medium")
    with words:
        if card:
            st.metric("Training clips", card.training.n_train)
            st.metric("Validation clips", card.training.n_validation)
        st.metric("Weights", f"{card.parameters:,}" if card else "–")
    with figure:
        show_chart(
            charts.training_curves(
                [row["epoch"] for row in curves],
                {
                    "training loss": (1, [row["train_loss"] for row in curves]),
                    "validation loss": (1, [row["validation_loss"] for row in curves]),
                    "validation UAR": (2, [row["validation_uar"] for row in curves]),
                },
            ),
            key="curves",
            alt=f"Loss over {len(curves)} epochs falls from {curves[0]['validation_loss']:.2f} to "
            f"{curves[-1]['validation_loss']:.2f} on the validation speakers; the UAR "
            f"rises from {percent(curves[0]['validation_uar'])} to "
            f"{percent(curves[-1]['validation_uar'])}.",
        )
        st.caption(
            "UAR is the recall of each emotion, averaged. The training loss stays higher because "
            "augmented and mixed clips are harder than the originals."
            f"{other}{_head_start(card)}{_refit(card)}"
        )
    return curves


def _head_start(card: ModelCard | None) -> str:
    """What it had learned before these curves begin."""
    n = len(card.training.pretraining) if card else 0
    if not n:
        return ""
    collections = "another collection" if n == 1 else f"{n} other collections"
    return f" The network had been *pretrained* on {collections} of voices."


def _refit(card: ModelCard | None) -> str:
    """Whether the validation clips were used for training in the end."""
    if not (card and card.training.refit):
        return ""
    return (
        " The curves are from a run without the validation clips; the model shown here was then "
        "retrained with them."
    )


def _stored_curves(path: Path) -> list[dict[str, float]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(text) for name, text in row.items()} for row in csv.DictReader(file)]


def _augmentation(lesson: Lesson) -> Rows:
    waveform, settings = lesson.waveform, lesson.settings
    answered = {name: _answer(lesson, name) for name in VARIATIONS}
    name = choose_one("Augmentation", (*VARIATIONS, _MASKS), key="variation")
    controls, figure = st.columns([1, 3], gap="medium")
    plain = _picture(lesson, waveform)
    with controls:
        if name in VARIATIONS:
            varied = VARIATIONS[name](waveform)
            picture = _picture(lesson, varied)
            show_compact_player(Clip(varied), "varied voice", f"The voice: {name}")
            label, share = answered[name]
            st.metric("Predicted", emotion_name(label) if label else "–")
            st.metric("Probability", percent(share) if label else "–")
        else:
            picture = masked(plain)
            st.caption(
                "SpecAugment masks bands of time and frequency; there is nothing to hear. It does "
                "not help every recipe: the command in a model's card says whether it was trained "
                "with SpecAugment."
            )
    with figure:
        named = {"original": plain, str(name): picture}
        show_chart(
            charts.pictures(named, -settings.floor_db / 40, height=244, n_columns=2),
            key="augmentation",
            alt=f"What the network sees of the original voice, and with augmentation: {name}.",
        )
        st.caption(
            "Training augments the spectrogram rather than the sound, because that is cheaper: it "
            "stretches and warps the picture and adds noise and echo, at a random strength each "
            "time. Here the sound itself is changed, so that you can hear it."
        )
    return [
        {"variation": name, "predicted": label, "probability": round(share, 4)}
        for name, (label, share) in answered.items()
    ]


@st.cache_data(scope="session", max_entries=len(VARIATIONS), show_spinner="Varying the voice…")
def _prediction(waveform: np.ndarray, name: str, model: str, _lesson: Lesson) -> tuple[str, float]:
    prediction = _lesson.recognizer(Clip(VARIATIONS[name](waveform)))
    return prediction.label or "", prediction.probabilities.get(prediction.label or "", 0.0)


def _answer(lesson: Lesson, name: str) -> tuple[str, float]:
    return _prediction(lesson.waveform, name, str(lesson.recognizer.path), lesson)


def _picture(lesson: Lesson, waveform: np.ndarray) -> np.ndarray:
    """The first model window as the network sees it, shape `(n_mels, n_frames)`."""
    settings = lesson.settings
    spectrogram = Spectrogram(settings(waveform), settings)
    return spectrogram.network_inputs(lesson.recognizer.signature.n_frames)[0][1][0, 0]


def _mean_spectrograms() -> Rows:
    voices = {(voice.gender, voice.label): voice for voice in gallery()}
    labels = list(dict.fromkeys(voice.label for voice in gallery()))
    for column, (gender, word) in zip(st.columns(2, gap="medium"), GENDERS.items(), strict=True):
        named = {emotion_name(label): voices[gender, label].picture for label in labels}
        with column:
            st.markdown(f"**{word.capitalize()} actors**")
            show_chart(
                charts.pictures(named, floor=-54, height=300, n_columns=4),
                key=f"gallery {word}",
                alt=f"Mean spectrogram of each emotion, {word} actors.",
            )
    st.caption(
        "All spoken clips of one emotion, stretched to the same length, level-normalized and "
        "averaged: 0 to 8 kHz, bright is loud. Training actors only. "
        "Derived from RAVDESS (Livingstone & Russo 2018), CC BY-NC-SA 4.0."
    )
    return [
        {
            "emotion": voice.label,
            "actors": GENDERS[voice.gender],
            "clips": voice.clips,
            "mean_length_s": voice.duration_s,
            "share_above_2_khz_db": round(_brightness_db(voice.picture), 1),
        }
        for voice in gallery()
    ]


def _brightness_db(picture: np.ndarray) -> float:
    """Power of the upper half of the bands against the lower half, in dB."""
    power = 10 ** (picture / 10)
    middle = len(picture) // 2
    return float(10 * np.log10(power[middle:].sum() / power[:middle].sum()))
