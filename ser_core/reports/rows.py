"""Predictions as data for people and programs to keep."""

from __future__ import annotations

import platform
from importlib import metadata

import msgspec

from ser_core.models.prediction import Prediction, Status
from ser_core.models.recognizer import Recognizer
from ser_core.models.segments import Segment
from ser_core.reports.csv_table import Value

_PACKAGES = ("streamlit", "plotly", "openvino", "numpy", "scipy", "soundfile", "soxr", "av")


class AnswerRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a model answers to one file, on the command line and in the app's downloads alike.

    Attributes:
        latency_ms: by stage.
        note: what to know about a picture, or which part of a recording this is.
        actual: the label that the file is known to have.
        start_s, end_s: of the stretch that the row is about; None for the whole file.
    """

    file: str
    model: str
    precision: str
    device: str
    label: str | None
    probabilities: dict[str, float]
    status: Status
    duration_s: float
    latency_ms: dict[str, float]
    note: str = ""
    actual: str = ""
    start_s: float | None = None
    end_s: float | None = None


def segment_row(row: AnswerRow, segment: Segment) -> AnswerRow:
    """The row of a stretch of the file that a row is about."""
    return msgspec.structs.replace(
        row,
        label=segment.label,
        probabilities={label: round(p, 6) for label, p in segment.probabilities.items()},
        status=segment.status,
        start_s=round(segment.start_s, 3),
        end_s=round(segment.end_s, 3),
    )


def as_row(
    file: str, prediction: Prediction, recognizer: Recognizer, note: str = "", actual: str = ""
) -> AnswerRow:
    """A prediction as a row, its figures rounded."""
    card = recognizer.card
    return AnswerRow(
        file=file,
        model=card.name if card else str(recognizer.path),
        precision=recognizer.precision,
        device=prediction.device or recognizer.device,
        label=prediction.label,
        probabilities={k: round(p, 6) for k, p in prediction.probabilities.items()},
        status=prediction.status,
        duration_s=round(prediction.duration_s, 3),
        latency_ms={stage: round(ms, 3) for stage, ms in prediction.latency_ms.items()},
        note=note,
        actual=actual,
    )


def as_line(row: AnswerRow) -> dict[str, Value]:
    """A row as a line of a table: a column per label, the whole latency, and each of its stages."""
    flat = msgspec.to_builtins(row)
    del flat["probabilities"], flat["latency_ms"]
    latency_ms = round(sum(row.latency_ms.values()), 3)
    stages = {f"{stage}_ms": ms for stage, ms in row.latency_ms.items()}
    return flat | row.probabilities | {"latency_ms": latency_ms or ""} | stages


def versions() -> dict[str, str]:
    """What answers here: Python, and the packages that are installed."""
    versions = {"Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # the core needs no streamlit
            continue
    return versions
