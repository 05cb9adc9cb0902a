"""A network's inputs and outputs, stored inside the IR, so that an IR file alone is enough."""

from __future__ import annotations

import json
from operator import attrgetter

import msgspec

from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.features.log_mel import LogMel

RIGHT_WHEN_CERTAIN = 0.80
"""Accuracy on validation of the predictions that are not uncertain; it sets the threshold."""

# What our networks can need; an IR may come from anywhere.
_BOUNDS = {
    "n_frames": (16, 4096),
    "temperature": (1e-3, 1e3),
    "uncertain_below": (0, 1),
    "features.n_fft": (64, 8192),
    "features.win_length": (16, 8192),
    "features.hop_length": (80, 8192),
    "features.n_mels": (8, 256),
    "features.fmin": (0, SAMPLE_RATE / 2),
    "features.fmax": (100, SAMPLE_RATE / 2),
    "features.amin": (1e-30, 1),
    "features.top_db": (1, 200),
    "features.floor_db": (1, 200),
}
_MAX_LABELS, _MAX_LABEL_LENGTH = 100, 40


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The contract between a waveform and a network.

    Attributes:
        labels: class names, in the order of the logits.
        features: settings of the log-mel spectrogram.
        n_frames: length of the model window.
        temperature: the logits are divided by it before the softmax (Guo et al. 2017,
            arXiv:1706.04599); fitted on validation speakers.
        uncertain_below: predictions with a lower probability count as uncertain.
    """

    labels: tuple[str, ...]
    features: LogMel
    n_frames: int
    temperature: float = 1.0
    uncertain_below: float = 0.0

    def __post_init__(self) -> None:
        """Reject values that none of our networks needs.

        Raises:
            ValueError: the message names the field.
        """
        if not 2 <= len(self.labels) <= _MAX_LABELS or len({*self.labels}) < len(self.labels):
            raise ValueError(f"labels: expected 2 to {_MAX_LABELS} different ones")
        if not all(x.isprintable() and 1 <= len(x) <= _MAX_LABEL_LENGTH for x in self.labels):
            raise ValueError(f"labels: expected words of at most {_MAX_LABEL_LENGTH} characters")
        for name, (low, high) in _BOUNDS.items():
            # Not `< low or > high`: a value that is not a number has to be refused, too.
            if not low <= attrgetter(name)(self) <= high:
                raise ValueError(f"{name}: expected {low:g} to {high:g}")
        features = self.features
        if features.sample_rate != SAMPLE_RATE:
            raise ValueError(f"features.sample_rate: expected {SAMPLE_RATE}")
        if features.win_length > features.n_fft:
            raise ValueError("features.win_length: expected at most n_fft")
        if features.fmin > features.fmax - 50:
            raise ValueError("features.fmin: expected at least 50 Hz below fmax")

    @property
    def window_s(self) -> float:
        return self.n_frames / self.features.frames_per_s

    def to_json(self) -> str:
        return json.dumps(msgspec.to_builtins(self))

    @classmethod
    def from_json(cls, text: str) -> Signature:
        """Inverse of `to_json`.

        Raises:
            ValueError: not a valid signature; the sentence names the invalid field.
        """
        try:
            return msgspec.json.decode(text, type=cls)
        except (ValueError, RecursionError) as error:
            raise ValueError(
                f"This is not a valid model signature: {wrong_field(error)}. Convert the model "
                "again."
            ) from error


def wrong_field(error: Exception) -> str:
    """msgspec's complaint, the field first: `window.n_frames: Expected `int`, got `str``."""
    problem, _, place = str(error).partition(" - at `$")
    place = place.strip(".`")
    return f"{place}: {problem}" if place else problem.rstrip(".")
