"""The sample voices: actors under their corpus names, and a speech synthesizer."""

from __future__ import annotations

import hashlib

import msgspec
import streamlit as st

from ser_core.corpora.readers import load_bytes, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.runtime.places import SAMPLES

SYNTHETIC = "Synthetic"
GROUPS = {"English": "ravdess", "German": "emodb", SYNTHETIC: ""}
"""The corpus of each group of sample voices."""

_EASIEST = "angry"  # of all emotions, listeners recognize it best (Livingstone & Russo 2018)


class SyntheticVoice(msgspec.Struct, frozen=True):
    """A voice of a speech synthesizer, and the settings that espeak-ng made it with."""

    file: str
    sentence: str
    name: str
    title: str
    voice: str
    pitch: int
    speed: int
    amplitude: int
    pitch_range: int

    @property
    def about(self) -> str:
        return (
            f"Nobody feels anything here: generated with espeak-ng, voice {self.voice}, pitch "
            f"{self.pitch} of 99, pitch range {self.pitch_range} %, {self.speed} words per minute, "
            f"volume {self.amplitude} of 200."
        )


@st.cache_data
def synthetic_voices() -> list[SyntheticVoice]:
    """How each synthetic voice was made."""
    return msgspec.json.decode((SAMPLES / "manifest.json").read_bytes(), type=list[SyntheticVoice])


@st.cache_data
def real_voices(corpus: str) -> list[Utterance]:
    """The clips of a corpus: an easy one, then the others in an order that tells nothing."""
    order = sorted(
        read_corpora(SAMPLES, [corpus]),
        key=lambda u: hashlib.sha256(u.file.encode()).hexdigest(),
    )
    first = next(utterance for utterance in order if utterance.label == _EASIEST)
    return [first, *(utterance for utterance in order if utterance is not first)]


@st.cache_data
def sample_bytes(utterance: Utterance) -> bytes:
    """A real voice as a file; it is the same for every visitor."""
    return load_bytes(utterance)
