"""The training loop that all networks share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ser_core.evaluation.metrics import accuracy, uar
from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.augment import mix, vary
from ser_core.training.checkpoint import CHECKPOINT, Epoch, Run, write_curves
from ser_core.training.clips import Clips, autocast, clip_logits
from ser_core.training.copies import varied_copy
from ser_core.training.low_rank import let_change
from ser_core.training.recipe import Recipe
from ser_core.training.teachers import Teacher, mean_answers


@dataclass(frozen=True)
class Material:
    """What a network learns from.

    Attributes:
        train, validation: clips of one recipe, which says how they are learned from.
        start: checkpoint whose averaged weights the network starts from; where labels differ,
            the layers that give them start at random.
        teachers: the recipe's teachers, ready to answer.
    """

    train: Clips
    validation: Clips
    start: Path | None = None
    teachers: Sequence[Teacher] = ()

    @property
    def recipe(self) -> Recipe:
        return self.train.recipe


def train(
    material: Material,
    out: Path,
    device: str = "cpu",
    resume: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Train a network for the recipe's fixed number of epochs.

    The result is the averaged weights after the last epoch: nothing is selected. Validation is
    logged, and later gives the temperature and the threshold.

    Args:
        out: run folder; gets `recipe.json`, `curves.csv` and `checkpoint.pt` after each epoch.
        resume: go on from the checkpoint in `out`. A resumed run sees the same batches.
        progress: steps by epochs.

    Returns:
        Path of the checkpoint.

    Raises:
        ValueError: `out` holds a run of another recipe, or there is too little data.
    """
    recipe, n_clips = material.recipe, len(material.train)
    if n_clips < recipe.batch:
        raise ValueError(
            f"There are only {n_clips} clips to train on; at least {recipe.batch} are "
            "needed. Add recordings, or another corpus: --corpus own --corpus ravdess."
        )
    torch.manual_seed(recipe.seed)
    learner = _Learner(material, device)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / CHECKPOINT
    curves = learner.resume(checkpoint) if resume and checkpoint.is_file() else []
    (out / "recipe.json").write_text(recipe.to_json() + "\n")
    for number in range(len(curves) + 1, recipe.epochs + 1):
        curves.append(learner.epoch(number, material.validation))
        learner.save(checkpoint, curves)
        write_curves(out / "curves.csv", curves)
        progress.step(number, recipe.epochs, str(curves[-1]))
    return checkpoint


