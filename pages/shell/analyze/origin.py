"""Which machine the answers came from, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from ser_core.inference.kserve import REMOTE
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer


def origin(recognizer: Recognizer, predictions: Sequence[Prediction]) -> str:
    """Where the networks ran, and what that means for their times."""
    devices = {prediction.device for prediction in predictions if prediction.device}
    if recognizer.device != REMOTE:
        return f"The time is for the network alone, on this {recognizer.device}."
    if devices <= {REMOTE}:
        return "The inference server answered; the time includes the round trip."
    if REMOTE in devices:
        return "The inference server did not answer every time, so this machine ran the rest."
    return "The inference server did not answer, so this machine ran the network."
