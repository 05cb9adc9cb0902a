"""The prediction for one clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

Status = Literal["ok", "uncertain", "clipped", "silent", "too_short", "no_voice"]

STATUS_SENTENCES: dict[Status, str] = {
    "ok": "",
    "uncertain": "No clear winner (uncertain).",
    "clipped": "The recording is clipped, so treat the answer with caution. "
    "Record again at a lower level.",
    "silent": "There is no sound to classify. Check the microphone or choose another file.",
    "too_short": "There is too little sound to classify. Use at least half a second of speech.",
    "no_voice": "There is sound, but nobody speaks. Record a voice, closer to the microphone, or "
    "choose another file.",
}


class Evidence(NamedTuple):
    """How probable each emotion is over the course of the clip.

    Attributes:
        times_s: center of each evidence frame, shape `(n_times,)`.
        probabilities: shape `(n_labels, n_times)`; each column sums to 1.
    """

    times_s: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True, eq=False)
class Prediction:
    """A recognizer's answer to a clip.

    Attributes:
        label: the most probable label; None where the status is `silent`, `too_short` or
            `no_voice`.
        probabilities: per label, in the order of the model's labels; sums to 1. Empty where
            there is no label.
        status: `ok`, or why the answer deserves caution.
        duration_s: length of the clip.
        latency_ms: time for `decode`, `features` and `inference`.
        evidence: emotion over time; None where there is no label, or it is a speaker's own word.
        embedding: the clip's representation before the last layer, shape `(n_embedding,)`.
        logits: of the network, before a speaker changes them, shape `(n_labels,)`.
        device: where the network ran; empty where there is no label.
    """

    label: str | None
    probabilities: dict[str, float]
    status: Status
    duration_s: float
    latency_ms: dict[str, float] = field(default_factory=dict)
    evidence: Evidence | None = None
    embedding: np.ndarray | None = None
    logits: np.ndarray | None = None
    device: str = ""

    @property
    def sentence(self) -> str:
        """What to tell a person about the status; empty when all is well."""
        return STATUS_SENTENCES[self.status]
