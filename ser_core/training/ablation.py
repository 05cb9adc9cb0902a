"""What each part of the recipe is worth: train without it, and see how much is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ser_core.corpora.protocols import LUNA_JIMENEZ_FOLDS
from ser_core.evaluation.metrics import uar
from ser_core.training.clips import Clips, clip_logits
from ser_core.training.features_cache import log_mels
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split, run_training
from ser_core.training.train import load_checkpoint

NO_WARPING = {"augmentation.stretch": 0, "augmentation.warp": 0}
NO_MASKS = {"augmentation.mel_masks": 0, "augmentation.time_masks": 0}
NO_BACKGROUND = {
    f"augmentation.{kind}_share": 0 for kind in ("noise", "babble", "room", "band")
} | {"augmentation.equaliser_db": 0}

ROWS: dict[str, Mapping[str, object]] = {
    "the recipe": {},
    "without tempo and vocal tract": NO_WARPING,
    "without SpecAugment": NO_MASKS,
    "without noise, babble, room, telephone, equaliser": NO_BACKGROUND,
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
    rows: list[str],
    data: Path,
    runs: Path,
    features: Path,
    folds: tuple[int, ...] = (0, 1),
    seeds: tuple[int, ...] = (0, 1),
    device: str = "cpu",
    say: Callable[[str], None] = print,
) -> list[Row]:
    """Train the rows of the table that are not trained yet, and measure them.

    Args:
        rows: names out of `ROWS`.
        runs: folder of the runs; finished ones are kept.
        say: called with a line for each network.

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
        found = []
        for fold in folds:
            for seed in seeds:
                changed = replace(recipe, fold=fold, seed=seed).with_settings(ROWS[name])
                run = runs / f"{name.replace(' ', '-').replace(',', '')}-{fold}-{seed}"
                checkpoint = run_training(changed, data, run, features, device, resume=True)
                found.append(_speech_uar(checkpoint, data, features))
                say(f"{name}, fold {fold}, seed {seed}: validation UAR {found[-1][0]:.1%}")
        validation, test = zip(*found, strict=True)
        table.append(Row(name, validation, test))
    return table


def _speech_uar(checkpoint: Path, data: Path, features: Path) -> tuple[float, float]:
    recipe, network, _ = load_checkpoint(checkpoint)
    parts, found = recipe_split(recipe, data), []
    for part in (parts.validation, parts.test):
        spoken = [utterance for utterance in part if utterance.channel == "speech"]
        clips = Clips(spoken, log_mels(spoken, recipe.features, features), recipe)
        found.append(uar(clips.targets, clip_logits(network, clips).argmax(axis=1)))
    return found[0], found[1]


def as_markdown(table: list[Row]) -> str:
    """The table, with differences to its first row, pair by pair, and their standard error."""
    lines = [
        "| recipe | validation UAR | difference | test UAR | difference | networks |",
        "|---|---|---|---|---|---|",
    ]
    for row in table:
        cells = [row.name]
        for found, first in ((row.validation, table[0].validation), (row.test, table[0].test)):
            cells += [f"{np.mean(found):.1%}", "" if row is table[0] else _difference(found, first)]
        lines.append(f"| {' | '.join([*cells, str(len(row.test))])} |")
    return "\n".join(lines)


def choices(table: list[Row]) -> list[str]:
    """The best row for each fold of `actors-5fold`, from a table of `actors-inner`.

    Two networks of a row heard neither the fold nor the neighbour that was left out with it. What
    they do with that neighbour chooses, so the fold itself stays out of its own choice (nested
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


def _difference(found: tuple[float, ...], first: tuple[float, ...]) -> str:
    points = 100 * (np.array(found) - np.array(first))
    error = points.std(ddof=1) / np.sqrt(len(points)) if len(points) > 1 else np.nan
    return f"{points.mean():+.1f} ± {error:.1f}"
