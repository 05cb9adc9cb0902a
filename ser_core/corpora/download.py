"""Fetch RAVDESS from Zenodo; its zip files are read without unpacking."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pooch
from pooch.downloaders import HTTPDownloader
from requests.exceptions import RequestException
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

RECORD_URL = "https://zenodo.org/records/1188976"
"""Livingstone & Russo 2018, CC BY-NC-SA 4.0."""

ARCHIVES = {
    "speech": ("Audio_Speech_Actors_01-24.zip", "md5:bc696df654c87fed845eb13823edef8a"),
    "song": ("Audio_Song_Actors_01-24.zip", "md5:5411230427d67a21e18aa4d466e6d1b9"),
}
"""Name and checksum of each part."""


class DownloadError(ValueError):
    """The corpus could not be fetched; the message says what to do next."""


def download_ravdess(out: str | Path, parts: Sequence[str] = ("speech", "song")) -> list[Path]:
    """Fetch the zip files of RAVDESS into a folder.

    Files that are already there and have the right checksum are not fetched again.

    Args:
        out: the folder; created if missing.
        parts: `speech`, `song` or both.

    Returns:
        The zip files, in the order of `parts`.

    Raises:
        DownloadError: unknown part, no connection, wrong checksum, or the disk is not writable.
    """
    out = Path(out)
    unknown = [part for part in parts if part not in ARCHIVES]
    if unknown:
        raise DownloadError(
            f"RAVDESS has no part {unknown[0]!r}. Choose one of: {', '.join(ARCHIVES)}."
        )
    pooch.get_logger().setLevel("WARNING")  # the bar shows the progress
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    # On stderr, so that standard output stays free for other programs to read.
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        return [_fetch(out, *ARCHIVES[part], progress) for part in parts]


def _fetch(out: Path, name: str, checksum: str, progress: Progress) -> Path:
    by_hand = f"Or download {name} with a browser from {RECORD_URL} and put it into {out}."
    bar = _Bar(progress, progress.add_task(name, total=None))
    try:
        path = pooch.retrieve(
            url=f"{RECORD_URL}/files/{name}?download=1",
            known_hash=checksum,
            fname=name,
            path=out,
            downloader=HTTPDownloader(progressbar=bar, chunk_size=1 << 18),
        )
    except RequestException as error:
        raise DownloadError(
            f"{name} could not be fetched from Zenodo ({type(error).__name__}). "
            f"Check the connection and try again. {by_hand}"
        ) from error
    except ValueError as error:  # what pooch raises for a wrong checksum
        raise DownloadError(
            f"The download of {name} is damaged: its checksum is wrong. Try again. {by_hand}"
        ) from error
    except OSError as error:
        raise DownloadError(
            f"{name} cannot be written to {out}: {error.strerror or error}. "
            "Free some space, or choose another folder."
        ) from error
    return Path(path)


class _Bar:
    """A rich task with the tqdm interface that pooch expects."""

    def __init__(self, progress: Progress, task: TaskID):
        self.progress, self.task, self.total = progress, task, 0

    def update(self, n_bytes: int) -> None:
        self.progress.update(self.task, total=self.total, advance=n_bytes)

    def reset(self) -> None:
        self.progress.update(self.task, completed=0)

    def close(self) -> None:
        """The bar ends with the progress that it is part of."""
