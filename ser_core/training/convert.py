"""From PyTorch to ONNX and on to OpenVINO IRs in three precisions, verified at each step."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import torch
from msgspec.structs import asdict
from torch import nn

from ser_core.inference.network import NetworkOutput
from ser_core.models.card import (
    PRECISIONS,
    Attempt,
    Conversion,
    Int8Report,
    IrReport,
    OnnxReport,
    TorchReport,
)
from ser_core.models.recognizer import SIGNATURE_PATH
from ser_core.models.signature import Signature
from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.operations import (
    execution,
    ir_operations,
    onnx_operations,
    torch_operations,
)
from ser_core.training.quantization import Quantized, quantize
from ser_core.training.verification import (
    Witness,
    require_close,
    require_equal,
)

# What torch says of torchvision tells a person nothing.
logging.getLogger("torch.onnx").setLevel(logging.ERROR)


class _ServedOutputs(nn.Module):
    """The outputs that are served; the attention is for training only."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, log_mel: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        outputs = self.network(log_mel)
        return outputs.logits, outputs.evidence, outputs.embedding


def export_onnx(network: nn.Module, signature: Signature, path: Path) -> None:
    """Write the network as ONNX with a fixed input, `log_mel`, and the outputs that are served."""
    example = torch.zeros(1, 1, signature.features.n_mels, signature.n_frames)
    write_onnx(_ServedOutputs(network), example, "log_mel", NetworkOutput._fields, path)


def traced_ir(network: nn.Module, signature: Signature) -> ov.Model:
    """The network as an IR in memory, without the way through ONNX: much faster, alike in use."""
    shape = [1, 1, signature.features.n_mels, signature.n_frames]
    served = _ServedOutputs(network).eval()
    model = ov.convert_model(served, example_input=(torch.zeros(shape),), input=shape)
    model.inputs[0].get_tensor().set_names({"log_mel"})
    for output, name in zip(model.outputs, NetworkOutput._fields, strict=True):
        output.get_tensor().set_names({name})
    return model


def write_onnx(
    module: nn.Module, example: torch.Tensor, input_name: str, outputs: Sequence[str], path: Path
) -> None:
    """Write a module as ONNX (opset 18), frozen, with the example's shape and weights inside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's own, about torch
        torch.onnx.export(
            module.eval(),
            (example,),
            path,
            input_names=[input_name],
            output_names=list(outputs),
            opset_version=18,
            external_data=False,
            verbose=False,
        )


def convert(
    network: nn.Module,
    signature: Signature,
    calibration: Sequence[np.ndarray],
    witness: Witness,
    out: Path,
    progress: Progress = SILENT,
) -> Conversion:
    """Write `fp32.xml`, `fp16.xml` and `int8.xml` (with their `.bin`) into a folder, and verify.

    Args:
        calibration: network inputs of training speakers for the post-training quantization.
        witness: PyTorch's answers on the validation speakers, which every file must give too.
        progress: gets each line of the report.

    Raises:
        ConversionError: ONNX or FP32 differs by more than 1e-3 or in a label, or INT8 agrees on
            fewer than 97 % of the labels or loses more than 2 points of UAR.
    """
    out.mkdir(parents=True, exist_ok=True)
    layers = torch_operations(network)
    progress.say(f"PyTorch: {counted(layers, 'layers')}")
    onnx, fp32 = _openvino_model(network, signature, witness, progress)
    quantized = quantize(fp32, calibration, witness.compare, progress)
    models = {"FP32": fp32, "FP16": fp32, "INT8": quantized.model}
    reports = {}
    for precision in PRECISIONS:
        xml = out / f"{precision.lower()}.xml"
        save_signed(models[precision], signature, xml, compress_to_fp16=precision == "FP16")
        report = IrReport(
            **asdict(witness.compare(xml)),
            operations=ir_operations(models[precision]),
            **vars(execution(xml)),
        )
        for line in _lines(precision, report, size(xml)):
            progress.say(line)
        if precision == "FP32":
            require_equal(precision, report)
        elif precision == "INT8":
            require_close(precision, report)
        reports[precision] = report
    return Conversion(
        pytorch=TorchReport(layers),
        onnx=onnx,
        fp32=reports["FP32"],
        fp16=reports["FP16"],
        int8=_int8_report(reports["INT8"], quantized),
    )


def _int8_report(report: IrReport, quantized: Quantized) -> Int8Report:
    """The report on an IR, with what stayed in floating point."""
    return Int8Report(
        **asdict(report),
        float_parts=quantized.float_parts,
        float_layers=quantized.float_layers,
        tried=[Attempt(float_parts=parts, **asdict(a)) for parts, a in quantized.tried],
    )


def _openvino_model(
    network: nn.Module, signature: Signature, witness: Witness, progress: Progress
) -> tuple[OnnxReport, ov.Model]:
    """A network by way of ONNX in memory, each verified."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        export_onnx(network, signature, path)
        report = OnnxReport(
            **asdict(witness.compare(path)),
            operations=onnx_operations(path),
            bytes=path.stat().st_size,
        )
        progress.say(f"ONNX: {counted(report.operations)}; {report.bytes / 1e6:.2f} MB")
        progress.say(f"  {report}")
        require_equal("ONNX", report)
        model = ov.convert_model(path)
        require_equal("FP32", witness.compare(model))
    return report, model


def _lines(precision: str, report: IrReport, n_bytes: int) -> Iterator[str]:
    """A report on an IR for the person who waits."""
    yield f"{precision}: {counted(report.operations)}; {n_bytes / 1e6:.2f} MB"
    yield f"  {report}"
    if precision != "FP16":  # runs as FP32 does
        yield f"  fused, the CPU executes {counted(report.executed)}"
        for kinds, n in list(report.fused.items())[:3]:
            yield f"  {n} times as one: {kinds}"
    if precision == "INT8":
        yield f"  {report.layers_in_8_bits} of {report.layers} convolutions and products in 8 bits"


def save_signed(
    model: ov.Model, signature: Signature, xml: Path, compress_to_fp16: bool = False
) -> None:
    """Save an IR that carries its signature, and its labels as OpenVINO's Model API reads them."""
    model.set_rt_info(signature.to_json(), SIGNATURE_PATH)
    model.set_rt_info("Classification", ["model_info", "model_type"])
    model.set_rt_info(" ".join(signature.labels), ["model_info", "labels"])
    ov.save_model(model, xml, compress_to_fp16=compress_to_fp16)


def size(xml: Path) -> int:
    """Bytes of an IR: `.xml` and `.bin`."""
    return xml.stat().st_size + xml.with_suffix(".bin").stat().st_size


def counted(operations: dict[str, int], what: str = "operations", most: int = 6) -> str:
    """Such as `105 operations (32 Add, 23 Conv, …)`."""
    named = [f"{n} {kind}" for kind, n in list(operations.items())[:most]]
    more = ["…"] if len(operations) > most else []
    return f"{sum(operations.values())} {what} ({', '.join(named + more)})"
