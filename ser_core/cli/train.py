"""`train`: train a network on a corpus, or on one's own recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import DataOption, EpochBar, explained_errors, progress_bar
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
    TaskOption,
    TeacherOption,
    completed_recipe,
)


def train(
    data: DataOption,
    out: Annotated[Path, typer.Option(help="Folder for recipe, curves and checkpoint.")],
    arch: ArchOption = "se_resnet",
    protocol: ProtocolOption = None,
    fold: Annotated[int, typer.Option(help="Fold to leave out for the test.")] = 0,
    task: TaskOption = "emotions-8",
    seed: SeedOption = 0,
    epochs: EpochsOption = 60,
    corpora: CorporaOption = None,
    pretrain: PretrainOption = None,
    teacher: TeacherOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = "cpu",
    init: InitOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a stopped run.")] = False,
    features: FeaturesOption = FEATURES,
) -> None:
    """Train a network on a corpus, or on your own recordings.

    The main network takes about ten minutes for 60 epochs of RAVDESS on one core. Examples:

    python -m ser_core train --data data --out runs/main

    python -m ser_core train --data own --out runs/own
    """
    with explained_errors():
        from ser_core.training.recipe import Recipe
        from ser_core.training.run import run_training
        from ser_core.training.workspace import Workspace

        recipe = Recipe(
            arch=arch,
            task=task,
            fold=fold,
            seed=seed,
            epochs=epochs,
            pretraining_corpora=tuple(pretrain or ()),
        )
        recipe = completed_recipe(recipe, data, corpora, protocol, teacher, settings)
        workspace = Workspace(data, features, out.parent, device, init)
        with progress_bar("Features and training", "", EpochBar) as bar:
            checkpoint = run_training(recipe, workspace, out.name, resume, bar)
    print(checkpoint)
