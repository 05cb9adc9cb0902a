"""`download`: fetch RAVDESS from Zenodo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import explained_errors


def download(
    out: Annotated[Path, typer.Option(help="Folder of the corpora.")] = Path("data"),
    parts: Annotated[
        list[str] | None,
        typer.Option("--part", help="speech or song; repeat for both. [both]"),
    ] = None,
) -> None:
    """Download RAVDESS from Zenodo (CC BY-NC-SA 4.0). Its zip files need no unpacking."""
    from ser_core.corpora.download import download_ravdess

    with explained_errors():
        for path in download_ravdess(out / "ravdess", parts or ("speech", "song")):
            print(path)
