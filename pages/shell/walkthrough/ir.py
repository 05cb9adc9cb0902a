"""Step 9: what conversion does to the network: operations, weights, answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from pages.shell.chart import show_chart
from pages.shell.models import compiled
from pages.shell.walkthrough.lesson import Lesson, NotShownError, Rows, choose_view
from ser_core.audio.clip import Clip
from ser_core.charts.walkthrough import inside_network as charts
from ser_core.evaluation.metrics import percent
from ser_core.models.card import ModelCard, Precision
from ser_core.models.labels import emotion_name
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.walkthrough.weights import layer_weights

_OPERATIONS, _WEIGHTS, _ANSWERS = "Operations", "Weights", "Answers"
_STAGES = {
    "pytorch": "PyTorch: layers",
    "onnx": "ONNX: operations",
    "fp32": "OpenVINO IR: operations",
    "executed": "Run by the CPU, fused",
}
_IN_WORDS = {
    "convolution": "slides a filter",
    "matmul": "multiplies matrices",
    "relu": "turns negative numbers into 0",
    "gelu": "turns negative numbers nearly into 0",
    "sigmoid": "maps any number to one between 0 and 1",
}


def show_ir(lesson: Lesson) -> Rows:
    """Operations before and after, weights in three precisions, and their answers."""
    view = choose_view((_OPERATIONS, _WEIGHTS, _ANSWERS), "ir")
    card = lesson.recognizer.card
    if card is None:
        raise NotShownError("This model has no card. Clone the repository again.")
    if view == _WEIGHTS:
        return _weights(lesson.recognizer, card)
    return _answers(lesson, card) if view == _ANSWERS else _operations(card)


def _operations(card: ModelCard) -> Rows:
    pytorch, onnx, fp32 = card.conversion.pytorch, card.conversion.onnx, card.conversion.fp32
    if pytorch is None or onnx is None or fp32 is None:
        raise NotShownError("The card of this model has no conversion report. Convert it again.")
    counts = {
        "pytorch": pytorch.operations,
        "onnx": onnx.operations,
        "fp32": fp32.operations,
        "executed": fp32.executed,
    }
    bars = {_STAGES[stage]: sum(of.values()) for stage, of in counts.items()}
    figure, words = st.columns([3, 2], gap="medium")
    with figure:
        show_chart(
            charts.counts(bars, "Number of operations"),
            key="operations",
            alt="Operations: " + ", ".join(f"{name} {n}" for name, n in bars.items()),
        )
    with words:
        st.markdown("**What runs as a single step in the end**")
        fused = sorted(fp32.fused.items(), key=lambda pair: -pair[1])
        st.markdown("\n".join(f"- {n} × {_readable(names)}" for names, n in fused[:6]))
        st.caption(
            f"{_explained(fused[:6])}PyTorch counts layers; ONNX and the IR also count "
            "the additions and multiplications in between, the IR even each filter's bias. Fused "
            "operations save the trip to memory and back."
        )
    return [
        {"stage": stage, "operation": kind, "count": n}
        for stage, of in counts.items()
        for kind, n in of.items()
    ]


def _explained(fused: Sequence[tuple[str, int]]) -> str:
    """A sentence on the operations whose names do not say what they do."""
    shown = " ".join(_readable(names) for names, _ in fused).split()
    words = [f"*{name}* {does}" for name, does in _IN_WORDS.items() if name in shown]
    return f"Here, {', '.join(words)}. " if words else ""


def _readable(names: str) -> str:
    return names.replace("GroupConvolution", "depthwise convolution").lower()


def _weights(recognizer: Recognizer, card: ModelCard) -> Rows:
    folder = recognizer.path.parent
    stored = {
        precision: _stored_weights(
            str(folder / card.files[precision].xml), card.files[precision].sha256.bin
        )
        for precision in card.precisions
    }
    layers = [
        name
        for name, weights in stored[card.precisions[-1]].items()
        if all(name in of for of in stored.values()) and weights.size >= 500
    ]
    if not layers:
        raise NotShownError("This network is too small for a histogram of its weights.")
    # The largest one in 8 bits, if there is one.
    in_8_bits = [n for n in layers if stored[card.precisions[-1]][n].dtype == np.int8] or layers
    default = max(in_8_bits, key=lambda name: stored[card.precisions[-1]][name].size)
    sizes = {name: stored[card.precisions[0]][name].shape for name in layers}
    name = st.selectbox(
        "Layer",
        layers,
        index=layers.index(default),
        format_func=lambda n: f"{n.split('/')[0]}: {' × '.join(map(str, sizes[n]))} weights",
        key="layer",
        persist_state="session",
    )
    chosen = {precision: of[name] for precision, of in stored.items()}
    different = {precision: len(np.unique(values)) for precision, values in chosen.items()}
    show_chart(
        charts.weight_histograms(
            {
                f"{precision}<br>{different[precision]:,} values": values
                for precision, values in chosen.items()
            }
        ),
        key="weights",
        alt="Histograms of the weights as stored: "
        + ", ".join(f"{precision} with {n} distinct values" for precision, n in different.items()),
    )
    st.caption(
        "Above each histogram: the number of distinct values. FP is floating point; INT8 stores "
        "integers from −127 to 127 and one scale factor per filter. Layers that lose too much "
        "accuracy in 8 bits stay in floating point."
    )
    return [
        {
            "precision": precision,
            "stored_as": str(values.dtype),
            "weights": int(values.size),
            "different_values": different[precision],
            "smallest": float(values.min()),
            "largest": float(values.max()),
            "file_bytes": card.files[precision].bytes,
        }
        for precision, values in chosen.items()
    ]


@st.cache_data(max_entries=6, show_spinner="Reading the weights…")
def _stored_weights(xml: str, sha256: str) -> dict[str, np.ndarray]:
    return layer_weights(Path(xml))


def _answers(lesson: Lesson, card: ModelCard) -> Rows:
    clip = Clip(lesson.waveform)
    answers: dict[Precision, Prediction] = {}
    for precision in card.precisions:
        recognizer = compiled(card, precision)
        answers[precision] = min(
            (recognizer(clip) for _ in range(5)), key=lambda p: p.latency_ms["inference"]
        )
    if any(prediction.label is None for prediction in answers.values()):
        raise NotShownError(next(iter(answers.values())).sentence)
    columns = st.columns(len(answers))
    for column, (precision, prediction) in zip(columns, answers.items(), strict=True):
        column.metric(
            f"{precision}: {card.files[precision].bytes / 1e6:.1f} MB, "
            f"{prediction.latency_ms['inference']:.1f} ms",
            emotion_name(prediction.label or ""),
        )
    show_chart(
        charts.answers(
            {precision: list(p.probabilities.values()) for precision, p in answers.items()},
            lesson.labels,
            296,
        ),
        key="precisions",
        alt="Probabilities by precision: "
        + "; ".join(
            f"{precision} {p.label} {percent(max(p.probabilities.values()))}"
            for precision, p in answers.items()
        ),
    )
    st.caption(
        "Times for the network alone, the fastest of five runs just now; for careful "
        "measurements, see the Benchmark page."
    )
    return [
        {
            "precision": precision,
            "file_bytes": card.files[precision].bytes,
            "inference_ms": round(prediction.latency_ms["inference"], 2),
            **{label: round(p, 4) for label, p in prediction.probabilities.items()},
        }
        for precision, prediction in answers.items()
    ]
