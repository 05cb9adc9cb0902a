"""The voice that the lecture looks at, as every step needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pages.shell.analysis import Analysis
from pages.shell.choice import choose_one
from ser_core.audio.clip import Clip
from ser_core.evaluation.opinions import Opinion
from ser_core.features.log_mel import LogMel
from ser_core.features.source import Source
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.reports.csv_table import TableRow

MAX_SOUND_S = 10  # of a longer voice: what a figure can show

Rows = Sequence[TableRow]
"""The numbers behind the figure of a step."""


class NotShownError(Exception):
    """A step has nothing to show; the message says what to do next."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """A voice, analyzed by the main model; no analysis while no voice is chosen.

    Attributes:
        show_teaching: the card that teaches a model one's own voice, unfolded.
    """

    recognizer: Recognizer
    analysis: Analysis | None
    show_teaching: Callable[[Recognizer, Spectrogram | None], None]

    def teach(self) -> None:
        """The class's own recordings teach the model; the lecture's voice shows what that does."""
        voice = self.analysis.spectrogram(self.recognizer) if self.analysis else None
        self.show_teaching(self.recognizer, voice)

    @property
    def settings(self) -> LogMel:
        return self.recognizer.signature.features

    @property
    def labels(self) -> tuple[str, ...]:
        return self.recognizer.signature.labels

    @property
    def clip(self) -> Clip | None:
        """The whole voice; None if it came as a picture."""
        return self._chosen.clip

    @property
    def waveform(self) -> np.ndarray:
        """The first seconds of the voice.

        Raises:
            NotShownError: the voice came as a picture, or there is none.
        """
        clip = self.clip
        if clip is None:
            raise NotShownError(
                "This step needs sound, but you chose a picture of a spectrogram. Choose a sample "
                "voice, or record one, under **Voice** above."
            )
        return clip.waveform[: MAX_SOUND_S * clip.sample_rate]

    @property
    def spectrogram(self) -> Spectrogram:
        """Of the whole voice."""
        return self._chosen.spectrogram(self.recognizer)

    @property
    def log_mel(self) -> np.ndarray:
        """Of the whole voice, dB, shape `(n_mels, n_frames)`."""
        return self.spectrogram.log_mel

    @property
    def prediction(self) -> Prediction:
        """The answer to the whole voice.

        Raises:
            NotShownError: there is none, or no voice.
        """
        prediction = self.opinion.prediction
        if prediction.label is None:
            raise NotShownError(prediction.sentence)
        return prediction

    @property
    def opinion(self) -> Opinion:
        """The answer to the whole voice, and whose it is.

        Raises:
            NotShownError: there is no voice.
        """
        return self._chosen.opinion(self.recognizer)

    @property
    def label(self) -> str:
        """The predicted emotion of the voice."""
        label = self.prediction.label
        assert label is not None  # `prediction` raises where there is none
        return label

    @property
    def source(self) -> Source:
        """The voice as it came.

        Raises:
            NotShownError: there is none.
        """
        return self._chosen.source

    def window(self) -> tuple[int, np.ndarray]:
        """The model window that speaks most for the answer: its first frame, and what the network
        sees of it, shape `(1, 1, n_mels, n_frames)`."""
        place = self.labels.index(self.label)
        inputs = self.spectrogram.network_inputs(self.recognizer.signature.n_frames)
        return max(inputs, key=lambda pair: self.recognizer.infer(pair[1]).logits[place])

    @property
    def _chosen(self) -> Analysis:
        if self.analysis is None:
            raise NotShownError("Choose a voice, or record one, under **Voice** above.")
        return self.analysis


def choose_view(views: Sequence[str], name: str) -> str:
    """A switch between the views of a step; the first one to begin with."""
    return choose_one("View", views, key=f"{name} view", label_visibility="collapsed")
