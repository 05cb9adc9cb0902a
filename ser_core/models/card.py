"""A model described as data: the types of `card.json`, and its one decoder.

All figures are fractions from 0 to 1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, get_args

import msgspec

from ser_core.features.log_mel import LogMel
from ser_core.inference.network import ModelError
from ser_core.models.signature import Signature, wrong_field

Precision = Literal["FP32", "FP16", "INT8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
"""How weights are stored, the most exact first."""

Channel = Literal["speech", "song", "all"]

Role = Literal["main", "live", "small", "random", "comparison"]
ROLES: tuple[Role, ...] = get_args(Role)
"""In the order in which models are listed."""

Interval = tuple[float, float]
"""Bounds of a 95 % confidence interval."""


class _Part(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A part of the card; an optional field without a value is left out of the JSON."""


# ---- what was measured ----


class Count(_Part, frozen=True):
    """Clips of one label: those answered correctly, and all."""

    correct: int
    total: int

    @property
    def share(self) -> float:
        return self.correct / self.total


class Intervals(_Part, frozen=True):
    """95 % intervals of accuracy and UAR."""

    accuracy: Interval
    uar: Interval


class Certain(_Part, frozen=True):
    """Figures on the clips whose prediction is not uncertain.

    Attributes:
        coverage: share of the clips that are not uncertain.
        accuracy: accuracy on these; None if there are none.
    """

    coverage: float
    accuracy: float | None


class Figures(_Part, frozen=True, kw_only=True):
    """How a model performs on some clips.

    Attributes:
        n: number of clips.
        loss: mean cross-entropy, in nats.
        ece: expected calibration error.
        certain: None where only some of the labels were allowed.
        per_class: by actual label; labels without clips are left out.
        confusion: clips by actual (row) and predicted label (column), in the order of the labels.
    """

    channel: Channel
    n: int
    accuracy: float
    uar: float
    loss: float
    ece: float
    certain: Certain | None = None
    per_class: dict[str, Count]
    confusion: list[list[int]]
    intervals: Intervals

    @property
    def correct(self) -> int:
        return sum(count.correct for count in self.per_class.values())


class Trial(_Part, frozen=True, kw_only=True):
    """One of the networks that a recipe's mean figures come from.

    Attributes:
        number: its fold or, for a random split, its seed.
    """

    number: int
    n: int
    uar: float
    accuracy: float


Variant = Literal["", "fine-tuned"]


class ResultEntry(Figures, frozen=True, kw_only=True):
    """A result in the card: the test, what was tested, and the command that reproduces it.

    Attributes:
        protocol, fold: the split whose test part was used; no fold for a mean over folds or seeds.
        of: the files beside the card, or the mean over networks of the same recipe.
        variant: how that recipe differs from the one of the files: `fine-tuned`, where a pretrained
            encoder was trained further, too.
        trials: these networks, one by one.
        predictions: CSV of the stored answers, relative to the card.
    """

    protocol: str
    fold: int | None
    of: Literal["this file", "recipe"]
    variant: Variant = ""
    precision: Precision
    trials: tuple[Trial, ...] = ()
    predictions: str
    command: str


class Robustness(_Part, frozen=True, kw_only=True):
    """Figures on distorted clips.

    Attributes:
        changed: share of the clips whose predicted label differs from that without distortion.
    """

    distortion: str
    n: int
    uar: float
    accuracy: float
    changed: float


Draw = Literal["any", "labelled", "one-mood", "mostly-one-mood", "mixed-speakers"]
"""Which recordings of a speaker are learned from: any, without labels; of one sentence, with
labels, while the other sentence is tested; of a single mood; four in five of one mood; or of
several speakers taken for one."""


class Adaptation(_Part, frozen=True, kw_only=True):
    """What a model gains by learning from some recordings of each speaker.

    Attributes:
        k: recordings of each speaker that were learned from; the others were tested.
        uar: with what was learned, mean over the draws.
        gain: over the same clips without it, mean over the draws.
        interval: of the gain: what 95 % of the draws lie within.
        n_draws, n: draws, and clips tested in each.
    """

    of: Literal["this file", "recipe"]
    precision: Precision
    protocol: str
    draw: Draw
    k: int
    uar: float
    gain: float
    interval: Interval
    n_draws: int
    n: int


