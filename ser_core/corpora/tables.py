"""Tables that state labels: `labels.csv` as spreadsheets write it, and IEMOCAP's annotations."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ser_core.corpora.utterance import CorpusError
from ser_core.corpora.words import emotion_of, gender_of, letter_codes

_FILE_COLUMNS = ("file", "filename", "file_name", "path", "audio", "wav")
_LABEL_COLUMNS = ("label", "emotion")
_ENCODINGS = ("utf-8-sig", "cp1252")
_IEMOCAP_LINE = re.compile(r"^\[[\d. -]+\]\s+(Ses\w+)\s+([a-z]{3})\b", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """A line of a table.

    Attributes:
        line: its number, from 1.
        file: as the table names it, with `/` between folders.
        word: its emotion, as written.
        label: what the word means; None if it is none of ours.
    """

    line: int
    file: str
    word: str
    label: str | None
    speaker: str = ""
    gender: str = ""
    channel: str = "speech"
    intensity: str = ""
    statement: str = ""
    repetition: str = ""


def read_table(data: bytes, name: str) -> list[Row]:
    """The rows of a CSV: commas, semicolons or tabs; UTF-8, UTF-16 or Windows-1252.

    Args:
        name: of the table, for messages.

    Raises:
        CorpusError: it has no columns `file` and `label` (or `emotion`), or is no table at all.
    """
    lines = [(number, cells) for number, cells in _cells(data, name)]
    if not lines:
        raise CorpusError(f"{name} needs the columns file and label in its first line.")
    columns = [cell.strip().lower() for cell in lines[0][1]]
    file_column = next((c for c in _FILE_COLUMNS if c in columns), None)
    label_column = next((c for c in _LABEL_COLUMNS if c in columns), None)
    if file_column is None or label_column is None:
        raise CorpusError(f"{name} needs the columns file and label in its first line.")
    rows = [(number, dict(zip(columns, cells, strict=False))) for number, cells in lines[1:]]
    codes = letter_codes({row.get(label_column, "") for _, row in rows})
    return [
        Row(
            line=number,
            file=row.get(file_column, "").replace("\\", "/").removeprefix("./"),
            word=row.get(label_column, ""),
            label=codes.get(row.get(label_column, ""), emotion_of(row.get(label_column, ""))),
            speaker=row.get("speaker", ""),
            gender=gender_of(row.get("gender", "")),
            channel=row.get("channel") or "speech",
            intensity=row.get("intensity", ""),
            statement=row.get("statement", ""),
            repetition=row.get("repetition", ""),
        )
        for number, row in rows
    ]


def iemocap_emotions(data: bytes) -> dict[str, str]:
    """Names and emotion codes in one of IEMOCAP's annotation files."""
    text = data.decode("utf-8", errors="replace")
    return {match[1]: match[2] for match in _IEMOCAP_LINE.finditer(text)}


def _cells(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and cells, without empty lines."""
    text = _text(data, name)
    first, _, rest = text.partition("\n")
    offset = 0
    if first.strip().lower().startswith("sep="):  # what Excel is told by other programs
        separator, text, offset = first.strip()[4:] or ",", rest, 1
    else:
        separator = max("\t;,", key=first.count)  # the earlier one if none occurs
        separator = separator if separator in first else ","
    try:
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num + offset, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise _unreadable(name) from error


def _text(data: bytes, name: str) -> str:
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if utf16 else _ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _unreadable(name)


def _unreadable(name: str) -> CorpusError:
    return CorpusError(
        f"{name} cannot be read. Save it as a CSV file in UTF-8 with the columns file and label."
    )
