"""`convert`: a checkpoint becomes a model of the zoo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import DataOption, Lines, ZooOption, explained_errors
from ser_core.cli.recipe_options import FEATURES, FeaturesOption
from ser_core.models.card import Role
from ser_core.models.zoo import ZOO


def convert(
    checkpoint: Annotated[Path, typer.Argument(help="checkpoint.pt of a run.")],
    name: Annotated[str, typer.Option(help="Name of the model: its folder in the zoo.")],
    data: DataOption,
    title: Annotated[str, typer.Option(help="What people read.")] = "",
    role: Annotated[Role, typer.Option(help="What it is for in the zoo.")] = "comparison",
    calibrated_by: Annotated[
        str | None,
        typer.Option(help="Take temperature and threshold from this model, of the same recipe."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Do not keep this precision, FP16 or INT8; repeat."),
    ] = None,
    features: FeaturesOption = FEATURES,
    zoo: ZooOption = ZOO,
) -> None:
    """Turn a checkpoint into OpenVINO IRs (FP32, FP16, INT8) with a model card.

    Fits temperature and threshold on validation speakers, quantizes on training speakers, holds
    ONNX and every IR against PyTorch on the validation speakers, and evaluates the test part. The
    main model also becomes an IR that takes samples. Fails when FP32 differs by more than 1e-3 or
    in a label, or when INT8, with ever more layers left in floating point, still agrees on fewer
    than 97 % of the labels or loses more than 2 points of UAR.
    """
    with explained_errors():
        from ser_core.training.packaging import ZooEntry, package
        from ser_core.training.workspace import Workspace

        entry = ZooEntry(name, title, role, calibrated_by, without or ())
        workspace = Workspace(data, features, checkpoint.parent.parent)
        package(checkpoint, entry, workspace, zoo, Lines())
