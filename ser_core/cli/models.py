"""`models`: list the models of the zoo."""

from __future__ import annotations

import json
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape

from ser_core.cli.console import ZooOption, messages
from ser_core.models.card import ModelCard, as_data
from ser_core.models.zoo import ZOO, read_zoo


def models(
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False,
    zoo: ZooOption = ZOO,
) -> None:
    """List the models of the zoo, the main model first.

    Exit status: 1 if a card could not be read; the others are still listed.
    """
    cards, broken = read_zoo(zoo)
    if as_json:
        print(json.dumps([_summary(card) for card in cards], indent=1))
    else:
        _print_models(cards)
    for error in broken:
        messages.print(f"[red]Error:[/red] {escape(str(error))}", highlight=False)
    if broken:
        raise typer.Exit(1)


def _print_models(cards: list[ModelCard]) -> None:
    if not cards:
        messages.print("There is no model in the zoo. Clone the repository again.")
    console = Console(highlight=False)
    for card in cards:
        sizes = ", ".join(f"{p} {card.files[p].bytes / 1e6:.1f} MB" for p in card.precisions)
        console.print(f"[bold]{card.name}[/bold]  {card.role}: {card.title}")
        console.print(f"  {card.architecture}, {card.parameters:,} parameters; {sizes}")
        for result in card.own_results:
            if result.precision == card.most_exact:
                console.print(
                    f"  {result.protocol} fold {result.fold}, {result.channel}: "
                    f"UAR {result.uar:.1%}, accuracy {result.accuracy:.1%} (n = {result.n})"
                )


def _summary(card: ModelCard) -> dict[str, object]:
    reports = {p: card.conversion.of(p) for p in card.precisions}
    return {
        "name": card.name,
        "role": card.role,
        "title": card.title,
        "task": card.task,
        "architecture": card.architecture,
        "parameters": card.parameters,
        "labels": card.labels,
        "window": msgspec.to_builtins(card.window),
        "precisions": [
            {
                "precision": p,
                "file": card.files[p].xml,
                "bytes": card.files[p].bytes,
                "sha256": msgspec.to_builtins(card.files[p].sha256),
                "uar_drop": report.uar_drop if report else None,
            }
            for p, report in reports.items()
        ],
        "results": [as_data(entry) for entry in card.results],
    }
