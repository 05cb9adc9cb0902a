"""How a network is trained: everything that a checkpoint keeps and a command line can change."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from torch import nn

from ser_core.corpora.protocols import HELD_OUT_CORPUS, OTHER_CORPORA
from ser_core.corpora.readers import OWN
from ser_core.features.log_mel import LogMel
from ser_core.models.labels import TASKS
from ser_core.models.signature import wrong_field
from ser_core.training.augment import Augmentation
from ser_core.training.head_fit import HeadFit
from ser_core.training.networks import ARCHITECTURES, PRETRAINED, build

RECIPES = Path(__file__).with_name("recipes")
"""Folder of the recipes that go by a name."""

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value]"
Settings: TypeAlias = dict[str, Value]
"""Values by name, as `--set` gives them; those of parts under dotted names."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    # what
    arch: str = "se_resnet"
    task: str = "emotions-8"
    arch_options: dict[str, Any] = field(default_factory=dict)
    features: LogMel = field(default_factory=LogMel)
    n_frames: int = 256  # model window: 2.56 s
    # data
    corpora: tuple[str, ...] = ("ravdess",)
    channels: tuple[str, ...] = ("speech", "song")  # of the training clips
    protocol: str = "actors-5fold"
    fold: int = 0
    seed: int = 0
    balanced: bool = False  # draw every emotion equally often
    refit: bool = False  # learn from validation, too, after a run without has calibrated
    # a start from other corpora, none of them RAVDESS, so that one serves every fold and seed
    pretraining_corpora: tuple[str, ...] = ()
    pretraining_epochs: int = 20
    # or from the network of another recipe, in JSON as `other_recipe` makes it
    start: str = ""
    low_rank: int = 0  # of the learned changes of a pretrained encoder; 0 leaves it as it is
    # networks whose mean answer is learned beside the labels: an architecture, for this recipe with
    # that network, or another recipe in JSON
    teachers: tuple[str, ...] = ()
    teacher_epochs: int = 40
    teacher_starts: tuple[int, ...] = ()  # epochs of each one's start, where they differ
    teacher_share: float = 0.5  # of the target; the label has the rest
    teacher_groups: int = 5  # of speakers, each answered by heads that were fitted without it
    copies: int = 0  # varied ones that teachers answer once and a student hears in turn; 0: no two
    unlabeled_corpora: tuple[
        str, ...
    ] = ()  # only the teachers' answers to their copies are learned
    unlabeled_share: float = 1.0  # clips of them in an epoch, for each that has a label
    # schedule
    epochs: int = 60
    batch: int = 32
    learning_rate: float = 2e-3  # peak of the one-cycle schedule (Smith & Topin 2018)
    weight_decay: float = 0.05
    ema: float = 0.998  # decay of the averaged weights, which are the result
    # loss
    label_smoothing: float = 0.1
    evidence_weight: float = 0.3
    # variation
    augmentation: Augmentation = field(default_factory=Augmentation)
    # the head of a network whose encoder others trained; it stays as it is
    head: HeadFit = field(default_factory=HeadFit)

    def __post_init__(self) -> None:
        if self.teacher_starts and len(self.teacher_starts) != len(self.teachers):
            raise ValueError(
                f"teacher_starts has {len(self.teacher_starts)} values for {len(self.teachers)} "
                "teachers. Name the epochs of a start for each --teacher."
            )

        if self.start and self.pretraining_corpora:
            raise ValueError("--start and --pretrain are two starts. Name one of them.")
        changed = self.pretrained and bool(self.start)
        if changed != bool(self.low_rank):
            raise ValueError(
                "low_rank changes a pretrained encoder under a head that was fitted before, so "
                "both are named: --arch whisper --start whisper-base --set low_rank=16."
            )
        if self.unlabeled_corpora and not (self.teachers and self.copies):
            raise ValueError("unlabeled_corpora need teachers that answer copies: set both.")
        if {HELD_OUT_CORPUS, OWN} & {*self.unlabeled_corpora}:
            raise ValueError("unlabeled_corpora cannot be those of tests.")
        for teacher in self.teacher_recipes:
            if (teacher.features, teacher.n_frames) != (self.features, self.n_frames):
                raise ValueError(
                    f"The teacher {teacher.arch} has other features or another window than its "
                    "student, so they cannot hear the same."
                )

    @property
    def labels(self) -> tuple[str, ...]:
        return TASKS[self.task]

    @property
    def start_recipe(self) -> Recipe | None:
        """The recipe of the network that training starts from."""
        return self._beside(self.start) if self.start else self.pretraining

    @property
    def pretraining(self) -> Recipe | None:
        """The recipe of the start on other corpora, which recipes of the same network share."""
        if not self.pretraining_corpora:
            return None
        return Recipe(
            arch=self.arch,
            arch_options=self.arch_options,
            features=self.features,
            n_frames=self.n_frames,
            corpora=self.pretraining_corpora,
            protocol=OTHER_CORPORA,
            epochs=self.pretraining_epochs,
            pretraining_epochs=self.pretraining_epochs,
            batch=self.batch,
            learning_rate=self.learning_rate,
        )

    @property
    def calibrating(self) -> Recipe | None:
        """What trains the network whose temperature and threshold a refit one takes."""
        return replace(self, refit=False) if self.refit else None

    @property
    def teacher_recipes(self) -> tuple[Recipe, ...]:
        """One for each teacher, which learns from the same training part."""
        starts = self.teacher_starts or (self.pretraining_epochs,) * len(self.teachers)
        return tuple(
            self._as_teacher(arch, start) for arch, start in zip(self.teachers, starts, strict=True)
        )

    def _as_teacher(self, teacher: str, start: int) -> Recipe:
        if teacher not in ARCHITECTURES:
            return self._beside(teacher)
        return replace(
            self,
            arch=teacher,
            arch_options=self.arch_options if teacher == self.arch else {},
            pretraining_epochs=start,
            epochs=self.teacher_epochs,
            teachers=(),
            teacher_epochs=Recipe.teacher_epochs,
            teacher_starts=(),
            teacher_share=Recipe.teacher_share,
            unlabeled_corpora=(),
            copies=0,
        )

    def _beside(self, other: str) -> Recipe:
        """Another recipe in JSON, for the same part of the same split."""
        return replace(
            Recipe().with_settings(json.loads(other)),
            task=self.task,
            protocol=self.protocol,
            fold=self.fold,
            seed=self.seed,
            refit=self.refit,
        )

    @property
    def frozen(self) -> bool:
        """Whether only the head is trained, on embeddings of an encoder that others trained."""
        return self.pretrained and not self.low_rank

    @property
    def pretrained(self) -> bool:
        """Whether others trained the encoder, on corpora of their own."""
        return self.arch in PRETRAINED

    @property
    def all_corpora(self) -> tuple[str, ...]:
        others = [*([self._beside(self.start)] if self.start else []), *self.teacher_recipes]
        of_others = [corpus for other in others for corpus in other.all_corpora]
        own = (*self.corpora, *self.pretraining_corpora, *self.unlabeled_corpora)
        return tuple(dict.fromkeys((*own, *of_others)))

    @property
    def command(self) -> str:
        """The command that trains this recipe."""
        default = Recipe(arch=self.arch)
        words = ["python -m ser_core train --arch", self.arch, "--task", self.task]
        words += [word for corpus in self.corpora for word in ("--corpus", corpus)]
        words += ["--protocol", self.protocol, "--fold", f"{self.fold}", "--seed", f"{self.seed}"]
        words += ["--epochs", f"{self.epochs}"]
        words += [word for corpus in self.pretraining_corpora for word in ("--pretrain", corpus)]
        words += [f"--start {shlex.quote(self.start)}"] if self.start else []
        words += [f"--teacher {shlex.quote(teacher)}" for teacher in self.teachers]
        named = {"arch", "task", "corpora", "protocol", "fold", "seed", "epochs"}
        named |= {"pretraining_corpora", "start", "teachers"}
        words += [
            f"--set {shlex.quote(f'{name}={json.dumps(_short(value))}')}"
            for name, value in _flat(self).items()
            if value != _flat(default).get(name) and name.split(".")[0] not in named
        ]
        return " ".join([*words, '--data "$SER_DATA" --out RUN'])

    def with_settings(self, settings: Settings) -> Recipe:
        """This recipe with some of its values, such as `{"augmentation.mixup": 0}`, changed.

        Raises:
            ValueError: a recipe has no such value, or it is of another kind.
        """
        fields = msgspec.to_builtins(self)
        for name, value in settings.items():
            *path, last = name.split(".")
            part = fields
            for key in path:
                part = part[key] if isinstance(part.get(key), dict) else {}
            if last not in part and path not in (["arch_options"], ["head", "corpus_weights"]):
                raise ValueError(
                    f"A recipe has no value {name!r}. It has: {', '.join(_flat(self))}."
                )
            part[last] = value
        return Recipe.from_json(json.dumps(fields))

    def to_json(self) -> str:
        return json.dumps(msgspec.to_builtins(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Inverse of `to_json`.

        Raises:
            ValueError: a recipe has no such value, or it is of another kind; it is named.
        """
        try:
            recipe = msgspec.json.decode(text, type=cls)
        except ValueError as error:
            raise ValueError(f"{wrong_field(error)}.") from error
        # msgspec passes over what a dataclass does not have.
        if unknown := _flat(msgspec.json.decode(text)).keys() - _flat(recipe).keys():
            raise ValueError(f"A recipe has no value {min(unknown)!r}.")
        return replace(recipe)  # an instance of its own knows its defaults, too, and encodes them

    def build(self) -> nn.Module:
        return build(self.arch, len(self.labels), self.features.n_mels, **self.arch_options)


def teacher(name: str) -> str:
    """A teacher as a recipe keeps it: the name of a network, or another recipe.

    Raises:
        ValueError: there is no such teacher.
    """
    return name if name in ARCHITECTURES else other_recipe(name)


def other_recipe(name: str) -> str:
    """Another recipe as a recipe keeps it, in JSON.

    Args:
        name: of a recipe in `recipes/`, the path of a JSON file with the values that are not the
            default, or that JSON itself.

    Raises:
        ValueError: there is no such recipe.
    """
    if name.lstrip().startswith("{"):
        text = name
    else:
        path = RECIPES / f"{name}.json"
        path = path if path.is_file() else Path(name)
        if not path.is_file():
            names = sorted(file.stem for file in RECIPES.glob("*.json"))
            raise ValueError(
                f"There is no recipe {name!r}. Name a JSON file, or one of: {', '.join(names)}."
            )
        text = path.read_text(encoding="utf-8")
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise ValueError(f"The recipe {name!r} is no JSON: {error}.") from error
    Recipe().with_settings(settings)
    return json.dumps(settings)


def _short(value: object) -> object:
    """Whole numbers without `.0`."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flat(part: object, prefix: str = "") -> dict[str, object]:
    """Nested values under dotted names, as they stand in JSON."""
    flat: dict[str, object] = {}
    for key, value in msgspec.to_builtins(part).items():
        flat |= (
            _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat
