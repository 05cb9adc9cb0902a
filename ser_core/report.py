"""A prediction as data for people and programs to keep."""

from __future__ import annotations

from typing import Any

from ser_core.prediction import Prediction
from ser_core.recognizer import Recognizer


def as_row(
    file: str, prediction: Prediction, recognizer: Recognizer, note: str = ""
) -> dict[str, Any]:
    """The JSON object of one file, on the command line and in the app's downloads alike.

    Args:
        note: what to know about a picture; left out where it is empty.
    """
    card = recognizer.card
    row = {
        "file": file,
        "model": card.name if card else str(recognizer.path),
        "precision": recognizer.precision,
        "label": prediction.label,
        "probabilities": {k: round(p, 6) for k, p in prediction.probabilities.items()},
        "status": prediction.status,
        "duration_s": round(prediction.duration_s, 3),
        "latency_ms": {stage: round(ms, 3) for stage, ms in prediction.latency_ms.items()},
    }
    return row | ({"note": note} if note else {})