# ---- the files, and where they come from ----


class Window(_Part, frozen=True):
    """The model window: the time span of one network input."""

    n_frames: int
    seconds: float


class Sha256(_Part, frozen=True):
    """Hexadecimal SHA-256 of the two files of an IR."""

    xml: str
    bin: str


class ModelFile(_Part, frozen=True, kw_only=True):
    """An IR.

    Attributes:
        xml, bin: names of its two files, in the folder of the card.
        bytes: total size of both.
        n_samples: input length of the IR that takes samples.
    """

    xml: str
    bin: str
    bytes: int
    sha256: Sha256
    n_samples: int | None = None

    @property
    def checksums(self) -> dict[str, str]:
        """SHA-256 by file name."""
        return {self.xml: self.sha256.xml, self.bin: self.sha256.bin}


class Training(_Part, frozen=True, kw_only=True):
    """How a model was trained.

    Attributes:
        pretraining: corpora of the pretraining.
        protocol, fold, seed: the split whose training part was used.
        date: ISO 8601.
        n_train, n_validation: clips of the training and of the validation part.
        corpus_licences: by corpus.
        calibrated_by: model that its temperature and threshold come from.
        refit: trained a second time, with the validation part added.
        pretrained: published weights that training started from, in words; empty where the network
            was trained from scratch here, with or without a pretraining of our own.
    """

    corpora: tuple[str, ...]
    pretraining: tuple[str, ...]
    protocol: str
    fold: int
    seed: int
    date: str
    command: str
    n_train: int
    n_validation: int
    corpus_licences: dict[str, str]
    calibrated_by: str | None
    refit: bool = False
    pretrained: str = ""

    @property
    def start(self) -> str:
        """What training started from, in words."""
        return f"pretrained: {self.pretrained}" if self.pretrained else "from scratch"


class Agreement(_Part, frozen=True):
    """How far a converted model is from the PyTorch network on the validation speakers.

    Attributes:
        max_logit_difference: largest absolute difference of a logit of a model window.
        label_agreement: share of windows with the same most probable label.
        accuracy_drop: accuracy over whole clips of PyTorch, minus that of the converted model.
        uar_drop: the same for UAR; negative where the converted model is better.
    """

    max_logit_difference: float
    label_agreement: float
    accuracy_drop: float
    uar_drop: float

    def __str__(self) -> str:
        return (
            f"logits within {self.max_logit_difference:.2g} of PyTorch, "
            f"{self.label_agreement:.1%} equal labels, UAR drop {100 * self.uar_drop:.2f} points"
        )


class Attempt(_Part, frozen=True, kw_only=True):
    """Agreement of a quantized network, and its floating-point parts; fields as in `Agreement`."""

    float_parts: str
    max_logit_difference: float
    label_agreement: float
    accuracy_drop: float
    uar_drop: float


class TorchReport(_Part, frozen=True):
    """Layers of the PyTorch network, by kind."""

    operations: dict[str, int]


class OnnxReport(Agreement, frozen=True, kw_only=True):
    """The ONNX file: its operations by kind, and its size."""

    operations: dict[str, int]
    bytes: int


class IrReport(Agreement, frozen=True, kw_only=True):
    """An IR.

    Attributes:
        operations: counts by kind, as stored.
        executed: counts by kind, as the CPU runs them.
        fused: counts of operations that run as one, joined by ` + `.
        layers: number of convolutions and matrix products.
        layers_in_8_bits: how many of them are computed in 8-bit integers.
    """

    operations: dict[str, int]
    executed: dict[str, int]
    fused: dict[str, int]
    layers: int
    layers_in_8_bits: int


class Int8Report(IrReport, frozen=True, kw_only=True):
    """The quantized IR.

    Attributes:
        float_parts: what was deliberately left in floating point, in words.
        float_layers: names of all convolutions and matrix products in floating point.
        tried: every attempt; the last one was kept.
    """

    float_parts: str
    float_layers: list[str]
    tried: list[Attempt]


