"""The training loop that all networks share."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ser_core.evaluation.metrics import accuracy, uar
from ser_core.training.augment import mix, vary
from ser_core.training.clips import Clips, autocast, clip_logits
from ser_core.training.recipe import Recipe


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
        with autocast(device):
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
    with autocast(device):
        answers = [network(x).logits.float().softmax(dim=1) for network in networks]
    return torch.stack(answers).mean(dim=0)


def _warm_average(decay: float) -> Callable[..., None]:
    """Exponential average with a short memory at first, so that it forgets the random start."""

    def update(averages: Any, currents: Any, n_averaged: Tensor) -> None:
        warm = min(decay, (1 + int(n_averaged)) / (10 + int(n_averaged)))
        get_ema_multi_avg_fn(warm)(averages, currents, n_averaged)

    return update


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
