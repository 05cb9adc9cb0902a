"""A network small enough to read, and a zoo of two of them, for tests that need no training.

The network splits the model window into 8 bands × 32 cells of time. Each label likes one region
of the frequency axis, so dark voices get the first labels and bright voices the last ones.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import openvino.opset13 as ops

from ser_core.features.log_mel import LogMel
from ser_core.models.card import (
    PRECISIONS,
    Count,
    Intervals,
    ModelCard,
    ModelFile,
    ResultEntry,
    Role,
    Sha256,
    Training,
    Window,
)
from ser_core.models.labels import TASKS
from ser_core.models.recognizer import SIGNATURE_PATH
from ser_core.models.signature import Signature
from ser_core.models.zoo import sha256

N_FRAMES = 256
N_BANDS, N_TIMES = 8, 32


def signature(task: str = "emotions-8", **changes: object) -> Signature:
    """The contract of the tiny network; `changes` are fields of `Signature`."""
    fields = {"labels": TASKS[task], "features": LogMel(), "n_frames": N_FRAMES}
    return Signature(**{**fields, **changes})  # type: ignore[arg-type]


def network(n_labels: int = 8, mirrored: bool = False) -> ov.Model:
    """Build the network: `log_mel` (1, 1, 80, 256) to `logits`, `evidence` and `embedding`.

    Args:
        mirrored: bright voices get the first labels instead, a second opinion.
    """
    log_mel = ops.parameter([1, 1, 80, N_FRAMES], np.float32, name="log_mel")
    # Two channels per cell: how loud it is, and how much louder it becomes.
    height, width = 80 // N_BANDS, N_FRAMES // N_TIMES
    mean = np.full((height, width), 1 / (height * width), np.float32)
    rise = mean * np.repeat(np.array([-2, 2], np.float32), width // 2)
    kernel = ops.constant(np.stack([mean, rise])[:, None])
    cells = ops.convolution(log_mel, kernel, [height, width], [0, 0], [0, 0], [1, 1])
    # A voice loses about 6 dB per octave; without that, the low bands would always win.
    tilt = np.stack([np.linspace(0.2, 1.6, N_BANDS), np.zeros(N_BANDS)])
    offset = ops.constant(tilt.astype(np.float32)[None, :, :, None])
    features = ops.reshape(ops.relu(ops.add(cells, offset)), [1, 2 * N_BANDS, N_TIMES], False)

    weights, bias = head(n_labels)
    if mirrored:
        weights, bias = weights[::-1], bias[::-1]
    evidence = ops.add(
        ops.matmul(ops.constant(weights[None]), features, False, False),
        ops.constant(bias.reshape(1, n_labels, 1)),
    )
    outputs = {
        "logits": ops.reduce_mean(evidence, [2], keep_dims=False),
        "evidence": evidence,
        "embedding": ops.reduce_mean(features, [2], keep_dims=False),
    }
    model = ov.Model([ops.result(node, name=name) for name, node in outputs.items()], [log_mel])
    model.input(0).get_tensor().set_names({"log_mel"})
    for port, name in zip(model.outputs, outputs, strict=True):
        port.get_tensor().set_names({name})
    return model


def head(n_labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights (n_labels, 16) and bias (n_labels,): a bump over the bands for each label."""
    centers = np.linspace(0, N_BANDS - 1, n_labels)[:, None]
    bump = np.exp(-(((np.arange(N_BANDS) - centers) / 1.5) ** 2))
    weights = np.concatenate([4 * (bump - bump.mean(axis=0)), 0.5 * bump], axis=1)
    return weights.astype(np.float32), np.linspace(-0.1, 0.1, n_labels, dtype=np.float32)


def write_ir(xml: Path, model: ov.Model | None = None, signed: Signature | None = None) -> Path:
    """Save a network with its signature, as `Recognizer` expects it; returns `xml`."""
    model = network() if model is None else model
    model.set_rt_info((signature() if signed is None else signed).to_json(), SIGNATURE_PATH)
    xml.parent.mkdir(parents=True, exist_ok=True)
    ov.save_model(model, xml, compress_to_fp16=False)
    return xml


def write_model(
    zoo: Path,
    name: str,
    role: Role,
    task: str = "emotions-8",
    mirrored: bool = False,
    features: LogMel | None = None,
) -> ModelCard:
    """Write one folder of a zoo: the card and three precisions, all of them the same network."""
    signed = signature(task, features=features or LogMel())
    files: dict[str, ModelFile] = {}
    for precision in PRECISIONS:
        xml = zoo / name / f"{precision.lower()}.xml"
        write_ir(xml, network(len(signed.labels), mirrored), signed)
        weights = xml.with_suffix(".bin")
        files[precision] = ModelFile(
            xml=xml.name,
            bin=weights.name,
            bytes=xml.stat().st_size + weights.stat().st_size,
            sha256=Sha256(sha256(xml), sha256(weights)),
        )
    card = ModelCard(
        name=name,
        title=f"Tiny network ({role})",
        role=role,
        task=task,
        labels=signed.labels,
        features=signed.features,
        window=Window(signed.n_frames, signed.window_s),
        temperature=signed.temperature,
        uncertain_below=signed.uncertain_below,
        architecture="tiny",
        parameters=160 + 17 * len(signed.labels),
        macs=(160 + 16 * len(signed.labels)) * N_BANDS * N_TIMES,
        training=Training(
            corpora=("ravdess",),
            pretraining=(),
            protocol="speaker-independent",
            fold=0,
            seed=0,
            date="2026-01-01",
            command="none: the weights are written by hand",
            n_train=0,
            n_validation=0,
            corpus_licences={},
            calibrated_by=None,
        ),
        files=files,
        license="MIT",
        limitations=("Written by hand for tests; knows nothing about emotions.",),
        results=[_result(signed.labels)],
    )
    (zoo / name / "card.json").write_text(card.to_json(), encoding="utf-8")
    return card


def write_zoo(zoo: Path) -> Path:
    """Write a zoo with the main model `tiny` and the comparison `tiny-mirrored`; returns `zoo`."""
    write_model(zoo, "tiny", "main")
    write_model(zoo, "tiny-mirrored", "comparison", mirrored=True)
    return zoo


def _result(labels: tuple[str, ...]) -> ResultEntry:
    """A made-up result: each label predicted correctly 6 times, and twice as the next label."""
    confusion = 6 * np.eye(len(labels), dtype=int) + 2 * np.eye(len(labels), k=1, dtype=int)
    confusion[-1, 0] = 2
    return ResultEntry(
        protocol="speaker-independent",
        fold=0,
        of="this file",
        precision="FP32",
        channel="speech",
        n=int(confusion.sum()),
        accuracy=0.75,
        uar=0.75,
        loss=0.8,
        ece=0.1,
        per_class={label: Count(6, 8) for label in labels},
        confusion=confusion.tolist(),
        intervals=Intervals((0.62, 0.85), (0.62, 0.85)),
        predictions="predictions/speaker-independent.csv",
        command="none: a made-up figure",
    )