class WaveformReport(_Part, frozen=True, kw_only=True):
    """The IR that takes samples, compared with the one that takes log-mels.

    Attributes:
        max_db_difference: largest difference between its log-mel and that of `ser_core.features`.
        max_logit_difference, label_agreement: as in `Agreement`, to the FP32 IR.
    """

    max_db_difference: float
    max_logit_difference: float
    label_agreement: float


class Conversion(_Part, frozen=True, kw_only=True):
    """From PyTorch to the IRs, step by step; skipped steps are None."""

    pytorch: TorchReport | None = None
    onnx: OnnxReport | None = None
    fp32: IrReport | None = None
    fp16: IrReport | None = None
    int8: Int8Report | None = None
    waveform: WaveformReport | None = None

    def of(self, precision: str) -> IrReport | None:
        """The report for one of the `PRECISIONS`."""
        return {"FP32": self.fp32, "FP16": self.fp16, "INT8": self.int8}[precision]


# ---- the card ----


class ModelCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model described as data.

    Attributes:
        name: its folder in the zoo.
        role: `main` is the default, `live` is trained on every actor, `small` has under a
            million parameters, `random` is trained on a random split, `comparison` shows another
            architecture.
        task: `emotions-8` or `negative-5`.
        temperature, uncertain_below: as in the signature.
        macs: multiply-accumulate operations per model window.
        files: by precision. The main model also has `waveform`, which takes samples.
        results: one entry per protocol, precision and channel.
        robustness: results on distorted speech of the test actors, in the most exact precision.
        adaptation: what the model gains by getting to know a speaker.

    Raises:
        ValueError: a value is outside what our networks can use.
    """

    name: str
    title: str
    role: Role
    task: str
    labels: tuple[str, ...]
    features: LogMel
    window: Window
    temperature: float
    uncertain_below: float
    architecture: str
    parameters: int
    macs: int
    training: Training
    files: dict[str, ModelFile]
    license: str
    limitations: tuple[str, ...]
    results: list[ResultEntry] = []
    conversion: Conversion = Conversion()
    robustness: list[Robustness] = []
    adaptation: list[Adaptation] = []

    def __post_init__(self) -> None:
        _ = self.signature
        if not self.precisions:
            raise ValueError(f"files has none of {', '.join(PRECISIONS)}")

    @property
    def signature(self) -> Signature:
        return Signature(
            self.labels,
            self.features,
            self.window.n_frames,
            self.temperature,
            self.uncertain_below,
        )

    def served_name(self, precision: str) -> str:
        """The model's name on an inference server."""
        return f"{self.name}-{precision.lower()}"

    @property
    def precisions(self) -> tuple[Precision, ...]:
        return tuple(p for p in PRECISIONS if p in self.files)

    @property
    def most_exact(self) -> Precision:
        """The precision that is taken where none is named."""
        return self.precisions[0]

    @property
    def own_results(self) -> list[ResultEntry]:
        """The results of the files beside the card."""
        return [entry for entry in self.results if entry.of == "this file"]

    def to_json(self) -> str:
        """Inverse of `from_file`."""
        fields = msgspec.to_builtins(self)
        fields["results"] = [as_data(entry) for entry in self.results]
        return json.dumps(fields, indent=1) + "\n"

    @classmethod
    def from_file(cls, path: Path) -> ModelCard:
        """Read a card.json.

        Raises:
            ModelError: not a valid card; the sentence names the invalid field.
        """
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, ValueError, RecursionError) as error:
            raise ModelError(
                f"{path.parent.name}/{path.name} is not a valid model card: {wrong_field(error)}. "
                "Clone the repository again, or convert the model again."
            ) from error


def as_data(entry: ResultEntry | Adaptation) -> dict[str, object]:
    """A result as in the JSON, with the fields that name the test first."""
    fields = msgspec.to_builtins(entry)
    first = [name for name in ("protocol", "fold", "of", "precision") if name in fields]
    return {name: fields[name] for name in first} | fields
