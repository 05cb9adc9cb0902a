"""One sentence said in several moods: pitch, level and answer of each take, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.audio.pitch import pitch_hz
from ser_core.features.spectrogram import Spectrogram, frame_level_db
from ser_core.models.recognizer import Recognizer

SENTENCES = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
"""Of RAVDESS, by their codes in its file names; both have the same rhythm."""
PROMPTED = "02"
MAX_S = 15.0
MAX_TAKES = 40
ENOUGH_TAKES = 10
"""For a confusion matrix that says something."""

_SOFTEST_DB = 40.0  # below the loudest frame: what is drawn as silence


@dataclass(frozen=True, eq=False)
class MoodTake:
    """A take, from its first sound to its last.

    Attributes:
        mood: the emotion that was to be played, one of the model's labels.
        clip: the whole recording.
        times_s: from the first sound, shape `(n_frames,)`.
        pitch_hz: NaN where the voice has no pitch, shape `(n_frames,)`.
        loudness: from 0, `_SOFTEST_DB` below the loudest frame, to 1, shape `(n_frames,)`.
        predicted: the answer of the model.
        share: its probability.
    """

    mood: str
    clip: Clip
    times_s: np.ndarray
    pitch_hz: np.ndarray
    loudness: np.ndarray
    predicted: str
    share: float

    @classmethod
    def of(cls, clip: Clip, mood: str, recognizer: Recognizer) -> MoodTake:
        """A recording of one sentence.

        Raises:
            AudioError: it is too long, or there is no voice in it.
        """
        if clip.duration_s > MAX_S:
            raise AudioError(
                f"A take has at most {MAX_S:.0f} s, and this has {clip.duration_s:.0f}. Say the "
                "sentence once."
            )
        spectrogram = Spectrogram.of(clip, recognizer.signature.features)
        prediction = recognizer.predict(spectrogram)
        if prediction.label is None:
            raise AudioError(prediction.sentence)
        first, last = spectrogram.sounding_frames
        per_s = recognizer.signature.features.frames_per_s
        times_s = np.arange(first, last) / per_s
        level = frame_level_db(spectrogram.log_mel)[first:last]
        return cls(
            mood,
            clip,
            times_s - times_s[0],
            pitch_hz(clip.waveform, times_s),
            np.clip(1 + (level - level.max()) / _SOFTEST_DB, 0, 1),
            prediction.label,
            prediction.probabilities[prediction.label],
        )

    @property
    def median_hz(self) -> float | None:
        """None for a voice without pitch, such as a whisper."""
        voiced = self.pitch_hz[np.isfinite(self.pitch_hz)]
        return float(np.median(voiced)) if len(voiced) else None


def latest(takes: Iterable[MoodTake]) -> dict[str, MoodTake]:
    """The last take of each mood."""
    return {take.mood: take for take in takes}


def confusion(takes: Iterable[MoodTake], labels: Sequence[str]) -> list[list[int]]:
    """Takes by the mood that was played (row) and the answer (column), in label order."""
    counts = [[0] * len(labels) for _ in labels]
    for take in takes:
        counts[labels.index(take.mood)][labels.index(take.predicted)] += 1
    return counts
