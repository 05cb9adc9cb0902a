"""`evaluate`: evaluate a model on clips that it was not trained on."""

from __future__ import annotations

from typing import Annotated

import typer

from ser_core.cli.console import DataOption, ZooOption, explained_errors, progress_bar
from ser_core.cli.model_options import PrecisionOption
from ser_core.models.card import Channel
from ser_core.models.zoo import ZOO, load_model


def evaluate(
    data: DataOption,
    model: Annotated[str | None, typer.Option("-m", "--model", help="Name in the zoo.")] = None,
    precision: PrecisionOption = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="Test part of this protocol; all-clips for all. [from the card]"),
    ] = None,
    fold: Annotated[int | None, typer.Option(help="Fold of the protocol.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the protocol.")] = None,
    channel: Annotated[
        Channel | None, typer.Option(help="Only clips of this kind. [from the card, else all]")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also use clips that the model was trained on.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
    zoo: ZooOption = ZOO,
) -> None:
    """Evaluate a model on clips that it was not trained on.

    Without --protocol, repeats the first result of the model's card.
    """
    with explained_errors():
        from ser_core.evaluation import evaluate as evaluation

        recognizer = load_model(model, precision, zoo=zoo)
        with progress_bar("Evaluating", "clips") as bar:
            selection = evaluation.Selection(protocol, fold, seed, channel)
            result = evaluation.evaluate(recognizer, data, selection, force, bar)
    print(result.to_json() if as_json else result.as_text())