class _Learner:
    """A network in training, and all that moves its weights."""

    def __init__(self, material: Material, device: str):
        self.recipe, self.clips, self.device = material.recipe, material.train, device
        network = self.recipe.build()
        if material.start is not None:
            _start_from(network, material.start)
        if self.recipe.low_rank:
            let_change(network, self.recipe.low_rank)
        self.network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.teachers = material.teachers
        self._copies: dict[int, tuple[Tensor, Tensor]] = {}  # windows and targets, by number
        self.averaged = AveragedModel(
            self.network, multi_avg_fn=_warm_average(self.recipe.ema), use_buffers=True
        )
        self.optimizer = torch.optim.AdamW(
            [weights for weights in self.network.parameters() if weights.requires_grad],
            weight_decay=self.recipe.weight_decay,
        )
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer,
            max_lr=self.recipe.learning_rate,
            total_steps=self.recipe.epochs * (self._n_drawn // self.recipe.batch),
        )
        self._kept = {
            "network": self.network,
            "averaged": self.averaged,
            "optimizer": self.optimizer,
            "schedule": self.schedule,
        }

    def resume(self, checkpoint: Path) -> list[Epoch]:
        """Go on from a checkpoint; returns the curves so far.

        Raises:
            ValueError: it is of another recipe.
        """
        state = torch.load(checkpoint, map_location=self.device, weights_only=True)
        if Recipe.from_json(state["recipe"]) != self.recipe:
            raise ValueError(
                f"{checkpoint.parent} holds a run of another recipe. Name another folder."
            )
        for name, part in self._kept.items():
            part.load_state_dict(state[name])
        return [Epoch(**row) for row in state["curves"]]

    def save(self, checkpoint: Path, curves: Sequence[Epoch]) -> None:
        state = {name: part.state_dict() for name, part in self._kept.items()}
        state |= {
            "recipe": self.recipe.to_json(),
            "curves": [asdict(epoch) for epoch in curves],
        }
        unfinished = checkpoint.with_suffix(".tmp")
        torch.save(state, unfinished)
        unfinished.replace(checkpoint)  # a stopped run never leaves half a checkpoint behind

    def epoch(self, number: int, validation: Clips) -> Epoch:
        """Learn from every clip once, and let the averaged weights answer the validation clips."""
        begin = time.perf_counter()
        # Seeded by epoch, so that a resumed run is the same run.
        torch.manual_seed(self.recipe.seed * 10_007 + number - 1)
        self.network.train()
        batches = self._copy((number - 1) % self.recipe.copies) if self.recipe.copies else None
        losses = [self._learn(x, targets) for x, targets in batches or self._variations()]
        seconds = time.perf_counter() - begin
        if number == self.recipe.epochs:
            estimate_clean_statistics(self.averaged, self.clips, self.device)
        logits = clip_logits(self.averaged, validation, self.device, bf16=True)
        predicted, targets = logits.argmax(axis=1), validation.targets
        return Epoch(
            epoch=number,
            learning_rate=float(self.schedule.get_last_lr()[0]),
            train_loss=float(np.mean(losses)),
            validation_loss=float(
                F.cross_entropy(torch.from_numpy(logits), torch.from_numpy(targets))
            ),
            validation_accuracy=accuracy(targets, predicted),
            validation_uar=uar(targets, predicted),
            samples_per_s=len(losses) * self.recipe.batch / seconds,
        )

    def _variations(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Every clip varied anew, and its label, in batches."""
        recipe = self.recipe
        for excerpts, labels in self.clips.batches(torch.default_generator):
            x = excerpts.to(self.device, non_blocking=True)
            x = vary(x, recipe.n_frames, recipe.features, recipe.augmentation)
            yield x, F.one_hot(labels.to(self.device), len(recipe.labels)).float()

    @property
    def _n_drawn(self) -> int:
        """Clips of one epoch: all that have labels, and the recipe's share of the others."""
        n_labeled = int((self.clips.targets >= 0).sum())
        n_unlabeled = len(self.clips) - n_labeled
        return n_labeled + min(n_unlabeled, round(self.recipe.unlabeled_share * n_labeled))

    def _copy(self, number: int) -> Iterator[tuple[Tensor, Tensor]]:
        """A varied copy of the clips of one epoch, and what to answer, in batches."""
        if number not in self._copies:
            self._copies[number] = self._taught_copy(number)
        windows, targets = self._copies[number]
        has_label = torch.from_numpy(self.clips.targets >= 0)
        labeled, unlabeled = has_label.nonzero()[:, 0], (~has_label).nonzero()[:, 0]
        n_unlabeled = self._n_drawn - len(labeled)
        drawn = unlabeled[torch.randperm(len(unlabeled))[:n_unlabeled]]
        order = torch.cat([labeled, drawn])[torch.randperm(self._n_drawn)].to(self.device)
        n_used = len(order) // self.recipe.batch * self.recipe.batch
        for chosen in order[:n_used].split(self.recipe.batch):
            yield windows[chosen].float(), targets[chosen]

    def _taught_copy(self, number: int) -> tuple[Tensor, Tensor]:
        """A varied copy of every clip, and its label beside the teachers' answer."""
        recipe, windows = self.recipe, varied_copy(self.clips, number, self.device)
        labels = torch.from_numpy(self.clips.targets).to(self.device)
        targets = F.one_hot(labels.clamp(min=0), len(recipe.labels)).float()
        if self.teachers:
            share = torch.where(labels >= 0, recipe.teacher_share, 1.0)
            targets = targets.lerp(mean_answers(self.teachers, windows, number), share[:, None])
        return windows, targets

    def _learn(self, x: Tensor, targets: Tensor) -> float:
        """One step of the optimizer; returns the loss of the batch."""
        recipe = self.recipe
        x, targets = mix(x, targets, recipe.augmentation.mixup)
        x = x.contiguous(memory_format=torch.channels_last)
        if self.teachers and not recipe.copies:
            targets = targets.lerp(mean_answers(self.teachers, x), recipe.teacher_share)
        with autocast(self.device):
            outputs = self.network(x)
        # Detached: the attention learns from the clip's logits alone.
        weights = outputs.attention.detach()[:, None]
        pooled_evidence = (outputs.evidence.float() * weights).sum(dim=2)
        loss = F.cross_entropy(
            outputs.logits.float(), targets, label_smoothing=recipe.label_smoothing
        ) + recipe.evidence_weight * F.cross_entropy(pooled_evidence, targets)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.schedule.step()
        self.averaged.update_parameters(self.network)
        return float(loss.detach())


@torch.no_grad()
def estimate_clean_statistics(network: nn.Module, clips: Clips, device: str = "cpu") -> None:
    """Estimate every batch norm anew on clips that are not varied, as inference sees them.

    Noise, rooms and mixing shift what a network sees in training, and with the statistics of that
    it answers worse.
    """
    network.eval()
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all batches
        norm.train()
    inputs, _ = clips.windows
    order = np.random.default_rng(0).permutation(len(inputs))
    n_batches = max(1, len(order) // clips.recipe.batch)
    with autocast(device):
        for chosen in np.array_split(order, n_batches) if norms else ():
            batch = np.concatenate([inputs[index] for index in chosen])
            network(torch.from_numpy(batch).to(device))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()


def _warm_average(decay: float) -> Callable[..., None]:
    """Exponential average with a short memory at first, so that it forgets the random start."""

    def update(averages: Any, currents: Any, n_averaged: Tensor) -> None:
        warm = min(decay, (1 + int(n_averaged)) / (10 + int(n_averaged)))
        get_ema_multi_avg_fn(warm)(averages, currents, n_averaged)

    return update


def _start_from(network: nn.Module, checkpoint: Path) -> None:
    """Take over the weights of a trained network that have the shape of this one's."""
    own = network.state_dict()
    fitting = {
        name: value
        for name, value in Run.load(checkpoint).network.state_dict().items()
        if name in own and own[name].shape == value.shape
    }
    network.load_state_dict(own | fitting)
