"""Recordings of one speaker, as a model hears them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ser_core.models.prediction import Prediction


class Take(NamedTuple):
    """One recording of a speaker.

    Attributes:
        logits: of the model, before any correction, shape `(n_labels,)`.
        embedding: shape `(n_embedding,)`.
        label: one of the model's labels or a word of the speaker; empty if unknown.
    """

    logits: np.ndarray
    embedding: np.ndarray
    label: str = ""

    @classmethod
    def of(cls, prediction: Prediction, label: str = "") -> Take | None:
        """The take behind a prediction; None where there was nothing to classify."""
        if prediction.logits is None or prediction.embedding is None:
            return None
        return cls(prediction.logits, prediction.embedding, label)


def stacked(takes: Sequence[Take]) -> tuple[np.ndarray, np.ndarray]:
    """Logits, shape `(n_takes, n_labels)`, and embeddings, shape `(n_takes, n_embedding)`."""
    return np.stack([t.logits for t in takes]), np.stack([t.embedding for t in takes])
