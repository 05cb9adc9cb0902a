"""What conversion makes of a network's operations: frozen, folded, fused, in 8 bits.

The 2020 group asked the Model Optimizer for these steps by flags. Here they happen by themselves,
and this module counts what is left after each.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import onnx
import openvino as ov
from torch import nn

from ser_core.inference.network import compile_options

# Shapes and constants cost no time; a reshape only renames the axes.
_FREE = {"Const", "Constant", "Input", "Parameter", "Output", "Result", "Reshape"}
_LAYERS = {"Convolution", "FullyConnected"}


@dataclass(frozen=True)
class Execution:
    """What the CPU runs for an IR.

    Attributes:
        executed: how often each kind of operation runs.
        fused: which operations of the IR run as one, joined by ` + `, and how often.
        layers: convolutions and matrix products among them.
        layers_in_8_bits: how many of these are computed in 8-bit integers.
    """

    executed: dict[str, int]
    fused: dict[str, int]
    layers: int
    layers_in_8_bits: int


def torch_operations(network: nn.Module) -> dict[str, int]:
    """Number of layers of each kind in a PyTorch network."""
    leaves = (m for m in network.modules() if next(m.children(), None) is None)
    return _sorted(Counter(type(leaf).__name__ for leaf in leaves))


def onnx_operations(path: Path) -> dict[str, int]:
    """Number of operations of each kind in an ONNX file."""
    return _sorted(Counter(node.op_type for node in onnx.load(path).graph.node))


def ir_operations(model: ov.Model) -> dict[str, int]:
    """Number of operations of each kind in an IR, without constants, input and outputs."""
    return _sorted(Counter(op.get_type_name() for op in model.get_ops()), without=_FREE)


def execution(xml: Path) -> Execution:
    """What is left of an IR when it is compiled for this machine's CPU in float32."""
    core = ov.Core()
    model = core.read_model(xml)
    kinds = {op.get_friendly_name(): op.get_type_name() for op in model.get_ops()}
    compiled = core.compile_model(model, "CPU", compile_options())
    executed: Counter[str] = Counter()
    fused: Counter[str] = Counter()
    layers_in_8_bits = 0
    for op in compiled.get_runtime_model().get_ordered_ops():
        facts = op.get_rt_info()
        kind = facts["layerType"].astype(str)
        if kind in _FREE:
            continue
        executed[kind] += 1
        together = [
            kinds.get(name) or _kind_by_name(name)
            for name in facts["originalLayersNames"].astype(str).split(",")
            if name
        ]
        if len(together) > 1:
            fused[" + ".join(together)] += 1
        in_8_bits = facts["primitiveType"].astype(str).lower().endswith("i8")
        layers_in_8_bits += kind in _LAYERS and in_8_bits
    layers = sum(executed[kind] for kind in _LAYERS)
    return Execution(_sorted(executed), _sorted(fused), layers, layers_in_8_bits)


def _kind_by_name(name: str) -> str:
    """The kind of an operation that the compiler added, such as `Multiply_4783`."""
    return re.sub(r"(.*/)?([A-Za-z]+?)(_\d+)*$", r"\2", name).removeprefix("Dequantization")


def _sorted(counts: Counter[str], without: Collection[str] = ()) -> dict[str, int]:
    return {kind: n for kind, n in counts.most_common() if kind not in without}
