"""Figures that others published, to stand beside ours; not reproduced here."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache

from ser_core.models.card import Count
from ser_core.runtime.places import DATA

LISTENERS_ACCURACY = 0.624
"""Human listeners on RAVDESS speech who chose among 7 options, neutral and calm being one
(Livingstone & Russo 2018, doi:10.1371/journal.pone.0196391)."""

_TABLES_2020 = DATA / "published_2020.csv"


@dataclass(frozen=True)
class PublishedTable:
    """A test table of the SpeechVINO group of 2020; all of them use a random split of files.

    Attributes:
        model: authors, network and version.
        split: shares of the parts, as far as stated.
        loss: test loss.
        per_class: correct and total clips of each label.
        correct, total: over all labels, as published.
    """

    model: str
    split: str
    loss: float
    per_class: dict[str, Count]
    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        return self.correct / self.total

    @property
    def uar(self) -> float:
        """Mean recall over the labels."""
        shares = [count.share for count in self.per_class.values()]
        return sum(shares) / len(shares)


@cache
def published_2020() -> tuple[PublishedTable, ...]:
    """The tables, in order of publication in the group's repositories."""
    with _TABLES_2020.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tables = []
    for model in dict.fromkeys(row["model"] for row in rows):
        table = [row for row in rows if row["model"] == model]
        counts = {row["label"]: Count(int(row["correct"]), int(row["total"])) for row in table}
        overall = counts.pop("overall")
        tables.append(
            PublishedTable(
                model,
                table[0]["split"],
                float(table[0]["test_loss"]),
                counts,
                overall.correct,
                overall.total,
            )
        )
    return tuple(tables)
