"""The training loop that all networks share."""

from __future__ import annotations

import csv
import json
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ser_core.corpora.protocols import OTHER_CORPORA
from ser_core.corpora.utterance import Utterance
from ser_core.features import LogMel, network_inputs, sounding_frames
from ser_core.labels import TASKS, label_in_task
from ser_core.metrics import accuracy, uar
from ser_core.training.augment import Augmentation, mix, vary
from ser_core.training.networks import build


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
    # a start from other corpora, none of them RAVDESS, so that one serves every fold and seed
    pretraining_corpora: tuple[str, ...] = ()
    pretraining_epochs: int = 20
    # networks trained by this recipe, whose mean answer is learnt beside the labels
    teachers: tuple[str, ...] = ()
    teacher_epochs: int = 40
    teacher_share: float = 0.5  # of the target; the label has the rest
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

    @property
    def labels(self) -> tuple[str, ...]:
        return TASKS[self.task]

    @property
    def pretraining(self) -> Recipe | None:
        """The recipe of the start, which recipes for the same network and features share."""
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
    def teacher_recipes(self) -> tuple[Recipe, ...]:
        """One for each teacher: this recipe without teachers, so the same training part."""
        return tuple(
            replace(
                self,
                arch=arch,
                arch_options=self.arch_options if arch == self.arch else {},
                epochs=self.teacher_epochs,
                teachers=(),
                teacher_epochs=Recipe.teacher_epochs,
                teacher_share=Recipe.teacher_share,
            )
            for arch in self.teachers
        )

    @property
    def all_corpora(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.corpora, *self.pretraining_corpora)))

    @property
    def command(self) -> str:
        """The command that trains this recipe."""
        default = Recipe(arch=self.arch)
        words = ["python -m ser_core train --arch", self.arch, "--task", self.task]
        words += [word for corpus in self.corpora for word in ("--corpus", corpus)]
        words += ["--protocol", self.protocol, "--fold", f"{self.fold}", "--seed", f"{self.seed}"]
        words += ["--epochs", f"{self.epochs}"]
        words += [word for corpus in self.pretraining_corpora for word in ("--pretrain", corpus)]
        words += [word for arch in self.teachers for word in ("--teacher", arch)]
        named = {"arch", "task", "corpora", "protocol", "fold", "seed", "epochs"}
        named |= {"pretraining_corpora", "teachers"}
        words += [
            f"--set {shlex.quote(f'{name}={json.dumps(value)}')}"
            for name, value in _flat(asdict(self)).items()
            if value != _flat(asdict(default)).get(name) and name.split(".")[0] not in named
        ]
        return " ".join([*words, '--data "$SER_DATA" --out RUN'])

    def with_settings(self, settings: Mapping[str, Any]) -> Recipe:
        """This recipe with some of its values, such as `{"augmentation.mixup": 0}`, changed.

        Raises:
            ValueError: a recipe has no such value.
        """
        fields = asdict(self)
        for name, value in settings.items():
            *path, last = name.split(".")
            part = fields
            for key in path:
                part = part.get(key, {})
            if last not in part and path != ["arch_options"]:
                raise ValueError(
                    f"A recipe has no value {name!r}. It has: {', '.join(_flat(asdict(self)))}."
                )
            part[last] = value
        return Recipe.from_json(json.dumps(fields))

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Recipe:
        """Inverse of `to_json`."""
        fields = _with_tuples(json.loads(text))
        options = json.loads(text).get("arch_options", {})  # lists stay lists
        return cls(
            **fields
            | {
                "arch_options": options,
                "features": LogMel(**fields["features"]),
                "augmentation": Augmentation(**_with_tuples(fields["augmentation"])),
            }
        )

    def build(self) -> nn.Module:
        return build(self.arch, len(self.labels), self.features.n_mels, **self.arch_options)


def _with_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in fields.items()}


