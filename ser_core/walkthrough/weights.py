"""The weights of a layer as the IRs of the three precisions store them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov

from ser_core.inference.network import WEIGHTED_LAYERS

_BETWEEN = ("Convert", "Multiply", "Subtract", "Reshape")  # a constant and the layer that uses it


def layer_weights(xml: Path) -> dict[str, np.ndarray]:
    """Weights by the name of their layer, as stored: float32, float16 or int8.

    Layers of a quantized IR that stayed in floating point are returned as such.
    """
    model = ov.Core().read_model(xml)
    weights = {}
    for op in model.get_ordered_ops():
        if op.get_type_name() in WEIGHTED_LAYERS:
            constant = _constant_behind(op.input_value(1).get_node())
            if constant is not None:
                weights[op.get_friendly_name()] = np.array(constant.data)
    return weights


def _constant_behind(node: ov.Node) -> ov.Node | None:
    while node.get_type_name() in _BETWEEN:
        node = node.input_value(0).get_node()
    return node if node.get_type_name() == "Constant" else None
