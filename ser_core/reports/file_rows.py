"""A file becomes the rows that `predict` and `POST /api/predict` give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import msgspec

from ser_core.audio.channels import Stereo
from ser_core.audio.decoding import AudioError
from ser_core.features.source import Source
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.models.segments import segments
from ser_core.models.speaker import Speaker
from ser_core.models.zoo import ZOO, load_model, reader_of
from ser_core.reports.csv_table import TableRow
from ser_core.reports.rows import AnswerRow, as_line, as_row, segment_row


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


TEXT_COLUMNS = ("file", "label", "status", "error")


def columns(labels: Sequence[str], by_segment: bool) -> list[str]:
    """The columns of a table of answers; `TEXT_COLUMNS` are text, the others numbers."""
    span = ("start_s", "end_s") if by_segment else ()
    times = ("duration_s", "latency_ms", "decode_ms", "features_ms", "inference_ms")
    return ["file", *span, "label", "status", *labels, *times, "error"]


def cells(row: AnswerRow | Unreadable) -> TableRow:
    """An answer by column."""
    return as_line(row) if isinstance(row, AnswerRow) else msgspec.structs.asdict(row)


class FileRows(NamedTuple):
    """The answer to a file, and the rows to write: that answer, or one for each stretch."""

    answer: AnswerRow | Unreadable
    rows: Sequence[AnswerRow | Unreadable]


@dataclass(frozen=True)
class FileReading:
    """How files become rows; picklable, so that `answer_many` can do it in processes.

        >>> rows_of = FileReading(by_segment=True)(recognizer)
        >>> rows_of(Path("samples/plain.flac")).answer.label

    Attributes:
        stereo: what becomes of two channels.
        speaker: who speaks, as learned with this model.
        by_segment: a row for each stretch.
        device: where a picture's own model runs.
    """

    zoo: Path = ZOO
    stereo: Stereo = "mix"
    speaker: Speaker | None = None
    by_segment: bool = False
    device: str = "CPU"

    def __call__(self, recognizer: Recognizer) -> Callable[[Path], FileRows]:
        """What answers a file, from any thread."""
        load = partial(load_model, device=self.device, zoo=self.zoo, at_once=recognizer.at_once)
        return partial(self._rows, recognizer, _loaded_once(load))

    def _rows(
        self, recognizer: Recognizer, load: Callable[[str], Recognizer], file: Path
    ) -> FileRows:
        try:
            source = Source.from_file(file, self.stereo)
            reader, answer = answer_file(
                str(file), source, recognizer, load, self.zoo, self.speaker
            )
        except (AudioError, ModelError) as error:  # ModelError: an inference server is away
            unreadable = Unreadable(str(file), str(error))
            return FileRows(unreadable, [unreadable])
        if not self.by_segment:
            return FileRows(answer, [answer])
        return FileRows(answer, segment_rows(source, reader, answer, self.speaker))


def _loaded_once(load: Callable[[str], Recognizer]) -> Callable[[str], Recognizer]:
    """Loads each model once, whichever threads ask for it."""
    lock, kept = Lock(), cache(load)

    def loaded(name: str) -> Recognizer:
        with lock:
            return kept(name)

    return loaded
