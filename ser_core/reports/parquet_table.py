"""Tables as Parquet, for programs that read many of them as one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from types import TracebackType

import pyarrow as pa
from pyarrow import parquet

from ser_core.reports.csv_table import TableRow

GROUP = 10_000
"""Rows that are written together, and kept in memory until then."""


class ParquetTable:
    """A file that grows by a row group at a time; it is whole once the block ends, however it does.

        >>> with ParquetTable(Path("corpus.parquet"), ["file", "happy"], ["file"]) as table:
        ...     table.add({"file": "a.wav", "happy": 0.9})

    Args:
        columns: cells of other names are left out, and missing or empty ones are null.
        texts: columns of text; the others are numbers.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, columns: Sequence[str], texts: Collection[str]):
        self._schema = pa.schema(
            [(name, pa.string() if name in texts else pa.float64()) for name in columns]
        )
        self._file = path.open("wb")
        self._writer = parquet.ParquetWriter(self._file, self._schema)
        self._rows: list[TableRow] = []

    def __enter__(self) -> ParquetTable:
        return self

    def add(self, row: TableRow) -> None:
        self._rows.append({name: None if cell == "" else cell for name, cell in row.items()})
        if len(self._rows) == GROUP:
            self._write()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        with self._file, self._writer:
            self._write()

    def _write(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows.clear()
