"""Does a converted model answer like the PyTorch network that it came from?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import torch
from torch import nn

from ser_core.evaluation.metrics import accuracy, uar
from ser_core.inference.network import compile_options
from ser_core.models.card import Agreement
from ser_core.training.clips import Clips

MAX_FP32_DIFFERENCE = 1e-3
MIN_INT8_AGREEMENT = 0.97
MAX_INT8_UAR_DROP = 0.02
"""On some 200 validation clips; one clip of the rarest emotion weighs 0.8 points there."""


class ConversionError(RuntimeError):
    """A converted model does not answer like the network it came from."""


class Witness:
    """The PyTorch network's answers to every window of the validation clips."""

    def __init__(self, network: nn.Module, clips: Clips):
        self.windows, self._owners = clips.windows
        self._targets = clips.targets
        self._logits = torch_logits(network, self.windows)

    def __len__(self) -> int:
        return len(self.windows)

    def compare(self, model: Path | ov.Model) -> Agreement:
        """Hold an IR, an ONNX file or a model in memory against PyTorch."""
        logits = ir_logits(model, self.windows)
        expected, predicted = (self._clip_labels(x) for x in (self._logits, logits))
        return Agreement(
            float(np.abs(self._logits - logits).max()),
            float(np.mean(self._logits.argmax(axis=1) == logits.argmax(axis=1))),
            accuracy(self._targets, expected) - accuracy(self._targets, predicted),
            uar(self._targets, expected) - uar(self._targets, predicted),
        )

    def _clip_labels(self, logits: np.ndarray) -> np.ndarray:
        total = np.zeros((len(self._targets), logits.shape[1]))
        np.add.at(total, self._owners, logits)
        windows_per_clip = np.bincount(self._owners, minlength=len(self._targets))
        return (total / windows_per_clip[:, None]).argmax(axis=1)


def torch_logits(network: nn.Module, windows: Sequence[np.ndarray]) -> np.ndarray:
    """Logits of the PyTorch network, shape `(n_windows, n_labels)`."""
    with torch.inference_mode():
        return np.concatenate([network(torch.from_numpy(x)).logits.numpy() for x in windows])


def ir_logits(model: Path | ov.Model, windows: Sequence[np.ndarray]) -> np.ndarray:
    """Logits of an IR, an ONNX file or a model in memory, compiled as in the app."""
    compiled = ov.Core().compile_model(model, "CPU", compile_options())
    request = compiled.create_infer_request()
    return np.concatenate(
        [request.infer([x], share_inputs=False)["logits"].copy() for x in windows]
    )


def good_enough_in_8_bits(agreement: Agreement) -> bool:
    """Whether a quantized model may take the place of the network."""
    return (
        agreement.label_agreement >= MIN_INT8_AGREEMENT
        and agreement.uar_drop <= MAX_INT8_UAR_DROP + 1e-9  # 1.0 - 0.98 exceeds 0.02
    )


def require_equal(name: str, agreement: Agreement) -> None:
    """Refuse ONNX or FP32 that changed an answer.

    Raises:
        ConversionError: a logit differs by more than 1e-3, or a label differs.
    """
    # Not `>`: a difference that is not a number has to fail, too.
    if not agreement.max_logit_difference <= MAX_FP32_DIFFERENCE or agreement.label_agreement < 1:
        raise ConversionError(
            f"{name} differs from PyTorch by {agreement.max_logit_difference:.2g} (at most "
            f"{MAX_FP32_DIFFERENCE:g} is allowed) and agrees on {agreement.label_agreement:.1%} "
            "of the labels (all must agree)."
        )


def require_close(name: str, agreement: Agreement) -> None:
    """Refuse 8 bits that changed too many answers.

    Raises:
        ConversionError: fewer than 97 % of the labels are equal, or UAR drops by over 2 points.
    """
    if not good_enough_in_8_bits(agreement):
        raise ConversionError(
            f"{name} changes the answers too much: {agreement}. At least {MIN_INT8_AGREEMENT:.0%} "
            f"of the labels must be equal, and UAR may drop by {100 * MAX_INT8_UAR_DROP:g} points. "
            "Calibrate with more clips, or train longer: answers that are close to call flip first."
        )
