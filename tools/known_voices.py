"""Measure what known voices are worth: `leaked_split.csv`, for step 10 of the walkthrough.

python -m tools.known_voices --data "$SER_DATA" --runs runs/known-voices

It trains the small network once for each protocol `known-voices`, briefly and with little
augmentation (about 12 minutes each on one core), and tests each of them on the same clips. Finished
runs are reused.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from ser_core.cli.console import EpochBar, progress_bar
from ser_core.corpora.protocols import KNOWN_VOICES
from ser_core.runtime.places import DATA
from ser_core.training.cross_validation import cross_validate, recipe_results
from ser_core.training.recipe import Recipe
from ser_core.training.workspace import Workspace

SHORT = Recipe(epochs=12).with_settings(
    {
        "augmentation.warp": 0.06,
        "augmentation.equaliser_db": 2,
        "augmentation.noise_share": 0.1,
        "augmentation.babble_share": 0,
        "augmentation.room_share": 0.05,
        "augmentation.band_share": 0,
        "augmentation.mel_masks": 0,
        "augmentation.time_masks": 0,
        "augmentation.mixup": 0,
    }
)
COLUMNS = ("share_known", "uar", "low", "high", "accuracy", "n_clips", "command")


def measured(percent: int, workspace: Workspace) -> tuple[object, ...]:
    """A row of the file: one network, tested on speech and song."""
    recipe = SHORT.with_settings({"protocol": f"known-voices-{percent}"})
    with progress_bar("Training", "", EpochBar) as bar:
        trials = cross_validate(recipe, workspace, 1, bar)
    (result,) = (r for r in recipe_results(recipe, trials, 1) if r.channel == "all")
    low, high = (round(bound, 4) for bound in result.intervals.uar)
    uar, accuracy = round(result.uar, 4), round(result.accuracy, 4)
    return percent / 100, uar, low, high, accuracy, result.n, result.command


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--features", type=Path, default=Path("features"))
    options = parser.parse_args()
    workspace = Workspace(options.data, options.features, options.runs)
    rows = [measured(percent, workspace) for percent in KNOWN_VOICES]
    with (DATA / "leaked_split.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()
