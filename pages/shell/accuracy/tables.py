"""The rows of the Accuracy page: for the screen, sortable, and for CSV files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import pandas as pd
from pandas.io.formats.style import Styler

from pages.shell.confusion import share_of_clips
from ser_core.corpora.overview import Cell
from ser_core.corpora.readers import RAVDESS_STATEMENTS
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.published import LISTENERS_ACCURACY, PublishedTable
from ser_core.evaluation.results import CertaintyBin, Group, Result
from ser_core.models.card import Count
from ser_core.models.labels import EMOTION_SYMBOLS, emotion_name
from ser_core.reports.csv_table import TableRow, Value

ELSEWHERE = "published elsewhere, random file split, not reproduced"


class Share(float):
    """A fraction from 0 to 1, and how it is written: a table sorts by the one, shows the other."""

    text: str

    def __new__(cls, share: float, text: str) -> Share:
        made = super().__new__(cls, share)
        made.text = text
        return made


@dataclass(frozen=True)
class Line:
    """A row of the table of all results.

    Attributes:
        shares: by column.
        ours: measured by us.
    """

    texts: dict[str, str]
    clips: int | None
    loss: float | None
    shares: dict[str, Share] = field(default_factory=dict)
    ours: bool = True


def own_line(result: Result) -> Line:
    """A result of a card."""
    entry = result.entry
    shares = {
        name: Share(share, f"{percent(share, 1)} {_between(*interval)}")
        for name, share, interval in (
            ("UAR (95 %)", entry.uar, entry.intervals.uar),
            ("Accuracy (95 %)", entry.accuracy, entry.intervals.accuracy),
        )
    }
    return Line(
        {
            "Model": result.card.name,
            "Start": "pretrained" if result.card.training.pretrained else "from scratch",
            "Precision": result.precision,
            "Tested on": result.test,
        },
        entry.n,
        entry.loss,
        shares | _class_shares(entry.per_class),
    )


def published_line(table: PublishedTable) -> Line:
    """A table of 2020; the columns of its emotions tell what its labels are."""
    model = table.model.replace(", DenseNet-121", "").replace(" (negatives merged)", "")
    split = "" if table.split == "not stated" else f" ({table.split})"
    shares = {
        "UAR (95 %)": Share(table.uar, percent(table.uar, 1)),
        "Accuracy (95 %)": Share(table.accuracy, share_of_clips(table.correct, table.total, 1)),
    }
    return Line(
        {
            "Model": f"2020: {model}",
            "Start": "–",
            "Precision": "–",
            "Tested on": f"not reproduced; random split{split}",
        },
        table.total,
        table.loss,
        shares | _class_shares(table.per_class),
        ours=False,
    )


def listeners_line() -> Line:
    """Human listeners, for reference."""
    share = Share(LISTENERS_ACCURACY, percent(LISTENERS_ACCURACY, 1))
    return Line(
        {
            "Model": "Human listeners",
            "Start": "–",
            "Precision": "–",
            "Tested on": "Livingstone & Russo 2018; speech, 7 options",
        },
        None,
        None,
        {"Accuracy (95 %)": share},
        ours=False,
    )


def _class_shares(per_class: dict[str, Count]) -> dict[str, Share]:
    return {
        emotion_name(label): Share(count.share, share_of_clips(count.correct, count.total))
        for label, count in per_class.items()
        if count.total
    }


def _between(low: float, high: float) -> str:
    return f"({100 * low:.0f}–{100 * high:.0f})"


def all_results(lines: Sequence[Line]) -> Styler:
    """The table of all results: sorted as numbers, written as `97 % (74/76)`."""
    emotions = [emotion_name(label) for label in EMOTION_SYMBOLS]
    used = {name for line in lines for name in line.shares}
    columns = [*("UAR (95 %)", "Accuracy (95 %)"), *(name for name in emotions if name in used)]
    frame = pd.DataFrame(
        [
            {
                **line.texts,
                "Clips": line.clips,
                "Test loss": line.loss,
                **{name: line.shares.get(name) for name in columns},
            }
            for line in lines
        ],
        dtype=object,  # as mere numbers, shares would lose their texts
    )
    frame = frame.astype({"Clips": "float64", "Test loss": "float64"})
    # The figures beside the names, so that a phone shows both.
    order = [
        "Model",
        *columns[:2],
        "Precision",
        "Start",
        "Tested on",
        *columns[2:],
        "Clips",
        "Test loss",
    ]
    texts = dict.fromkeys(columns, attrgetter("text"))
    styler = frame[order].style.format(
        {"Clips": "{:.0f}", "Test loss": "{:.4f}", **texts}, na_rep="–"
    )
    marked = [row for row, line in enumerate(lines) if not line.ours]
    return styler.set_properties(
        subset=(marked, order), **{"background-color": "rgba(138, 143, 152, 0.22)"}
    )


def all_results_csv(results: Sequence[Result], tables: Sequence[PublishedTable]) -> list[TableRow]:
    """The same with counts and interval bounds in columns of their own."""
    rows: list[TableRow] = []
    for result in results:
        entry = result.entry
        uar_low, uar_high = entry.intervals.uar
        accuracy_low, accuracy_high = entry.intervals.accuracy
        row: dict[str, Value] = {
            "source": "SER Lab",
            "model": result.card.name,
            "start": result.card.training.start,
            "precision": result.precision,
            "protocol": entry.protocol,
            "fold": entry.fold,
            "of": entry.of,
            "variant": entry.variant,
            "channel": entry.channel,
            "n": entry.n,
            "uar": entry.uar,
            "uar_low": uar_low,
            "uar_high": uar_high,
            "accuracy": entry.accuracy,
            "accuracy_low": accuracy_low,
            "accuracy_high": accuracy_high,
            "loss": entry.loss,
            "ece": entry.ece,
        }
        rows.append(row | _count_columns(entry.per_class))
    for table in tables:
        row = {"source": ELSEWHERE, "model": table.model, "protocol": table.split}
        row |= {"n": table.total, "uar": table.uar, "accuracy": table.accuracy, "loss": table.loss}
        rows.append(row | _count_columns(table.per_class))
    rows.append(
        {"source": "published elsewhere, 7 options", "model": "human listeners"}
        | {"channel": "speech", "accuracy": LISTENERS_ACCURACY}
    )
    return rows


def _count_columns(per_class: dict[str, Count]) -> dict[str, Value]:
    return {
        f"{label}_{name}": n
        for label, count in per_class.items()
        for name, n in (("correct", count.correct), ("total", count.total))
    }


def groups(name: str, figures: Sequence[Group]) -> list[TableRow]:
    """Figures of each group, in fractions."""
    return [
        {
            name: group_name(name, group.value),
            "clips": group.n,
            "UAR": round(group.uar, 4),
            "UAR low": round(group.uar_interval[0], 4),
            "UAR high": round(group.uar_interval[1], 4),
            "accuracy": round(group.accuracy, 4),
        }
        for group in figures
    ]


def group_name(name: str, value: str) -> str:
    """A group in words."""
    if name == "speaker":
        return f"actor {value}"
    words = {"F": "women", "M": "men"} if name == "gender" else {}
    return words.get(value) or (
        RAVDESS_STATEMENTS.get(value, value) if name == "statement" else value
    )


def reliability(bins: Sequence[CertaintyBin]) -> list[TableRow]:
    """The points of the calibration plot."""
    return [
        {
            "probability of the answer": f"{100 * b.low:.0f}–{100 * b.high:.0f} %",
            "answers": b.n,
            "mean probability": round(b.certainty, 4),
            "accuracy": round(b.right, 4),
            "accuracy low": round(b.right_interval[0], 4),
            "accuracy high": round(b.right_interval[1], 4),
        }
        for b in bins
    ]


def clips(cells: Sequence[Cell], labels: Sequence[str]) -> list[TableRow]:
    """Clips of RAVDESS by actor and emotion."""
    counts = {(cell.speaker, cell.label): cell.clips for cell in cells}
    return [
        {
            "actor": speaker,
            "gender": "men" if int(speaker) % 2 else "women",
            **{label: counts.get((speaker, label), 0) for label in labels},
        }
        for speaker in sorted({cell.speaker for cell in cells})
    ]
