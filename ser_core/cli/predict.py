"""`predict`: predict the emotion in files and folders."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from ser_core.audio.channels import Stereo
from ser_core.cli.console import ZooOption, explained_errors, messages, progress_bar
from ser_core.cli.model_options import Device, PrecisionOption, SpeakerOption
from ser_core.corpora.files import recordings_in
from ser_core.corpora.report import shortened
from ser_core.corpora.shards import Shard
from ser_core.models.many import answer_many
from ser_core.models.recognizer import Recognizer
from ser_core.models.speaker import Speaker
from ser_core.models.zoo import ZOO, load_model, load_model_of
from ser_core.reports.csv_table import guarded
from ser_core.reports.file_rows import TEXT_COLUMNS, FileReading, Unreadable, cells, columns
from ser_core.reports.rows import AnswerRow
from ser_core.runtime.cores import available_cores


def predict(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Audio files, spectrogram pictures or folders of them; - for the standard input."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option("-m", "--model", help="Name in the zoo, or the path of any IR (.xml)."),
    ] = None,
    precision: PrecisionOption = None,
    device: Annotated[
        Device,
        typer.Option(help="OpenVINO device. CPU and AUTO are tested; GPU and NPU are not."),
    ] = Device.CPU,
    stereo: Annotated[
        Stereo,
        typer.Option(help="Of two channels, for example two people: their mix, or one of them."),
    ] = "mix",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As a CSV table.")] = False,
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Into this Parquet file, with the columns of --csv."),
    ] = None,
    by_segment: Annotated[
        bool,
        typer.Option("--segments", help="A row for each stretch (one model window) of each file."),
    ] = False,
    speaker: SpeakerOption = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only the I-th of N parts of the files, such as 3/8."),
    ] = None,
    zoo: ZooOption = ZOO,
) -> None:
    """Predict the emotion in each file, on all cores, in the order given.

    Exit status: 0 if every file got a label, 1 if a file could not be read or contains nothing to
    classify, or the model fails, 2 for wrong usage. An IR from outside the zoo runs in a separate
    process with limits on time and memory. Ctrl+C leaves what was answered.

    With --shard, the name of a file decides in which part it is, wherever it lies. Only the CSV of
    the first part has a header, so that the parts in their order are one table; of --parquet, the
    parts in one folder are.
    """
    if as_json + as_csv + bool(parquet) > 1:
        raise typer.BadParameter("Choose one of --json, --csv and --parquet.")
    with explained_errors():
        chosen = Shard.parse(shard) if shard else Shard(1, 1)
        found = [file for path in paths for file in _files(path)]
    if not found:
        raise typer.BadParameter("There are no audio files or pictures in these folders.")
    files = [path for name, path in found if name in chosen]
    at_once = max(1, min(available_cores(), len(files)))
    with explained_errors():
        known = Speaker.from_file(speaker) if speaker else None
        recognizer = (
            load_model_of(known, device.value, zoo, at_once)
            if known and not model
            else _recognizer(model, precision, device.value, zoo, at_once)
        )
        if known:
            recognizer.warm_up(known)  # says whether it fits
    labels = recognizer.signature.labels
    names = columns(known.labels(labels) if known else labels, by_segment)
    writing = partial(_writing, as_json, as_csv, parquet, names, chosen.number == 1)
    reading = FileReading(zoo, stereo, known, by_segment, device.value)
    all_labeled = True
    with explained_errors(), writing() as write, progress_bar("Predicting", "files") as bar:
        answers = answer_many(reading, recognizer, files, len(files))
        for done, (answer, rows) in enumerate(answers, start=1):
            all_labeled &= isinstance(answer, AnswerRow) and answer.label is not None
            for row in rows:
                write(row)
            bar.step(done, len(files))
    if not all_labeled:
        raise typer.Exit(1)


def _recognizer(
    model: str | None, precision: str | None, device: str, zoo: Path, at_once: int
) -> Recognizer:
    if model and model.endswith(".xml"):
        # Imported here, because models of the zoo are trusted and run in this process.
        from ser_core.models.foreign_ir import ForeignRecognizer

        return ForeignRecognizer(model, device)
    return load_model(model, precision, device, zoo, at_once)


def _files(path: Path) -> list[tuple[str, Path]]:
    """The file, or the recordings and pictures in a folder, each with its name there.

    What is left out is said.
    """
    if not path.is_dir():
        return [(path.name, path)]
    files = recordings_in(path)
    for reason, names in files.left_out.items():
        messages.print(
            f"Left out in {path}: {len(names)} {reason} ({shortened(names)}).",
            markup=False,
            highlight=False,
        )
    return [(file.path.relative_to(path).as_posix(), file.path) for file in files.recordings]


def _writing(
    as_json: bool, as_csv: bool, parquet: Path | None, columns: Sequence[str], header: bool
) -> AbstractContextManager[Callable[[AnswerRow | Unreadable], None]]:
    """What writes a row, until the block ends."""
    if parquet:
        return _parquet(parquet, columns)
    if as_csv:
        return nullcontext(_CsvWriter(columns, header))
    return nullcontext(_write_json if as_json else _write_line)


@contextmanager
def _parquet(
    path: Path, columns: Sequence[str]
) -> Iterator[Callable[[AnswerRow | Unreadable], None]]:
    # Imported here: a second that the other forms do without.
    from ser_core.reports.parquet_table import ParquetTable

    with ParquetTable(path, columns, TEXT_COLUMNS) as table:
        yield lambda row: table.add(cells(row))


def _write_json(row: AnswerRow | Unreadable) -> None:
    print(json.dumps(msgspec.to_builtins(row)), flush=True)


def _write_line(row: AnswerRow | Unreadable) -> None:
    if isinstance(row, Unreadable):
        messages.print(f"{row.file}: {row.error}", style="red", markup=False)
        return
    answer = f"{row.label} {row.probabilities[row.label]:.0%}" if row.label else "no answer"
    remark = row.status if row.status != "ok" else ""
    span = "" if row.start_s is None else f"{row.start_s:.1f}–{row.end_s:.1f} s"
    print("  ".join(part for part in (row.file, span, answer, remark, row.note) if part))
    sys.stdout.flush()


class _CsvWriter:
    """Writes a row at a time to the current stdout, which a progress bar replaces."""

    def __init__(self, columns: Sequence[str], header: bool):
        self.writer = csv.DictWriter(self, columns, extrasaction="ignore", lineterminator="\n")
        if header:
            self.writer.writeheader()

    def __call__(self, row: AnswerRow | Unreadable) -> None:
        self.writer.writerow({key: guarded(value) for key, value in cells(row).items()})

    def write(self, text: str) -> None:
        sys.stdout.write(text)
