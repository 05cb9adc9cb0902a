"""`cross-validate`: train a recipe for every fold, or for several seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import DataOption, EpochBar, ZooOption, explained_errors, progress_bar
from ser_core.cli.recipe_options import (
    FEATURES,
    ArchOption,
    CorporaOption,
    DeviceOption,
    EpochsOption,
    FeaturesOption,
    InitOption,
    PretrainOption,
    ProtocolOption,
    SeedOption,
    SettingsOption,
    StartOption,
    TaskOption,
    TeacherOption,
    completed_recipe,
)
from ser_core.models.zoo import ZOO


def cross_validate(
    data: DataOption,
    runs: Annotated[Path, typer.Option(help="Folder of the runs; finished ones are reused.")],
    arch: ArchOption = "se_resnet",
    protocol: ProtocolOption = None,
    task: TaskOption = "emotions-8",
    seed: SeedOption = 0,
    seeds: Annotated[int, typer.Option(help="Number of seeds, for a random split.")] = 5,
    epochs: EpochsOption = 60,
    corpora: CorporaOption = None,
    pretrain: PretrainOption = None,
    start: StartOption = None,
    teacher: TeacherOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = "cpu",
    init: InitOption = None,
    features: FeaturesOption = FEATURES,
    adapt: Annotated[
        bool, typer.Option("--adapt", help="Also what getting to know each speaker gains.")
    ] = False,
    model: Annotated[
        str | None, typer.Option("-m", "--model", help="Write the figures into this model's card.")
    ] = None,
    zoo: ZooOption = ZOO,
) -> None:
    """Train a recipe for every fold, or for several seeds, and test each network on its own split.

    Prints the mean figures over all folds or seeds.
    """
    with explained_errors():
        from ser_core.training import cross_validation as cv
        from ser_core.training.recipe import Recipe
        from ser_core.training.workspace import Workspace

        recipe = Recipe(
            arch=arch,
            task=task,
            seed=seed,
            epochs=epochs,
            pretraining_corpora=tuple(pretrain or ()),
        )
        recipe = completed_recipe(recipe, data, corpora, protocol, start, teacher, settings)
        with progress_bar("Training", "", EpochBar) as bar:
            workspace = Workspace(data, features, runs, device, init)
            trials = cv.cross_validate(recipe, workspace, seeds, bar)
            adaptation = cv.recipe_adaptation(recipe, workspace, bar) if adapt else []
        results = cv.recipe_results(recipe, trials, seeds)
        if model:
            cv.keep_in_card(model, recipe, trials, zoo, seeds, adaptation)
    for result in results:
        print(
            f"{result.protocol}, {result.channel}: mean UAR {result.uar:.1%}, "
            f"accuracy {result.accuracy:.1%}, ECE {result.ece:.3f} (n = {result.n})"
        )
    for entry in adaptation:
        low, high = entry.interval
        print(
            f"{entry.draw}, {entry.k} recordings: UAR {entry.uar:.1%}, "
            f"{100 * entry.gain:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"
        )
