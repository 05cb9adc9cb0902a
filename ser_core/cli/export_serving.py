"""`export-serving`: export the models of the zoo for an inference server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import explained_errors, fail, messages, select_cards
from ser_core.cli.model_options import Precision


def export_serving(
    out: Annotated[Path, typer.Option(help="Folder of the model repository.")],
    names: Annotated[
        list[str] | None,
        typer.Option("--model", "-m", help="Only this model; repeat for several. [all]"),
    ] = None,
    precisions: Annotated[
        list[Precision] | None,
        typer.Option("--precision", help="Only this precision; repeat for several. [all]"),
    ] = None,
) -> None:
    """Export the zoo as a model repository for OpenVINO Model Server.

    Each model is served once per precision, for example as se-resnet-int8. After a change, export
    into the same folder again: a running server switches to the new version. docs/serving.md shows
    how to start the server and how to connect the app to it.
    """
    with explained_errors():
        from ser_core.serving import export

        cards = select_cards(names)
        try:
            served = export(cards, out, [p.value for p in precisions or Precision])
        except OSError as error:
            fail(f"{out} cannot be written: {error.strerror}. Choose another folder.")
    print("\n".join(served))
    messages.print(
        f"{len(served)} models are in {out}. Start a server with it, then set SER_INFERENCE_URL "
        "to its address (see docs/serving.md).",
        highlight=False,
        markup=False,
    )
