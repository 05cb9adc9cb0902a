"""A voice and some models become what the Analyze page shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import streamlit as st

from pages.shell.models import compiled_by_name
from ser_core.audio.decoding import AudioError
from ser_core.evaluation.heard_in_training import Training
from ser_core.evaluation.opinions import Opinion, opinion
from ser_core.features.log_mel import LogMel
from ser_core.features.source import Source
from ser_core.features.spectrogram import Spectrogram
from ser_core.features.spectrogram_image import to_png
from ser_core.inference.kserve import REMOTE
from ser_core.models import zoo
from ser_core.models.recognizer import ModelError, Recognizer

RUNS, SHORT_S = 3, 10
"""How many times a model runs on a clip of up to this length; the fastest run is shown."""


class Analysis:
    """One voice, decoded once, and each model's prediction, computed when it is first needed."""

    def __init__(self, source: Source):
        self.source = source
        self.clip = source.clip  # decoded here, so that an error shows at once
        self._opinions: dict[Recognizer, Opinion] = {}
        self._pictures: dict[LogMel, bytes] = {}

    def opinion(self, recognizer: Recognizer) -> Opinion:
        """What a model says; where the voice cannot be read, one sentence ends the page."""
        if recognizer not in self._opinions:
            self.spectrogram(recognizer)
            training = Training.of(recognizer.path.parent)
            in_training = training.includes(self.source)
            try:
                self._opinions[recognizer] = self._fastest(recognizer, in_training)
            except ModelError as error:  # an inference server is away
                _stop(error)
        return self._opinions[recognizer]

    def _fastest(self, recognizer: Recognizer, in_training: bool) -> Opinion:
        runs = [opinion(self.source, recognizer, in_training)]
        if runs[0].prediction.duration_s <= SHORT_S and recognizer.device != REMOTE:
            runs += [opinion(self.source, recognizer, in_training) for _ in range(RUNS - 1)]
        # The same answer each time; the load on the machine should not decide which is faster.
        return min(runs, key=lambda o: o.prediction.latency_ms["inference"])

    def picture(self, recognizer: Recognizer) -> bytes:
        """The spectrogram that a model takes, as a PNG; of ten minutes it takes a second."""
        settings = recognizer.signature.features
        if settings not in self._pictures:
            self._pictures[settings] = to_png(self.spectrogram(recognizer).log_mel, settings)
        return self._pictures[settings]

    def spectrogram(self, recognizer: Recognizer) -> Spectrogram:
        """The voice as a model takes it; where it cannot be read, one sentence ends the page."""
        try:
            return self.source.spectrogram(recognizer.signature.features)
        except AudioError as error:
            _stop(error)


def readers(source: Source, recognizers: Sequence[Recognizer]) -> list[Recognizer]:
    """The models that can read a voice; where a picture was saved for another, also that one.

    A sentence says which of them do not answer, or which one does instead.
    """
    try:
        able = [r for r in recognizers if source.fits(r.signature.features)]
        if able:
            if others := [r.name for r in recognizers if r not in able]:
                st.info(
                    "The picture was saved in settings that these models do not have, so they do "
                    f"not answer: {', '.join(dict.fromkeys(others))}."
                )
            return able
        reader, note = zoo.reader_of(source, recognizers[0], compiled_by_name, zoo.ZOO)
    except AudioError as error:
        _stop(error)
    if note:
        st.info(note)
    return [reader]


def analyze(source: Source) -> Analysis:
    """Decode a voice; where it cannot be read, say why in one sentence and end the page."""
    try:
        return _analysis(source)
    except AudioError as error:
        _stop(error)


# Of this session alone, and only the last voice with a stretch of it: a voice belongs in nobody
# else's cache.
@st.cache_resource(
    scope="session",
    max_entries=2,
    show_spinner="Listening…",
    hash_funcs={Source: lambda s: (s.name, s.data, s.actual, s.about, s.stereo)},
)
def _analysis(source: Source) -> Analysis:
    return Analysis(source)


def _stop(error: AudioError | ModelError) -> NoReturn:
    st.error(str(error))
    st.stop()
