"""How many clips RAVDESS has per emotion, channel and actor, known without having it.

    python -m ser_core.corpora.overview DATA > ser_core/data/ravdess_counts.csv

counts them again, from the file names alone.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple, TextIO

from ser_core.corpora.readers import read_corpora
from ser_core.corpora.utterance import Utterance

_COUNTS = Path(__file__).parents[1] / "data" / "ravdess_counts.csv"


class Cell(NamedTuple):
    """Clips of one actor with one emotion, spoken or sung."""

    channel: str
    label: str
    speaker: str
    gender: str
    clips: int


def count(utterances: Iterable[Utterance]) -> list[Cell]:
    """Count utterances, sorted by channel, label and speaker."""
    found = Counter((u.channel, u.label, u.speaker, u.gender) for u in utterances)
    return [Cell(*key, clips) for key, clips in sorted(found.items())]


@cache
def ravdess_counts() -> tuple[Cell, ...]:
    """The counts that come with SER Lab."""
    with _COUNTS.open(newline="", encoding="utf-8") as file:
        return tuple(
            Cell(r["channel"], r["label"], r["speaker"], r["gender"], int(r["clips"]))
            for r in csv.DictReader(file)
        )


def _write(cells: Iterable[Cell], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows((Cell._fields, *cells))


if __name__ == "__main__":
    _write(count(read_corpora(sys.argv[1], ["ravdess"])), sys.stdout)
