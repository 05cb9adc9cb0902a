"""Real voices of actors unseen by the main model, where a corpus lies in `data/`."""

from __future__ import annotations

import random
from pathlib import Path

import streamlit as st

from pages.shell.models import cards
from ser_core.corpora.readers import RAVDESS_STATEMENTS, CorpusError, default_data, read_corpora
from ser_core.corpora.unheard import unheard_clips
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.models import zoo
from ser_core.models.labels import emotion_name

_LOOK_AGAIN_S = 300


def clips() -> list[Utterance]:
    """One per actor and emotion; none where no corpus lies in `data/`."""
    main = next((card for card in cards() if card.role == "main"), None)
    return _clips(default_data().resolve(), zoo.ZOO / main.name) if main else []


@st.cache_data(ttl=_LOOK_AGAIN_S, show_spinner="Looking for a corpus…")
def _clips(data: Path, model_folder: Path) -> list[Utterance]:
    if not data.is_dir():
        return []
    try:
        return unheard_clips(read_corpora(data), heard_in_training(model_folder))
    except CorpusError:  # recordings, but none whose emotion is known
        return []


def choose(clips: list[Utterance], blind: bool) -> Utterance:
    """Widgets for actor and emotion; or, where these must not be seen, for a number.

    Args:
        clips: at least one.
        blind: the room judges first.
    """
    return _blindly(clips) if blind else _openly(clips)


def about(utterance: Utterance) -> str:
    """Who speaks, how and what."""
    details = [_person(utterance)]
    if utterance.intensity:
        details.append(f"{utterance.intensity} intensity")
    if utterance.corpus == "ravdess" and utterance.statement in RAVDESS_STATEMENTS:
        details.append(f"“{RAVDESS_STATEMENTS[utterance.statement]}”")
    return f"{', '.join(details)} ({utterance.corpus.upper()} {utterance.file})."


def _openly(clips: list[Utterance]) -> Utterance:
    speakers = {clip.speaker: clip for clip in clips}
    speaker = st.selectbox(
        "Actor",
        list(speakers),
        format_func=lambda speaker: _person(speakers[speaker]),
        key="actor",
        persist_state="session",
        help="The main model was not trained on any of their recordings.",
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
    number = st.session_state.get("blind voice", 0) % len(shuffled)
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(f"**Voice {number + 1} of {len(shuffled)}**, in random order")
    right.button("Next voice", on_click=_go_on, key="next voice", width="stretch")
    return shuffled[number]


def _person(utterance: Utterance) -> str:
    who = {"F": "female", "M": "male"}.get(utterance.gender)
    return f"Actor {utterance.speaker}, {who}" if who else f"Actor {utterance.speaker}"


def _go_on() -> None:
    st.session_state["blind voice"] = st.session_state.get("blind voice", 0) + 1
