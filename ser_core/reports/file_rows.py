"""A file becomes the rows that `predict` and `POST /api/predict` give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from ser_core.features.source import Source
from ser_core.models.recognizer import Recognizer
from ser_core.models.segments import segments
from ser_core.models.speaker import Speaker
from ser_core.models.zoo import ZOO, reader_of
from ser_core.reports.rows import AnswerRow, as_row, segment_row


class Unreadable(msgspec.Struct, frozen=True):
    """A file without a prediction, and why."""

    file: str
    error: str


def answer_file(
    file: str,
    source: Source,
    recognizer: Recognizer,
    load: Callable[[str], Recognizer],
    zoo: Path = ZOO,
    speaker: Speaker | None = None,
) -> tuple[Recognizer, AnswerRow]:
    """Predict a file.

    Args:
        file: what the row calls it.
        load: loads a model of the zoo by its name, for a picture that needs another one.

    Returns:
        The model that answers, and its answer; `note` says what was left out or chosen.

    Raises:
        AudioError: the file cannot be decoded.
        ModelError: an inference server is set up and fails.
    """
    reader, note = reader_of(source, recognizer, load, zoo)
    prediction = reader(source, speaker)
    notes = (note, source.spectrogram(reader.signature.features).note)
    return reader, as_row(file, prediction, reader, " ".join(filter(None, notes)))


def segment_rows(
    source: Source, reader: Recognizer, row: AnswerRow, speaker: Speaker | None = None
) -> list[AnswerRow]:
    """A row for each stretch of a file; a picture, which has no samples, is one stretch."""
    if source.clip is None:
        return [row]
    return [segment_row(row, segment) for segment in segments(reader, source.clip, speaker)]
