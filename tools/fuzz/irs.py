"""Hostile IRs: a valid one with changed text, and some designed to exhaust a machine."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import openvino as ov
import openvino.opset13 as ops
from hypothesis import strategies as st

from tools import tiny_model

_LIES = ("0", "-1", "1", "2147483647", "9223372036854775807", "3000000000", "nan", "", "x" * 5000)


def greedy(xml: Path, elements: int = 3_000_000_000) -> Path:
    """A model of a few kilobytes that asks for 12 GB."""
    return _with_addition(xml, lambda log_mel: _sum_of_ones(elements))


def endless(xml: Path, when: str) -> Path:
    """A model with an endless loop, when it is compiled or when it runs."""

    def addition(log_mel: ov.Output) -> ov.Node:
        start = ops.constant(np.ones(1, np.float32))
        if when == "run":  # what depends on the input cannot be computed before
            start = ops.reshape(ops.reduce_mean(log_mel, [0, 1, 2, 3], False), [1], False)
        return _loop(start)

    return _with_addition(xml, addition)


def never_a_number(xml: Path) -> Path:
    """A model with damaged weights that returns NaN, which OpenVINO accepts."""
    return _with_addition(xml, lambda log_mel: ops.constant(np.full(1, np.nan, np.float32)))


def _with_addition(xml: Path, addition: Callable[[ov.Output], ov.Node]) -> Path:
    """The tiny network with something added to each of its outputs."""
    model = tiny_model.network()
    added = addition(model.input(0))
    for result in model.get_results():
        ending = ops.add(result.input_value(0), ops.convert(added, "f32"))
        ending.output(0).get_tensor().set_names(result.output(0).get_names())
        result.input(0).replace_source_output(ending.output(0))
    model.validate_nodes_and_infer_types()
    return tiny_model.write_ir(xml, model)


def _sum_of_ones(elements: int) -> ov.Node:
    ones = ops.broadcast(ops.constant(np.float32(1)), ops.constant(np.array([elements])))
    return ops.reduce_sum(ops.relu(ones), [0], keep_dims=True)


def _loop(start: ov.Node) -> ov.Node:
    value = ops.parameter([1], np.float32)
    following = ops.sin(value)
    for _ in range(50):
        following = ops.sin(following)
    body = ov.Model([following, ops.constant(np.array([True]))], [value], "body")
    loop = ops.loop(ops.constant(np.int64(-1)), ops.constant(np.array([True])))
    loop.set_function(body)
    loop.set_special_body_ports([-1, 1])
    loop.set_merged_input(value, start.output(0), body.get_results()[0].output(0))
    return loop.get_iter_value(body.get_results()[0].output(0), -1).get_node()


@st.composite
def changed_irs(draw: st.DrawFn) -> tuple[str, bytes]:
    """The text and weights of a valid IR after one or two changes."""
    text, weights = _good_ir()
    for _ in range(draw(st.sampled_from((1, 1, 2)))):
        kind = draw(st.sampled_from((*_PLACES, "weights", "weights", "cut", "remove")))
        if kind == "weights" and weights:
            # Damaged floats: most run without an error, some give NaN or infinity.
            place = draw(st.integers(0, len(weights) - 1)) & ~3
            value = draw(st.sampled_from((b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\xff\xff\x7f\x7f")))
            weights = weights[:place] + draw(st.sampled_from((value, b""))) + weights[place + 4 :]
        elif kind == "cut":
            text = text[: draw(st.integers(0, len(text)))]
        elif kind == "remove":
            lines = text.splitlines()
            start = draw(st.integers(0, len(lines)))
            text = "\n".join(lines[:start] + lines[start + draw(st.integers(1, 10)) :])
        elif places := [*re.finditer(_PLACES.get(kind, "$^"), text)]:
            types = sorted({place.group() for place in places})
            place = draw(st.sampled_from(places))
            lie = draw(st.sampled_from(types if kind == "type" else _LIES))
            text = text[: place.start()] + lie + text[place.end() :]
    return text, weights


_PLACES = {
    "dimension": r"(?<=<dim>)\d+",
    "attribute": r'(?<=[a-z]=")\d[\d, ]*(?=")',
    "setting": r"(?<=&quot;: )[\d.e-]+",
    "label": r"(?<=&quot;)[a-z]+(?=&quot;[,\]])",
    "type": r'(?<=type=")\w+',
}


@cache
def _good_ir() -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        xml = tiny_model.write_ir(Path(folder) / "good.xml")
        return xml.read_text(encoding="utf-8"), xml.with_suffix(".bin").read_bytes()
