"""What a network takes and gives; it travels inside the IR, so that an IR file alone is enough."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.features.log_mel import LogMel

RIGHT_WHEN_CERTAIN = 0.80
"""Share of right answers, on validation, among those that are not uncertain."""


@dataclass(frozen=True)
class Signature:
    """The contract between a waveform and a network.

    Attributes:
        labels: class names, in the order of the logits.
        features: settings of the log-mel spectrogram.
        n_frames: length of the model window.
        temperature: the logits are divided by it before the softmax (Guo et al. 2017,
            arXiv:1706.04599); fitted on validation speakers.
        uncertain_below: an answer with a smaller probability is called uncertain.
    """

    labels: tuple[str, ...]
    features: LogMel
    n_frames: int
    temperature: float = 1.0
    uncertain_below: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no network of ours needs: an IR may come from anywhere.

        Raises:
            ValueError: a value out of range.
        """
        fits = (
            2 <= len(self.labels) <= 100
            and len(set(self.labels)) == len(self.labels)
            and all(_is_word(label) for label in self.labels)
            and _is_within(self.n_frames, 16, 4096, int)
            and _is_within(self.temperature, 1e-3, 1e3)
            and _is_within(self.uncertain_below, 0, 1)
        )
        features = self.features
        fits_features = (
            features.sample_rate == SAMPLE_RATE
            and _is_within(features.n_fft, 64, 8192, int)
            and _is_within(features.win_length, 16, features.n_fft, int)
            and _is_within(features.hop_length, 80, 8192, int)
            and _is_within(features.n_mels, 8, 256, int)
            and _is_within(features.fmax, 100, SAMPLE_RATE / 2)
            and _is_within(features.fmin, 0, features.fmax - 50)
            and _is_within(features.amin, 1e-30, 1)
            and _is_within(features.top_db, 1, 200)
            and _is_within(features.floor_db, 1, 200)
        )
        if not fits or not fits_features:
            raise ValueError("a value is out of range")

    @property
    def window_s(self) -> float:
        return self.n_frames / self.features.frames_per_s

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Signature:
        """Inverse of `to_json`.

        Raises:
            ValueError: the text is not a signature.
        """
        try:
            fields = json.loads(text)
            return cls(
                labels=tuple(fields.pop("labels")),
                features=LogMel(**fields.pop("features")),
                **fields,
            )
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise ValueError(
                f"This is no model signature: {error}. Convert the model again."
            ) from error


def _is_word(label: Any) -> bool:
    return isinstance(label, str) and 1 <= len(label) <= 40 and label.isprintable()


def _is_within(value: Any, low: float, high: float, kind: type = float) -> bool:
    """Whether a value is a number of a kind between two others; NaN is not."""
    kinds = (int, float) if kind is float else (int,)
    return isinstance(value, kinds) and not isinstance(value, bool) and low <= value <= high
