"""`protocols`, `download` and `prepare`: the corpora."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ser_core.cli.console import DataOption, explained_errors, messages, progress_bar


def protocols(
    data: DataOption,
    as_json: Annotated[bool, typer.Option("--json", help="As a JSON array.")] = False,
) -> None:
    """List the ways to split the corpora, and how large their parts are."""
    from ser_core.corpora.protocols import sizes
    from ser_core.corpora.readers import read_corpora

    with explained_errors():
        utterances = read_corpora(data) if data.exists() else None
    rows = sizes(utterances)
    if as_json:
        print(json.dumps([asdict(protocol) for protocol in rows], indent=1))
        return
    if utterances is None:
        messages.print(f"There is no folder {data}, so no sizes. Fetch RAVDESS with `download`.")
    console = Console(highlight=False)
    for protocol in rows:
        folds = f"{protocol.folds} fold{'s' * (protocol.folds > 1)}"
        console.print(f"[bold]{protocol.name}[/bold]  {folds}")
        for name in ("train", "validation", "test"):
            if part := getattr(protocol, name):
                console.print(f"  {name}: {part.utterances} clips of {part.speakers} speakers")
        console.print(f"  {protocol.meaning}\n", style="dim")


def download(
    out: Annotated[Path, typer.Option(help="Folder of corpora.")] = Path("data"),
    parts: Annotated[
        list[str] | None,
        typer.Option("--part", help="speech or song; repeat for both. [both]"),
    ] = None,
) -> None:
    """Fetch RAVDESS from Zenodo (CC BY-NC-SA 4.0); its zip files stay packed."""
    from ser_core.corpora.download import download_ravdess

    with explained_errors():
        for path in download_ravdess(out / "ravdess", parts or ("speech", "song")):
            print(path)


def prepare(
    data: DataOption,
    out: Annotated[Path, typer.Option(help="Folder for features, pictures and the report.")] = Path(
        "features"
    ),
    corpora: Annotated[
        list[str] | None, typer.Option("--corpus", help="Only this corpus; repeat for several.")
    ] = None,
    images: Annotated[
        bool,
        typer.Option("--images", help="Also spectrograms/<label>/ and waveforms/<label>/ as PNG."),
    ] = False,
) -> None:
    """Check every recording, and compute the features that `train --features OUT` reads.

    What is there already is not computed again, so a stopped run goes on where it stopped.
    """
    from ser_core.corpora.cleaning import clean
    from ser_core.corpora.readers import read_corpora
    from ser_core.features.log_mel import LogMel
    from ser_core.training.features_cache import log_mels
    from ser_core.training.images import write_images

    with explained_errors():
        utterances = read_corpora(data, corpora)
        with progress_bar("Checking", "files") as bar:
            report = clean(utterances, bar)
        out.mkdir(parents=True, exist_ok=True)
        report.write_csv(out / "clean_report.csv")
        for name, count in report.counts.items():
            print(f"{name}: {count}")
        print(f"Listed in {out / 'clean_report.csv'}")
        with progress_bar("Features", "speakers") as bar:
            log_mels(report.usable, LogMel(), out, bar)
        if images:
            with progress_bar("Pictures", "files") as bar:
                write_images(report.usable, LogMel(), out, bar)
