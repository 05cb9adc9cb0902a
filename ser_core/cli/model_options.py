"""The options that choose a model, its precision and its device."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Precision(StrEnum):
    FP32 = "FP32"
    FP16 = "FP16"
    INT8 = "INT8"


PrecisionOption = Annotated[
    Precision | None,
    typer.Option(help="How the weights are stored. [the most exact that the model comes in]"),
]

SpeakerOption = Annotated[
    Path | None,
    typer.Option(
        "--speaker",
        help="Who speaks: a file from `adapt` or the app. Without -m, it chooses the model.",
    ),
]


class Device(StrEnum):
    CPU = "CPU"
    GPU = "GPU"
    NPU = "NPU"
    AUTO = "AUTO"
