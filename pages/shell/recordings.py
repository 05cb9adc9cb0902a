"""The recordings behind stored answers, where their corpus lies on this machine."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.corpora.readers import CorpusError, default_data, load_clip, read_corpora
from ser_core.corpora.utterance import Utterance


def recording(corpus: str, file: str) -> Clip | None:
    """A recording by the name that answers give it; None where it is not here, or damaged."""
    utterance = _recordings(default_data(), corpus).get(file)
    try:
        return load_clip(utterance) if utterance else None
    except AudioError:
        return None


@st.cache_resource(max_entries=4, show_spinner="Looking for the recordings…")
def _recordings(data: Path, corpus: str) -> dict[str, Utterance]:
    try:
        return {u.file: u for u in read_corpora(data, [corpus])}
    except CorpusError:
        return {}
