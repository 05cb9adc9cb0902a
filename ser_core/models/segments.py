"""The emotion of each stretch of a long recording."""

from __future__ import annotations

from dataclasses import dataclass

from ser_core.audio.clip import Clip
from ser_core.models.prediction import Status
from ser_core.models.recognizer import Recognizer
from ser_core.models.speaker import Speaker


@dataclass(frozen=True)
class Segment:
    """A stretch of a recording, predicted on its own.

    Attributes:
        label: None if there is nothing to classify in it; `status` says why.
        probabilities: as in a Prediction.
    """

    start_s: float
    end_s: float
    label: str | None
    probabilities: dict[str, float]
    status: Status


def segments(recognizer: Recognizer, clip: Clip, speaker: Speaker | None = None) -> list[Segment]:
    """Predict stretches of one model window each.

    They follow each other without a gap; the last one has up to half a window more, or less.

    Args:
        speaker: as in `Recognizer`.

    Raises:
        ModelError: as in `Recognizer`.
    """
    length = round(recognizer.signature.window_s * clip.sample_rate)
    n_samples = len(clip.waveform)
    starts = [number * length for number in range(max(1, round(n_samples / length)))]
    result = []
    for start, end in zip(starts, [*starts[1:], n_samples], strict=True):
        stretch = Clip(clip.waveform[start:end], clip.sample_rate, clip.name, clip.clipped_share)
        prediction = recognizer(stretch, speaker)
        result.append(
            Segment(
                start / clip.sample_rate,
                end / clip.sample_rate,
                prediction.label,
                prediction.probabilities,
                prediction.status,
            )
        )
    return result
