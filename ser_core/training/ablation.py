"""What each part of the recipe is worth: train without it, and see how much is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ser_core.corpora.protocols import LUNA_JIMENEZ_FOLDS
from ser_core.evaluation.metrics import uar
from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.checkpoint import Run
from ser_core.training.clips import Clips, clip_logits
from ser_core.training.recipe import Recipe, Settings
from ser_core.training.run import recipe_split, run_training
from ser_core.training.workspace import Workspace

NO_WARPING: Settings = {"augmentation.stretch": 0, "augmentation.warp": 0}
NO_MASKS: Settings = {"augmentation.mel_masks": 0, "augmentation.time_masks": 0}
NO_BACKGROUND: Settings = {
    "augmentation.equaliser_db": 0,
    "augmentation.noise_share": 0,
    "augmentation.babble_share": 0,
    "augmentation.room_share": 0,
    "augmentation.band_share": 0,
}

ROWS: dict[str, Settings] = {
    "the recipe": {},
    "without tempo and vocal tract": NO_WARPING,
    "without SpecAugment": NO_MASKS,
    "without noise, babble, room, telephone, equalizer": NO_BACKGROUND,
    "without mixup": {"augmentation.mixup": 0},
    "without any augmentation": NO_WARPING | NO_MASKS | NO_BACKGROUND | {"augmentation.mixup": 0},
    "without song": {"channels": ["speech"]},
    "without a start on other corpora": {"pretraining_corpora": []},
    "a start of 45 epochs": {"pretraining_epochs": 45},
    "every emotion equally often": {"balanced": True},
    "without label smoothing": {"label_smoothing": 0},
    "without the average of the weights": {"ema": 0},
    "without the evidence head's loss": {"evidence_weight": 0},
}
"""What is changed in each row of the table."""


@dataclass(frozen=True)
class Row:
    """UAR on speech of a changed recipe, 0–1, one figure per fold and seed.

    Attributes:
        validation: of the validation actors, by which a recipe may be chosen.
        test: of the test actors, by which it may not (but see `choices`).
    """

    name: str
    validation: tuple[float, ...]
    test: tuple[float, ...]


def ablate(
    recipe: Recipe,
    rows: Sequence[str],
    workspace: Workspace,
    folds: Sequence[int] = (0, 1),
    seeds: Sequence[int] = (0, 1),
    progress: Progress = SILENT,
) -> list[Row]:
    """Train the rows of the table that are not trained yet, and measure them.

    Args:
        rows: names out of `ROWS`.
        progress: gets a line for each network.

    Raises:
        ValueError: there is no such row, or nothing is left to judge by.
    """
    if recipe.refit:
        raise ValueError(
            "Validation judges the rows, so no network may learn from it: leave --set refit=true "
            "out."
        )
    unknown = [name for name in rows if name not in ROWS]
    if unknown:
        raise ValueError(f"There is no row {unknown[0]!r}. There are: {', '.join(ROWS)}.")
    table = []
    for name in rows:
        scores = []
        for fold, seed in product(folds, seeds):
            variant = replace(recipe, fold=fold, seed=seed).with_settings(ROWS[name])
            run = f"{name.replace(' ', '-').replace(',', '')}-{fold}-{seed}"
            checkpoint = run_training(variant, workspace, run, resume=True)
            scores.append(_speech_uar(Run.load(checkpoint), workspace))
            progress.say(f"{name}, fold {fold}, seed {seed}: validation UAR {scores[-1][0]:.1%}")
        validation, test = zip(*scores, strict=True)
        table.append(Row(name, validation, test))
    return table


def _speech_uar(run: Run, workspace: Workspace) -> tuple[float, float]:
    """UAR on the speech of the validation and of the test actors."""
    parts = recipe_split(run.recipe, workspace.data)
    validation, test = (
        Clips.load([u for u in part if u.channel == "speech"], run.recipe, workspace)
        for part in (parts.validation, parts.test)
    )
    return _uar(run, validation), _uar(run, test)


def _uar(run: Run, clips: Clips) -> float:
    return uar(clips.targets, clip_logits(run.network, clips).argmax(axis=1))


def as_markdown(table: list[Row]) -> str:
    """The table, with differences to its first row, pair by pair, and their standard error."""
    lines = [
        "| recipe | validation UAR | difference | test UAR | difference | networks |",
        "|---|---|---|---|---|---|",
    ]
    for row in table:
        cells = [row.name]
        for scores, first in ((row.validation, table[0].validation), (row.test, table[0].test)):
            difference = "" if row is table[0] else _difference(scores, first)
            cells += [f"{np.mean(scores):.1%}", difference]
        lines.append(f"| {' | '.join([*cells, str(len(row.test))])} |")
    return "\n".join(lines)


def choices(table: list[Row]) -> list[str]:
    """The best row for each fold of `actors-5fold`, from a table of `actors-inner`.

    Two networks of a row heard neither the fold nor the neighbor that was left out with it. What
    they do with that neighbor chooses, so the fold itself stays out of its own choice (nested
    cross-validation, Varma & Simon 2006, doi:10.1186/1471-2105-7-91).

    Args:
        table: rows with one figure per fold, in their order.

    Raises:
        ValueError: there is not one figure per fold.
    """
    n_folds = len(LUNA_JIMENEZ_FOLDS)
    if any(len(row.test) != n_folds for row in table):
        raise ValueError(f"A choice needs a network for each of {n_folds} folds, and one seed.")
    return [
        max(table, key=lambda row: row.validation[fold] + row.test[fold - 1]).name
        for fold in range(n_folds)
    ]


def _difference(scores: tuple[float, ...], first: tuple[float, ...]) -> str:
    points = 100 * (np.array(scores) - np.array(first))
    error = points.std(ddof=1) / np.sqrt(len(points)) if len(points) > 1 else np.nan
    return f"{points.mean():+.1f} ± {error:.1f}"