def _flat(fields: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values under dotted names."""
    flat: dict[str, Any] = {}
    for key, value in fields.items():
        flat |= (
            _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat


class Clips:
    """Log-mels and their labels in memory, trimmed to the sounding part."""

    def __init__(
        self, utterances: Sequence[Utterance], log_mels: Sequence[np.ndarray], recipe: Recipe
    ):
        self.recipe = recipe
        self.log_mels = []
        for log_mel in log_mels:
            start, stop = sounding_frames(log_mel.astype(np.float32), recipe.features)
            self.log_mels.append(log_mel[:, start:stop])
        self.targets = np.array(
            [recipe.labels.index(label_in_task(u.label, recipe.task)) for u in utterances]
        )

    def __len__(self) -> int:
        return len(self.targets)

    def batches(self, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """One epoch in random order: excerpts, dB, `(batch, n_mels, n_source)`, and targets.

        An excerpt is long enough to be compressed in time. A longer clip is cut at a random
        place; a shorter one lies at a random place in silence.
        """
        n_frames, settings = self.recipe.n_frames, self.recipe.features
        n_source = int(np.ceil(n_frames * self.recipe.augmentation.longest_stretch)) + 1
        silence = 10 * np.log10(settings.amin)
        order = self._order(generator).numpy()
        places = torch.rand(len(self), generator=generator).numpy()
        # A last batch of a few clips would make batch normalisation jump.
        for first in range(0, len(order) - self.recipe.batch + 1, self.recipe.batch):
            chosen = order[first : first + self.recipe.batch]
            excerpts = np.full((len(chosen), settings.n_mels, n_source), silence, np.float32)
            for row, index in enumerate(chosen):
                log_mel = self.log_mels[index]
                length = log_mel.shape[1]
                if length >= n_source:
                    start = round(places[index] * (length - n_source))
                    excerpts[row] = log_mel[:, start : start + n_source]
                else:
                    free = max(0, n_frames - length)
                    start = round((n_source - max(length, n_frames)) / 2 + places[index] * free)
                    excerpts[row, :, start : start + length] = log_mel
            yield torch.from_numpy(excerpts), torch.from_numpy(self.targets[chosen])

    def _order(self, generator: torch.Generator) -> Tensor:
        """Indices of the clips of one epoch."""
        if not self.recipe.balanced:
            return torch.randperm(len(self), generator=generator)
        targets = torch.from_numpy(self.targets)
        share = 1 / torch.bincount(targets).clamp(min=1)[targets]
        return torch.multinomial(share, len(self), replacement=True, generator=generator)

    @cached_property
    def windows(self) -> tuple[list[np.ndarray], np.ndarray]:
        """The network inputs that inference sees, and for each the index of its clip."""
        settings, inputs, owners = self.recipe.features, [], []
        for owner, log_mel in enumerate(self.log_mels):
            for _, network_input in network_inputs(
                log_mel.astype(np.float32), self.recipe.n_frames, settings
            ):
                inputs.append(network_input)
                owners.append(owner)
        return inputs, np.array(owners)


@torch.inference_mode()
def clip_logits(
    network: nn.Module, clips: Clips, device: str = "cpu", bf16: bool = False
) -> np.ndarray:
    """Logits averaged over the model windows of each clip, shape `(n_clips, n_labels)`."""
    network.eval()
    inputs, owners = clips.windows
    with _autocast(device, bf16):
        logits = np.concatenate(
            [
                network(torch.from_numpy(np.concatenate(inputs[i : i + 64])).to(device))
                .logits.float()
                .cpu()
                .numpy()
                for i in range(0, len(inputs), 64)
            ]
        )
    total = np.zeros((len(clips), logits.shape[1]))
    np.add.at(total, owners, logits)
    return total / np.bincount(owners)[:, None]


def train(
    recipe: Recipe,
    train_clips: Clips,
    validation_clips: Clips,
    out: Path,
    device: str = "cpu",
    resume: bool = False,
    progress: Callable[[dict[str, float]], None] = lambda row: None,
    start: Path | None = None,
    teachers: Sequence[Path] = (),
) -> Path:
    """Train a network for the recipe's fixed number of epochs.

    The result is the averaged weights after the last epoch: nothing is selected. Validation is
    logged, and later gives the temperature and the threshold.

    Args:
        out: run folder; gets `recipe.json`, `curves.csv` and `checkpoint.pt` after each epoch.
        resume: go on from the checkpoint in `out`. A resumed run sees the same batches.
        progress: called with each row of the curves.
        start: checkpoint whose averaged weights the network starts from; where labels differ,
            the layers that give them start at random.
        teachers: checkpoints of the recipe's teachers.

    Returns:
        Path of the checkpoint.

    Raises:
        ValueError: `out` holds a run of another recipe, or there is too little data.
    """
    if len(train_clips) < recipe.batch:
        raise ValueError(
            f"There are only {len(train_clips)} clips to train on; at least {recipe.batch} are "
            "needed. Add recordings, or another corpus: --corpus own --corpus ravdess."
        )
    torch.manual_seed(recipe.seed)
    network = recipe.build()
    if start is not None:
        _start_from(network, start)
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    ensemble = [load_checkpoint(path)[1].to(device) for path in teachers]
    averaged = AveragedModel(network, multi_avg_fn=_warm_average(recipe.ema), use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=recipe.learning_rate,
        total_steps=recipe.epochs * (len(train_clips) // recipe.batch),
    )
    parts = {
        "network": network,
        "averaged": averaged,
        "optimizer": optimizer,
        "schedule": schedule,
    }
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, curves = out / "checkpoint.pt", out / "curves.csv"
    rows: list[dict[str, float]] = []
    if resume and checkpoint.is_file():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        if Recipe.from_json(state["recipe"]) != recipe:
            raise ValueError(f"{out} holds a run of another recipe. Name another folder.")
        for name, part in parts.items():
            part.load_state_dict(state[name])
        rows = state["curves"]
    (out / "recipe.json").write_text(recipe.to_json() + "\n")

    for epoch in range(len(rows), recipe.epochs):
        begun = time.perf_counter()
        # Seeded by epoch, so that a resumed run is the same run.
        torch.manual_seed(recipe.seed * 10_007 + epoch)
        losses = _train_epoch(network, averaged, optimizer, schedule, train_clips, device, ensemble)
        seconds = time.perf_counter() - begun
        logits = clip_logits(averaged, validation_clips, device, bf16=True)
        predicted = logits.argmax(axis=1)
        rows.append(
            {
                "epoch": epoch + 1,
                "learning_rate": float(schedule.get_last_lr()[0]),
                "train_loss": float(np.mean(losses)),
                "validation_loss": float(
                    F.cross_entropy(
                        torch.from_numpy(logits), torch.from_numpy(validation_clips.targets)
                    )
                ),
                "validation_accuracy": accuracy(validation_clips.targets, predicted),
                "validation_uar": uar(validation_clips.targets, predicted),
                "samples_per_s": len(losses) * recipe.batch / seconds,
            }
        )
        state = {name: part.state_dict() for name, part in parts.items()}
        state |= {"recipe": recipe.to_json(), "curves": rows}
        unfinished = checkpoint.with_suffix(".tmp")
        torch.save(state, unfinished)
        unfinished.replace(checkpoint)
        write_curves(curves, rows)
        progress(rows[-1])
    return checkpoint


def write_curves(path: Path, rows: Sequence[dict[str, float]]) -> None:
    """Write the curves of a run as CSV, one row per epoch."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: f"{value:.6g}" for name, value in row.items()} for row in rows)


def _train_epoch(
    network: nn.Module,
    averaged: AveragedModel,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    clips: Clips,
    device: str,
    teachers: Sequence[nn.Module],
) -> list[float]:
    recipe, losses = clips.recipe, []
    network.train()
    for excerpts, labels in clips.batches(torch.default_generator):
        x = vary(
            excerpts.to(device, non_blocking=True),
            recipe.n_frames,
            recipe.features,
            recipe.augmentation,
        )
        targets = F.one_hot(labels.to(device), len(recipe.labels)).float()
        x, targets = mix(x, targets, recipe.augmentation.mixup)
        x = x.contiguous(memory_format=torch.channels_last)
        if teachers:
            answer = _mean_answer(teachers, x, device)
            targets = targets.lerp(answer, recipe.teacher_share)
        with _autocast(device):
            outputs = network(x)
        heard = (outputs.evidence.float() * outputs.attention.detach()[:, None]).sum(dim=2)
        loss = F.cross_entropy(
            outputs.logits.float(), targets, label_smoothing=recipe.label_smoothing
        ) + recipe.evidence_weight * F.cross_entropy(heard, targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        averaged.update_parameters(network)
        losses.append(float(loss.detach()))
    return losses


@torch.inference_mode()
def _mean_answer(networks: Sequence[nn.Module], x: Tensor, device: str) -> Tensor:
    """Mean probabilities of an ensemble for the same varied input, shape `(batch, n_labels)`.

    Distillation (Hinton et al. 2015, arXiv:1503.02531) with what the student sees, as Beyer et al.
    (2022, arXiv:2106.05237) found best.
    """
    with _autocast(device):
        answers = [network(x).logits.float().softmax(dim=1) for network in networks]
    return torch.stack(answers).mean(dim=0)


def _warm_average(decay: float) -> Callable[..., None]:
    """Exponential average with a short memory at first, so that it forgets the random start."""

    def update(averages: Any, currents: Any, n_averaged: Tensor) -> None:
        warm = min(decay, (1 + int(n_averaged)) / (10 + int(n_averaged)))
        get_ema_multi_avg_fn(warm)(averages, currents, n_averaged)

    return update


def _autocast(device: str, bf16: bool = True) -> torch.autocast:
    """bfloat16 halves the time where the processor has it, and is slower where it has not."""
    can = device != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16 and can)


def _start_from(network: nn.Module, checkpoint: Path) -> None:
    _, trained, _ = load_checkpoint(checkpoint)
    own = network.state_dict()
    fitting = {
        name: value
        for name, value in trained.state_dict().items()
        if name in own and own[name].shape == value.shape
    }
    network.load_state_dict(own | fitting)


def load_checkpoint(path: Path) -> tuple[Recipe, nn.Module, list[dict[str, float]]]:
    """Recipe, averaged network in evaluation mode, and curves of a run.

    Raises:
        ValueError: the file is no checkpoint of this project.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        recipe = Recipe.from_json(state["recipe"])
        averaged = AveragedModel(recipe.build())
        averaged.load_state_dict(state["averaged"])
    except Exception as error:  # torch raises many kinds for a file that is not its own
        raise ValueError(f"{path} is no checkpoint that can be read: {error}") from error
    return recipe, averaged.module.eval(), state["curves"]
