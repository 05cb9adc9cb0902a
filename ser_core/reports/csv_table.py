"""Tables as CSV that a spreadsheet opens without running anything in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

Value = str | int | float | None
TableRow = Mapping[str, Value]
"""A row of a table: cells by column."""

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
_UNSEEN = " \u00a0\ufeff\u200b\u200c\u200d\u2060"  # what a spreadsheet may drop in front


def to_csv(rows: Iterable[TableRow]) -> str:
    """Rows as CSV; their columns are the keys of all rows, in order of their first appearance.

    Text that begins like a formula gets an apostrophe in front, which spreadsheets hide.
    """
    rows = list(rows)
    columns = dict.fromkeys(key for row in rows for key in row)
    file = io.StringIO()
    # Quoted, because some spreadsheets also cut at the semicolons inside an unquoted cell.
    writer = csv.DictWriter(
        file,
        [guarded(name) for name in columns],
        lineterminator="\n",
        quoting=csv.QUOTE_NONNUMERIC,
    )
    writer.writeheader()
    for row in rows:
        writer.writerow({guarded(key): guarded(value) for key, value in row.items()})
    return file.getvalue()


def guarded(value: Value) -> Value:
    """A value that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.lstrip(_UNSEEN).startswith(_FORMULA):
        return "'" + value
    return value
