"""`convert`: convert a checkpoint to a model of the zoo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import DataOption, Lines, ZooOption, explained_errors
from ser_core.cli.recipe_options import FEATURES, FeaturesOption
from ser_core.models.card import Role
from ser_core.models.zoo import ZOO


def convert(
    checkpoint: Annotated[Path, typer.Argument(help="The checkpoint.pt of a run.")],
    name: Annotated[str, typer.Option(help="Name of the model and of its folder in the zoo.")],
    data: DataOption,
    title: Annotated[str, typer.Option(help="Title shown in the app.")] = "",
    role: Annotated[Role, typer.Option(help="Role in the zoo.")] = "comparison",
    calibrated_by: Annotated[
        str | None,
        typer.Option(help="Use the temperature and threshold of this model of the same recipe."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Leave out this precision, FP16 or INT8; repeat for both."),
    ] = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Also a stopped run; the card then says so.")
    ] = False,
    features: FeaturesOption = FEATURES,
    zoo: ZooOption = ZOO,
) -> None:
    """Convert a checkpoint to OpenVINO IRs (FP32, FP16, INT8) with a model card.

    Fits temperature and threshold on validation speakers, quantizes on training speakers, compares
    ONNX and every IR with PyTorch on the validation speakers, and evaluates the test part. A
    main or small model also becomes an IR that takes samples, unless it is pretrained or calibrated
    by another. Fails if FP32 differs by more than 1e-3 or in a label, or if INT8, with more and
    more layers left in floating point, still agrees on fewer than 97 % of the labels or loses more
    than 2 points of UAR.
    """
    with explained_errors():
        from ser_core.training.packaging import ZooEntry, package
        from ser_core.training.workspace import Workspace

        entry = ZooEntry(name, title, role, calibrated_by, without or (), unfinished)
        workspace = Workspace(data, features, checkpoint.parent.parent)
        package(checkpoint, entry, workspace, zoo, Lines())
