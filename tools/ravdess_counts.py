"""Recount the clips of RAVDESS, from the file names alone.

python -m tools.ravdess_counts DATA > ser_core/data/ravdess_counts.csv
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from ser_core.corpora.overview import Cell
from ser_core.corpora.readers import read_corpora
from ser_core.corpora.utterance import Utterance


def count(utterances: Iterable[Utterance]) -> list[Cell]:
    """Count utterances, sorted by channel, label and speaker."""
    counts = Counter((u.channel, u.label, u.speaker, u.gender) for u in utterances)
    return [Cell(*key, clips) for key, clips in sorted(counts.items())]


def _write(cells: Iterable[Cell], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows((Cell._fields, *cells))


if __name__ == "__main__":
    _write(count(read_corpora(sys.argv[1], ["ravdess"])), sys.stdout)
