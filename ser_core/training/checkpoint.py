"""What a training leaves behind: recipe, averaged weights and curves, in a folder of its own."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from ser_core.training.low_rank import let_change, merge_changes
from ser_core.training.recipe import Recipe

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Epoch:
    """One row of the curves; losses in nats, accuracy and UAR as fractions 0–1."""

    epoch: int
    learning_rate: float
    train_loss: float
    validation_loss: float
    validation_accuracy: float
    validation_uar: float
    samples_per_s: float

    def __str__(self) -> str:
        return (
            f"loss {self.train_loss:.3f}  validation UAR {self.validation_uar:.1%}  "
            f"{self.samples_per_s:.0f} clips/s"
        )


@dataclass(frozen=True)
class Run:
    """A training as its checkpoint keeps it.

    Attributes:
        checkpoint: the file it was read from; what belongs to the run lies beside it.
        network: averaged weights, in evaluation mode, on the CPU.
    """

    checkpoint: Path
    recipe: Recipe
    network: nn.Module
    curves: tuple[Epoch, ...]

    @classmethod
    def load(cls, checkpoint: Path) -> Run:
        """Read a checkpoint.

        Raises:
            ValueError: the file is no checkpoint of this project.
        """
        try:
            state = torch.load(checkpoint, map_location="cpu", weights_only=True)
            recipe = Recipe.from_json(state["recipe"])
            network = recipe.build()
            if recipe.low_rank:
                let_change(network, recipe.low_rank)
            averaged = AveragedModel(network)
            averaged.load_state_dict(state["averaged"])
            if recipe.low_rank:
                merge_changes(averaged.module)
            curves = tuple(Epoch(**row) for row in state["curves"])
        except Exception as error:  # torch raises many kinds for a file that is not its own
            raise ValueError(f"{checkpoint} is no checkpoint that can be read: {error}") from error
        return cls(checkpoint, recipe, averaged.module.eval(), curves)

    @property
    def folder(self) -> Path:
        return self.checkpoint.parent

    @property
    def unfinished(self) -> str:
        """The sentence on a training that was stopped; empty if it ran to its end."""
        n_epochs = len(self.curves)
        if self.recipe.frozen or n_epochs >= self.recipe.epochs:
            return ""
        return f"Training was stopped after epoch {n_epochs} of {self.recipe.epochs}."

    @cached_property
    def judged(self) -> Run:
        """The run that validation judges: this one or, of a refit recipe, the one before.

        Raises:
            ValueError: the one before is not there.
        """
        if not self.recipe.calibrating:
            return self
        name = run_name(self.recipe.calibrating)
        before = self.folder.with_name(name) / self.checkpoint.name
        if not before.is_file():
            raise ValueError(
                f"{before} is not there. This network also learned from its validation part, so "
                "its temperature comes from an earlier run. Train it again with --resume, which "
                "makes that run."
            )
        return Run.load(before)


def run_name(recipe: Recipe) -> str:
    """Folder name of a run that other runs need: they know it by its recipe."""
    key = hashlib.sha256(recipe.to_json().encode()).hexdigest()[:8]
    return f"{recipe.arch}-{key}"


def write_curves(path: Path, curves: Sequence[Epoch]) -> None:
    """Write the curves of a run as CSV, one row per epoch."""
    rows = [asdict(epoch) for epoch in curves]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: f"{value:.6g}" for name, value in row.items()} for row in rows)
