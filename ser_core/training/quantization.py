"""Post-training quantization to INT8 that watches the answers while it rounds the layers."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import nncf
import numpy as np
import openvino as ov

from ser_core.inference.network import WEIGHTED_LAYERS
from ser_core.models.card import Agreement
from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.verification import good_enough_in_8_bits, require_close

# What NNCF says of each step tells a person nothing.
logging.getLogger("nncf").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Quantized:
    """A network in 8 bits.

    Attributes:
        float_parts: what was left in floating point on purpose, for people.
        float_layers: the names of all convolutions and matrix products that stayed so; NNCF
            leaves out some of its own accord, such as the gates of squeeze-excitation.
        tried: per attempt, what stayed in floating point and how the network then answered.
    """

    model: ov.Model
    float_parts: str
    float_layers: list[str]
    tried: list[tuple[str, Agreement]]


def quantize(
    model: ov.Model,
    calibration: Sequence[np.ndarray],
    compare: Callable[[ov.Model], Agreement],
    progress: Progress = SILENT,
) -> Quantized:
    """Quantize as much as the answers allow: first all but the head, then ever fewer layers.

    Whole parts return to floating point instead of single layers, as NNCF's own accuracy control
    would choose them: on a few hundred clips its metric is noise.

    Args:
        calibration: network inputs of training speakers, which give the ranges of the values.
        compare: how a quantized model answers on the validation speakers.
        progress: gets a line for each attempt.

    Raises:
        ConversionError: even with most layers in floating point, fewer than 97 % of the labels
            are equal or UAR drops by more than 2 points.
    """
    tried: list[tuple[str, Agreement]] = []
    attends = any(op.get_type_name() == "ScaledDotProductAttention" for op in model.get_ops())
    for parts, names in _float_parts(model):
        with contextlib.redirect_stdout(io.StringIO()):  # NNCF's own progress bars
            quantized = nncf.quantize(
                model,
                nncf.Dataset(list(calibration)),
                subset_size=len(calibration),
                model_type=nncf.ModelType.TRANSFORMER if attends else None,
                ignored_scope=nncf.IgnoredScope(names=names),
            )
            if attends:  # a third of the file are weights of layers that compute in floating point
                quantized = nncf.compress_weights(
                    quantized,
                    mode=nncf.CompressWeightsMode.INT8_ASYM,
                    ignored_scope=nncf.IgnoredScope(names=head_operations(model)),
                )
        agreement = compare(quantized)
        tried.append((parts, agreement))
        progress.say(f"INT8 with {parts} in floating point: {agreement}")
        if good_enough_in_8_bits(agreement):
            break
    else:
        require_close(f"INT8, even with {parts} in floating point,", agreement)
    return Quantized(quantized, parts, _float_layers(quantized), tried)


def _float_parts(model: ov.Model) -> Iterator[tuple[str, list[str]]]:
    """What to leave in floating point, attempt by attempt: words for it, and operation names."""
    head = head_operations(model)
    body = [op for op in _layers(model) if op.get_friendly_name() not in head]
    perceptrons = [op.get_friendly_name() for op in body if _beside_gelu(op)]
    if perceptrons:  # a few channels between their two layers reach far beyond the others
        yield "the head and the perceptrons", head + perceptrons
    first = [op.get_friendly_name() for op in body]
    depthwise = [op.get_friendly_name() for op in body if op.get_type_name() == "GroupConvolution"]
    yield "the head", head
    # It sees the widest range of values: 80 dB of level.
    yield "the head and the first convolution", head + first[:1]
    if depthwise:  # 8 bits for all channels of a depthwise filter spoil the quiet ones
        yield "the head, the first and all depthwise convolutions", head + first[:1] + depthwise
    for share, words in ((4, "quarter"), (2, "half")):
        chosen = dict.fromkeys((*head, *first[: len(first) // share], *depthwise))
        yield f"the head, depthwise and the first {words} of the convolutions", list(chosen)


def head_operations(model: ov.Model) -> list[str]:
    """Names of all operations after the features that are pooled over time.

    The head pools variances, which 8 bits spoil (97 % equal labels on the main model, 99 %
    with the head in floating point), or over the frames that sound, which is told by their power;
    and it costs next to nothing.
    """
    operations = model.get_ordered_ops()
    head: dict[str, None] = {}
    waiting = [_pooled_features(operations)]
    while waiting:
        for port in waiting.pop().outputs():
            for target in port.get_target_inputs():
                operation = target.get_node()
                name = operation.get_friendly_name()
                if name not in head and operation.get_type_name() != "Result":
                    head[name] = None
                    waiting.append(operation)
    # The power of the frames, which says what is pooled, is no layer's and comes from the input.
    power = [op.get_friendly_name() for op in operations if op.get_type_name() in _POWER]
    return [*head, *(name for name in power if name not in head)]


_POWER = ("Exp", "ReduceSum", "MaxPool", "ReduceMax", "GreaterEqual")


def _pooled_features(operations: list[ov.Node]) -> ov.Node:
    """What the attention looks at or, where it is no attention that pools, what is pooled."""
    tanh = next((op for op in operations if op.get_type_name() == "Tanh"), None)
    if tanh is None:
        embedding = next(op for op in operations if "embedding" in op.output(0).get_names())
        while embedding.get_type_name() != "MatMul":
            embedding = embedding.input_value(0).get_node()
        return embedding.input_value(1).get_node()
    layer = tanh
    while layer.get_type_name() != "Convolution":
        layer = layer.input_value(0).get_node()
    return layer.input_value(0).get_node()


def _beside_gelu(layer: ov.Node) -> bool:
    """Whether a matrix product stands before or behind a GELU, its bias left aside."""
    if layer.get_type_name() != "MatMul":
        return False
    behind = layer
    for _ in range(2):
        (behind, *_) = [port.get_node() for port in behind.output(0).get_target_inputs()]
        if behind.get_type_name() == "Gelu":
            return True
    return layer.input_value(0).get_node().get_type_name() == "Gelu"


def _layers(model: ov.Model) -> list[ov.Node]:
    return [op for op in model.get_ordered_ops() if op.get_type_name() in WEIGHTED_LAYERS]


def _float_layers(quantized: ov.Model) -> list[str]:
    """Layers whose weights are not rounded: 8-bit integers are converted and scaled first."""
    return [
        op.get_friendly_name()
        for op in _layers(quantized)
        if op.input_value(1).get_node().get_type_name() == "Constant"
    ]
