"""Predictions as data for people and programs to keep."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer

_PACKAGES = ("streamlit", "plotly", "openvino", "numpy", "scipy", "soundfile", "soxr", "av")


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
        "device": prediction.device or recognizer.device,
        "label": prediction.label,
        "probabilities": {k: round(p, 6) for k, p in prediction.probabilities.items()},
        "status": prediction.status,
        "duration_s": round(prediction.duration_s, 3),
        "latency_ms": {stage: round(ms, 3) for stage, ms in prediction.latency_ms.items()},
    }
    return row | ({"note": note} if note else {})


def as_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `as_row` as a line of a table: a column per label, and the whole latency."""
    flat = {key: value for key, value in row.items() if key not in ("probabilities", "latency_ms")}
    latency_ms = round(sum(row.get("latency_ms", {}).values()), 3)
    return flat | row.get("probabilities", {}) | {"latency_ms": latency_ms or ""}


def versions() -> dict[str, str]:
    """What answers here: Python, and the packages that are installed."""
    found = {"Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # the core needs no streamlit
            continue
    return found
