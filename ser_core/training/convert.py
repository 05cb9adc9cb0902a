"""From a checkpoint to ONNX and to OpenVINO IRs in three precisions, with proof that they agree."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nncf
import numpy as np
import openvino as ov
import torch
from torch import nn

from ser_core.recognizer import SIGNATURE_PATH
from ser_core.signature import Signature

OUTPUT_NAMES = ("logits", "evidence", "embedding")
MAX_FP32_DIFFERENCE = 1e-3
MIN_INT8_AGREEMENT = 0.97


class ConversionError(RuntimeError):
    """A converted model does not answer like the network it came from."""


@dataclass(frozen=True)
class Agreement:
    """How far a converted model is from the PyTorch network on real windows.

    Attributes:
        max_logit_difference: largest absolute difference of a logit.
        label_agreement: share of windows with the same most probable label.
    """

    max_logit_difference: float
    label_agreement: float


class _ServedOutputs(nn.Module):
    """The outputs that are served; the attention is for training only."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, log_mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        outputs = self.network(log_mel)
        return outputs.logits, outputs.evidence, outputs.embedding


# What torch says of torchvision, and NNCF of each step, tells a person nothing.
logging.getLogger("torch.onnx").setLevel(logging.ERROR)
logging.getLogger("nncf").setLevel(logging.ERROR)


def export_onnx(network: nn.Module, signature: Signature, path: Path) -> None:
    """Write the network as ONNX (opset 18) with a fixed input shape, weights inside."""
    example = torch.zeros(1, 1, signature.features.n_mels, signature.n_frames)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's own, about torch
        torch.onnx.export(
            _ServedOutputs(network).eval(),
            (example,),
            path,
            input_names=["log_mel"],
            output_names=list(OUTPUT_NAMES),
            opset_version=18,
            external_data=False,
            verbose=False,
        )


def convert(
    network: nn.Module, signature: Signature, calibration: Sequence[np.ndarray], out: Path
) -> dict[str, Path]:
    """Write `fp32.xml`, `fp16.xml` and `int8.xml` (with their `.bin`) into a folder.

    Args:
        calibration: network inputs of training speakers for the post-training quantisation.

    Returns:
        The path of each precision's `.xml`.
    """
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        onnx_path = Path(folder) / "network.onnx"
        export_onnx(network, signature, onnx_path)
        fp32 = ov.convert_model(onnx_path)
    int8 = nncf.quantize(
        fp32,
        nncf.Dataset(list(calibration)),
        subset_size=len(calibration),
        ignored_scope=nncf.IgnoredScope(names=_head_operations(fp32)),
    )
    paths = {}
    for precision, model in (("FP32", fp32), ("FP16", fp32), ("INT8", int8)):
        model.set_rt_info(signature.to_json(), SIGNATURE_PATH)
        model.set_rt_info("Classification", ["model_info", "model_type"])
        model.set_rt_info(" ".join(signature.labels), ["model_info", "labels"])
        paths[precision] = out / f"{precision.lower()}.xml"
        ov.save_model(model, paths[precision], compress_to_fp16=precision == "FP16")
    return paths


def _head_operations(model: ov.Model) -> list[str]:
    """Names of all operations after the features that the attention looks at.

    The head pools variances, which 8 bits spoil (96.7 % equal labels on the main model, 99.3 %
    with the head in floating point), and it costs next to nothing.
    """
    tanh = next(op for op in model.get_ordered_ops() if op.get_type_name() == "Tanh")
    convolution = tanh
    while convolution.get_type_name() != "Convolution":
        convolution = convolution.input_value(0).get_node()
    found: dict[str, None] = {}
    waiting = [convolution.input_value(0).get_node()]
    while waiting:
        for port in waiting.pop().outputs():
            for target in port.get_target_inputs():
                operation = target.get_node()
                name = operation.get_friendly_name()
                if name not in found and operation.get_type_name() != "Result":
                    found[name] = None
                    waiting.append(operation)
    return list(found)


def torch_logits(network: nn.Module, windows: Sequence[np.ndarray]) -> np.ndarray:
    """Logits of the PyTorch network, shape `(n_windows, n_labels)`."""
    with torch.inference_mode():
        return np.concatenate([network(torch.from_numpy(x)).logits.numpy() for x in windows])


def ir_logits(xml: Path, windows: Sequence[np.ndarray]) -> np.ndarray:
    """Logits of an IR or ONNX file in OpenVINO, computed in float32."""
    compiled = ov.Core().compile_model(xml, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    return np.concatenate(
        [request.infer([x], share_inputs=False)["logits"].copy() for x in windows]
    )


def agreement(reference: np.ndarray, logits: np.ndarray) -> Agreement:
    """Compare two arrays of logits, shape `(n_windows, n_labels)`."""
    return Agreement(
        float(np.abs(reference - logits).max()),
        float(np.mean(reference.argmax(axis=1) == logits.argmax(axis=1))),
    )


def verify(
    network: nn.Module, signature: Signature, paths: dict[str, Path], windows: Sequence[np.ndarray]
) -> dict[str, Agreement]:
    """Hold ONNX and every IR against the PyTorch network on real windows.

    Raises:
        ConversionError: ONNX or FP32 differs by more than 1e-3 or in a label, or INT8 agrees on
            fewer than 97 % of the labels.
    """
    reference = torch_logits(network, windows)
    with tempfile.TemporaryDirectory() as folder:
        onnx_path = Path(folder) / "network.onnx"
        export_onnx(network, signature, onnx_path)
        found = {"ONNX": agreement(reference, ir_logits(onnx_path, windows))}
    found |= {p: agreement(reference, ir_logits(xml, windows)) for p, xml in paths.items()}
    for precision in ("ONNX", "FP32"):
        result = found[precision]
        if result.max_logit_difference > MAX_FP32_DIFFERENCE or result.label_agreement < 1:
            raise ConversionError(
                f"{precision} differs from PyTorch by {result.max_logit_difference:.2g} (at most "
                f"{MAX_FP32_DIFFERENCE:g} is allowed) and agrees on "
                f"{result.label_agreement:.1%} of the labels (all must agree)."
            )
    if found["INT8"].label_agreement < MIN_INT8_AGREEMENT:
        raise ConversionError(
            f"INT8 agrees with PyTorch on {found['INT8'].label_agreement:.1%} of the labels; "
            f"at least {MIN_INT8_AGREEMENT:.0%} is required. Calibrate with more clips."
        )
    return found
