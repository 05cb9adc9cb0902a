"""How many clips RAVDESS has per emotion, channel and actor, without having the corpus.

`tools/ravdess_counts.py` counts them.
"""

from __future__ import annotations

import csv
from functools import cache
from typing import NamedTuple

from ser_core.runtime.places import DATA

_COUNTS = DATA / "ravdess_counts.csv"


class Cell(NamedTuple):
    """Clips of one actor with one emotion, spoken or sung."""

    channel: str
    label: str
    speaker: str
    gender: str
    clips: int


@cache
def ravdess_counts() -> tuple[Cell, ...]:
    """The counts shipped with SER Lab."""
    with _COUNTS.open(newline="", encoding="utf-8") as file:
        return tuple(
            Cell(r["channel"], r["label"], r["speaker"], r["gender"], int(r["clips"]))
            for r in csv.DictReader(file)
        )
