"""`protocols`: list the ways to split the corpora."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from ser_core.cli.console import DataOption, explained_errors, messages, show_report


def protocols(
    data: DataOption,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False,
) -> None:
    """List the ways to split the corpora, with the sizes of their parts."""
    from ser_core.corpora.protocols import sizes
    from ser_core.corpora.readers import EVERYTHING, read

    with explained_errors():
        reading = read(data, EVERYTHING) if data.exists() else None
    if reading:
        show_report(reading.report)
    rows = sizes(reading.utterances if reading else None)
    if as_json:
        print(json.dumps([asdict(protocol) for protocol in rows], indent=1))
        return
    if reading is None:
        messages.print(
            f"There is no folder {data}, so there are no sizes. Fetch RAVDESS with `download`."
        )
    console = Console(highlight=False)
    for protocol in rows:
        folds = f"{protocol.folds} fold{'s' * (protocol.folds > 1)}"
        console.print(f"[bold]{protocol.name}[/bold]  {folds}")
        for name in ("train", "validation", "test"):
            if part := getattr(protocol, name):
                console.print(f"  {name}: {part.utterances} clips of {part.speakers} speakers")
        console.print(f"  {protocol.meaning}\n", style="dim")
