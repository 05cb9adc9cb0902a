"""The options that choose a model, its precision and its device."""

from __future__ import annotations

from enum import StrEnum


class Precision(StrEnum):
    FP32 = "FP32"
    FP16 = "FP16"
    INT8 = "INT8"


class Device(StrEnum):
    CPU = "CPU"
    GPU = "GPU"
    NPU = "NPU"
    AUTO = "AUTO"
