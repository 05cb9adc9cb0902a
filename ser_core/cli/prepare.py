"""`prepare`: check a corpus, compute its features and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import (
    DataOption,
    ZooOption,
    explained_errors,
    progress_bar,
    show_report,
)
from ser_core.models.zoo import ZOO, load_card


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
    model: Annotated[
        str | None,
        typer.Option("-m", "--model", help="Pictures for this model. [the main one]"),
    ] = None,
    zoo: ZooOption = ZOO,
) -> None:
    """Check every recording, and compute the features that `train --features OUT` reads.

    Existing features are not computed again, so a stopped run continues where it left off.
    """
    from ser_core.corpora.cleaning import clean
    from ser_core.corpora.readers import EVERYTHING, read
    from ser_core.features.log_mel import LogMel
    from ser_core.training.features_cache import log_mels
    from ser_core.training.images import write_images

    with explained_errors():
        reading = read(data, corpora or EVERYTHING)
        show_report(reading.report)
        with progress_bar("Checking", "files") as bar:
            report = clean(reading.utterances, bar)
        out.mkdir(parents=True, exist_ok=True)
        report.write_csv(out / "clean_report.csv")
        for name, count in report.counts.items():
            print(f"{name}: {count}")
        print(f"Listed in {out / 'clean_report.csv'}")
        with progress_bar("Features", "speakers") as bar:
            log_mels(report.usable, LogMel(), out, bar)
        if images:
            with progress_bar("Pictures", "files") as bar:
                write_images(report.usable, load_card(model, zoo).features, out, bar)
