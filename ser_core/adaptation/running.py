"""A speaker learned while speaking, from running statistics of the answers."""

from __future__ import annotations

import numpy as np

from ser_core.adaptation.learning import centering, floored
from ser_core.audio.clip import Clip
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.models.speaker import Speaker

TAKE_S = 3.0
"""Seconds of voice that count as one take, about as long as the clips behind `PRIOR_TAKES`."""


class AdaptingRecognizer:
    """Gets to know the voice of a stream: each answer is centered on those before it.

        >>> adapting = AdaptingRecognizer(load_model("se-resnet"), new_s=0.25)
        >>> adapting(Clip.from_file("samples/plain.flac")).label in adapting.labels
        True
        >>> adapting.known_s
        0.25

    Call it for windows with a voice only: what else it hears, it takes for the voice.

    Args:
        new_s: seconds of sound in each window that the window before did not have.
    """

    def __init__(self, recognizer: Recognizer, new_s: float):
        self.recognizer, self.new_s = recognizer, new_s
        self.labels = recognizer.signature.labels
        self._n_windows = 0
        self._sum = np.zeros(len(self.labels))

    def __call__(self, voice: Clip) -> Prediction:
        """The prediction with what is known so far; then the window counts, too."""
        prediction = self.recognizer(voice, self.speaker)
        if prediction.logits is not None:
            temperature = self.recognizer.signature.temperature
            self._sum = self._sum + floored(prediction.logits, temperature)
            self._n_windows += 1
        return prediction

    @property
    def known_s(self) -> float:
        """How much of the voice is known, in seconds."""
        return self._n_windows * self.new_s

    @property
    def speaker(self) -> Speaker | None:
        """What is known so far; None before the first window."""
        if not self._n_windows:
            return None
        n_takes = self.known_s / TAKE_S
        offset = centering(self._sum / self._n_windows, n_takes)
        model = self.recognizer
        return Speaker(model.name, model.weights_sha256, round(n_takes), offset)
