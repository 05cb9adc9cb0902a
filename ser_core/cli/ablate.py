"""`ablate`: measure what each part of a recipe contributes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import DataOption, Lines, explained_errors, messages
from ser_core.cli.recipe_options import (
    FEATURES,
    ArchOption,
    DeviceOption,
    EpochsOption,
    FeaturesOption,
    InitOption,
    PretrainOption,
    SettingsOption,
    completed_recipe,
)
from ser_core.corpora.protocols import PROTOCOLS


def ablate(
    data: DataOption,
    runs: Annotated[Path, typer.Option(help="Folder of the runs; finished ones are reused.")],
    arch: ArchOption = "se_resnet",
    epochs: EpochsOption = 25,
    inner: Annotated[
        bool, typer.Option("--inner", help="Choose a recipe: all folds of actors-inner, one seed.")
    ] = False,
    row: Annotated[
        list[str] | None, typer.Option(help="Only this row; repeat for several. [all]")
    ] = None,
    fold: Annotated[
        list[int] | None, typer.Option(help="Fold; repeat for several. [0 and 1]")
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Seed; repeat for several. [0 and 1]")
    ] = None,
    pretrain: PretrainOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = "cpu",
    init: InitOption = None,
    features: FeaturesOption = FEATURES,
) -> None:
    """Train the recipe without each of its parts, and print the difference as a table."""
    with explained_errors():
        from ser_core.training import ablation
        from ser_core.training.recipe import Recipe
        from ser_core.training.workspace import Workspace

        if inner and (fold or seed):
            raise ValueError("--inner uses every fold and one seed. Omit --fold and --seed.")
        protocol = "actors-inner" if inner else "actors-5fold"
        folds = tuple(range(PROTOCOLS[protocol].n_folds)) if inner else tuple(fold or (0, 1))
        seeds = (0,) if inner else tuple(seed or (0, 1))
        recipe = Recipe(arch=arch, epochs=epochs, pretraining_corpora=tuple(pretrain or ()))
        table = ablation.ablate(
            completed_recipe(recipe, data, ["ravdess"], protocol, None, None, settings),
            row or list(ablation.ROWS),
            Workspace(data, features, runs, device, init),
            folds,
            seeds,
            Lines(messages.print),
        )
    print(ablation.as_markdown(table))
    if inner:
        print(f"Chosen for fold 0, 1, …: {'; '.join(ablation.choices(table))}")
