"""A voice and a model become what the Analyze page shows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from pages.shell.voices import Voice
from ser_core.audio import AudioError, Clip
from ser_core.corpora.readers import CORPORA
from ser_core.evaluation import heard_in_training
from ser_core.prediction import Prediction
from ser_core.recognizer import Recognizer
from ser_core.spectrogram_image import PictureError, from_picture, is_picture


@dataclass(frozen=True, eq=False)
class Analysis:
    """One voice, analysed.

    Attributes:
        clip: None where the voice came as a picture.
        log_mel: dB, shape `(n_mels, n_frames)`.
        note: what to know about a picture; empty for audio.
        heard: the model was trained on a recording of this name.
    """

    name: str
    clip: Clip | None
    log_mel: np.ndarray
    prediction: Prediction
    note: str = ""
    heard: bool = False


def analyze(voice: Voice, recognizer: Recognizer) -> Analysis:
    """Analyse a voice; where it cannot be, say why in one sentence and end the page."""
    try:
        return _analyze(voice, str(recognizer.path), recognizer)
    except (AudioError, PictureError) as error:
        st.error(str(error))
        st.stop()


# Of this session alone, and only the last one: a voice belongs into nobody else's cache.
@st.cache_resource(scope="session", max_entries=1, show_spinner="Listening …")
def _analyze(voice: Voice, model: str, _recognizer: Recognizer) -> Analysis:
    settings = _recognizer.signature.features
    if is_picture(voice.data):
        start = time.perf_counter()
        picture = from_picture(voice.data, settings)
        decode_ms = 1000 * (time.perf_counter() - start)
        prediction = _recognizer.from_log_mel(picture.log_mel, decode_ms)
        return Analysis(voice.name, None, picture.log_mel, prediction, picture.note)
    clip = Clip.from_bytes(voice.data, voice.name)
    known = heard_in_training(_recognizer.path.parent)
    heard = any(f"{corpus}/{Path(voice.name).stem}" in known for corpus in CORPORA)
    log_mel = settings(clip.waveform)
    return Analysis(voice.name, clip, log_mel, _recognizer(clip), heard=heard)
