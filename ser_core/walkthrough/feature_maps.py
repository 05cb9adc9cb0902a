"""The output of each block of a network for a model window: its feature maps.

They come from the IR itself: the tensors at the ends of its blocks become additional outputs. Where
blocks attend, the maps are those of the attention: how much each time takes from each other one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import openvino as ov
from scipy.special import softmax

from ser_core.inference.network import compile_options
from ser_core.models.recognizer import Recognizer

MAX_BLOCKS = 6
_ATTENTION, _SCALE_INPUT = "ScaledDotProductAttention", 4
_ACTIVATIONS = ("Relu", "Swish", "Clamp")


class BlockMaps(NamedTuple):
    """Feature maps at the end of a block.

    Attributes:
        name: of the operation in the IR.
        maps: shape `(channels, height, width)`: height along frequency, width along time. Of
            attention, shape `(heads, times, times)`; each row sums to 1.
    """

    name: str
    maps: np.ndarray

    def strongest(self, n: int) -> np.ndarray:
        """Indices of the channels whose maps vary most, in that order, shape `(at most n,)`."""
        return np.argsort(-self.maps.std(axis=(1, 2)), kind="stable")[:n]


class FeatureMaps:
    """An IR with the ends of its blocks as additional outputs; calling it runs one model window.

    Args:
        recognizer: the model whose IR to open; it is compiled again, in float32.

    Attributes:
        of_attention: the maps are those of attention.
    """

    def __init__(self, recognizer: Recognizer):
        core = ov.Core()
        model = core.read_model(recognizer.path)
        self._first_map = len(model.outputs)
        operations = {op.get_friendly_name(): op for op in model.get_ordered_ops()}
        attending = [n for n, op in operations.items() if op.get_type_name() == _ATTENTION]
        self.names, self.of_attention = attending or block_ends(model), bool(attending)
        self._scales = [_scale(operations[name]) for name in attending]
        ends = [operations[name].output(0) for name in self.names]
        if attending:
            # The operation keeps its maps to itself, so they are computed from its inputs.
            ends = [operations[name].input_value(i) for name in attending for i in (0, 1)]
        model.add_outputs(ends)
        self._compiled = core.compile_model(model, "CPU", compile_options())

    def __call__(self, network_input: np.ndarray) -> list[BlockMaps]:
        """Feature maps of a level-normalized window, shape `(1, 1, n_mels, n_frames)`."""
        # A separate request for each call, so that visitors do not get each other's maps.
        request = self._compiled.create_infer_request()
        request.infer([network_input], share_inputs=False)
        ends = [
            request.get_output_tensor(i).data[0].copy()
            for i in range(self._first_map, len(self._compiled.outputs))
        ]
        if self.of_attention:
            ends = [
                softmax(scale * queries @ keys.swapaxes(1, 2), axis=2)
                for scale, queries, keys in zip(self._scales, ends[::2], ends[1::2], strict=True)
            ]
        return [BlockMaps(name, maps) for name, maps in zip(self.names, ends, strict=True)]


def _scale(attention: ov.Node) -> float:
    """What the products of queries and keys are multiplied by: an input, or the default."""
    if attention.get_input_size() > _SCALE_INPUT:
        return float(attention.input_value(_SCALE_INPUT).get_node().data.item())
    return float(attention.get_input_shape(0)[-1] ** -0.5)


def block_ends(model: ov.Model) -> list[str]:
    """Names of the operations that end a block, at most `MAX_BLOCKS`, in order.

    A block ends with an activation that no shortcut bypasses. Only maps count: tensors with more
    than one position along both frequency and time.
    """
    order = model.get_ordered_ops()
    place = {op.get_friendly_name(): i for i, op in enumerate(order)}
    from_input = {op.get_friendly_name() for op in model.get_parameters()}
    ends, furthest = [], 0
    for i, op in enumerate(order):
        if op.get_friendly_name() not in from_input:
            continue
        if furthest <= i and op.get_type_name() in _ACTIVATIONS and _is_map(op):
            ends.append(op.get_friendly_name())
        users = [t.get_node().get_friendly_name() for t in op.output(0).get_target_inputs()]
        from_input.update(users)
        furthest = max([furthest, *(place[user] for user in users)])
    if len(ends) <= MAX_BLOCKS:
        return ends
    return [ends[i] for i in np.linspace(0, len(ends) - 1, MAX_BLOCKS).round().astype(int)]


def _is_map(op: ov.Node) -> bool:
    shape = op.get_output_shape(0)
    return len(shape) == 4 and min(shape[2:]) > 1
