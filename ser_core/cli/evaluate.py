"""`evaluate`: evaluate a model on clips that it was not trained on."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ser_core.cli.console import DataOption, ZooOption, explained_errors, progress_bar
from ser_core.cli.model_options import PrecisionOption
from ser_core.models.card import Adaptation, Channel, Draw, as_data
from ser_core.models.zoo import ZOO, load_model
from ser_core.runtime.cores import available_cores


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
    adapt: Annotated[
        int | None,
        typer.Option(
            help="Learn each speaker from this many recordings, and test the others.", min=0
        ),
    ] = None,
    labelled: Annotated[
        bool,
        typer.Option(
            "--labelled", "--labeled", help="Learn one sentence with labels, test the other."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
    zoo: ZooOption = ZOO,
) -> None:
    """Evaluate a model on clips that it was not trained on.

    Without --protocol, repeats the first result of the model's card.
    """
    with explained_errors():
        from ser_core.evaluation import evaluate as evaluation

        recognizer = load_model(model, precision, zoo=zoo, at_once=available_cores())
        selection = evaluation.Selection(protocol, fold, seed, channel)
        with progress_bar("Evaluating", "clips") as bar:
            if adapt is not None:
                draw: Draw = "labelled" if labelled else "any"
                entry = evaluation.evaluate_adapted(recognizer, data, adapt, draw, selection, bar)
                print(json.dumps(as_data(entry)) if as_json else _gain_text(entry))
                return
            result = evaluation.evaluate(recognizer, data, selection, force, bar)
    print(result.to_json() if as_json else result.as_text())


def _gain_text(entry: Adaptation) -> str:
    low, high = entry.interval
    return (
        f"{entry.k} recordings of each speaker learned ({entry.draw}), the others tested, mean of "
        f"{entry.n_draws} draws: UAR {entry.uar:.1%}, {100 * entry.gain:+.1f} points "
        f"(95 % of the draws: {100 * low:+.1f} to {100 * high:+.1f}; n = {entry.n})"
    )
