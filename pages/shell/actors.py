"""Actors to choose from: all of RAVDESS where it lies in `data/`, else those of the samples."""

from __future__ import annotations

import random
from pathlib import Path

import streamlit as st

from pages.shell.models import cards
from pages.shell.numbered import choose_by_number
from pages.shell.samples import real_voices
from ser_core.corpora.readers import RAVDESS_STATEMENTS, CorpusError, default_data, read_corpora
from ser_core.corpora.unheard import actors_clips, unheard_clips
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.models import zoo
from ser_core.models.labels import emotion_name

_LOOK_AGAIN_S = 300
_N_ACTORS = 24


def choose_actor(blind: bool) -> Utterance:
    """Widgets for actor and emotion; or, where these must not be seen, for a number."""
    clips = _clips(default_data().resolve()) or actors_clips(real_voices("ravdess"))
    unheard = _unheard(clips)
    if blind:
        return _blindly(unheard or clips)
    clip = _openly(clips, {clip.speaker for clip in unheard})
    if len({clip.speaker for clip in clips}) < _N_ACTORS:
        st.caption(
            f"For all {_N_ACTORS} actors, run `python -m ser_core download`: it brings RAVDESS "
            "into `data/`."
        )
    return clip


def about(utterance: Utterance) -> str:
    """Who speaks, how and what."""
    details = [_person(utterance)]
    if utterance.intensity:
        details.append(f"{utterance.intensity} intensity")
    if utterance.corpus == "ravdess" and utterance.statement in RAVDESS_STATEMENTS:
        details.append(f"“{RAVDESS_STATEMENTS[utterance.statement]}”")
    corpus = {"emodb": "EMO-DB"}.get(utterance.corpus, utterance.corpus.upper())
    return f"{', '.join(details)} ({corpus} {utterance.file})."


def title(utterance: Utterance) -> str:
    """What is played, and who plays it."""
    return f"{emotion_name(utterance.label)} · {_person(utterance)}"


@st.cache_data(ttl=_LOOK_AGAIN_S, show_spinner="Looking for RAVDESS…")
def _clips(data: Path) -> list[Utterance]:
    try:
        return actors_clips(read_corpora(data, ["ravdess"]))
    except CorpusError:  # no such folder, or nothing of RAVDESS in it
        return []


def _unheard(clips: list[Utterance]) -> list[Utterance]:
    main = next((card for card in cards() if card.role == "main"), None)
    return unheard_clips(clips, heard_in_training(zoo.ZOO / main.name)) if main else []


def _openly(clips: list[Utterance], unheard: set[str]) -> Utterance:
    speakers = {clip.speaker: clip for clip in clips}
    in_training = "" if not unheard else " · heard in training"
    speaker = st.selectbox(
        "Actor",
        sorted(speakers, key=lambda speaker: (speaker not in unheard, speaker)),
        format_func=lambda speaker: (
            _person(speakers[speaker]) + ("" if speaker in unheard else in_training)
        ),
        key="actor",
        persist_state="session",
        help="“Heard in training”: the main model was trained on recordings of this actor.",
    )
    labels = [clip.label for clip in clips if clip.speaker == speaker]
    if st.session_state.get("emotion of the actor") not in labels:
        st.session_state["emotion of the actor"] = labels[0]
    label = st.pills(
        "Emotion",
        labels,
        required=True,
        wrap=True,
        format_func=emotion_name,
        key="emotion of the actor",
        persist_state="session",
    )
    return next(clip for clip in clips if (clip.speaker, clip.label) == (speaker, label))


def _blindly(clips: list[Utterance]) -> Utterance:
    # Another order for everybody and every session, so that no number tells anything.
    order = st.session_state.setdefault("blind order", random.random())
    shuffled = random.Random(order).sample(clips, len(clips))
    return choose_by_number(shuffled, "actor by number", ", in random order")


def _person(utterance: Utterance) -> str:
    who = {"F": "female", "M": "male"}.get(utterance.gender)
    return f"Actor {utterance.speaker}, {who}" if who else f"Actor {utterance.speaker}"
