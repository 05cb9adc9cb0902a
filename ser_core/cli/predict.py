"""`predict` and `models`: use the models of the zoo, or any IR with a signature."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from ser_core.audio.decoding import AUDIO_SUFFIXES, AudioError
from ser_core.cli.console import ZooOption, explained_errors, messages, progress_bar
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.models.source import PICTURE_SUFFIXES, Sound
from ser_core.models.zoo import ZOO, ModelCard, load_model, read_zoo
from ser_core.reports.csv_table import guarded
from ser_core.reports.rows import as_line, as_row


class Precision(StrEnum):
    FP32 = "FP32"
    FP16 = "FP16"
    INT8 = "INT8"


class Device(StrEnum):
    CPU = "CPU"
    GPU = "GPU"
    NPU = "NPU"
    AUTO = "AUTO"


def predict(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Audio files, spectrogram pictures, or folders of them."),
    ],
    model: Annotated[
        str | None,
        typer.Option("-m", "--model", help="Name in the zoo, or the path of any IR (.xml)."),
    ] = None,
    precision: Annotated[
        Precision, typer.Option(help="How the weights of a zoo model are stored.")
    ] = Precision.FP32,
    device: Annotated[
        Device,
        typer.Option(help="OpenVINO device. CPU and AUTO have been tried; GPU and NPU have not."),
    ] = Device.CPU,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="A CSV table.")] = False,
    zoo: ZooOption = ZOO,
) -> None:
    """Say which emotion is heard in each file.

    Exit status: 0 when every file got a label, 1 when a file could not be read or holds nothing
    to classify, or the model fails, 2 for wrong usage. An IR from outside the zoo runs in a
    process of its own, with limits on its time and its memory.
    """
    if as_json and as_csv:
        raise typer.BadParameter("Choose --json or --csv, not both.")
    with explained_errors():
        recognizer = _recognizer(model, precision.value, device.value, zoo)
    files = [file for path in paths for file in _files(path)]
    if not files:
        raise typer.BadParameter("There is no audio file and no picture in these folders.")
    write = _write_json if as_json else _CsvWriter(recognizer) if as_csv else _write_line
    all_answered = True
    with explained_errors(), progress_bar("Listening", "files") as bar:
        for done, file in enumerate(files, start=1):
            row = _row(file, recognizer)
            all_answered &= row.get("label") is not None
            write(row)
            bar.step(done, len(files))
    if not all_answered:
        raise typer.Exit(1)


def models(
    as_json: Annotated[bool, typer.Option("--json", help="The cards as a JSON array.")] = False,
) -> None:
    """List the models of the zoo, the main model first.

    Exit status: 1 when a card could not be read; the others are listed all the same.
    """
    cards, broken = read_zoo()
    if as_json:
        print(json.dumps([_summary(card) for card in cards], indent=1))
    else:
        _print_models(cards)
    for error in broken:
        messages.print(f"[red]Error:[/red] {escape(str(error))}", highlight=False)
    if broken:
        raise typer.Exit(1)


def _print_models(cards: list[ModelCard]) -> None:
    if not cards:
        messages.print("There is no model in the zoo. Clone the repository again.")
    console = Console(highlight=False)
    for card in cards:
        sizes = ", ".join(f"{p} {card.files[p]['bytes'] / 1e6:.1f} MB" for p in card.precisions)
        console.print(f"[bold]{card.name}[/bold]  {card.role}: {card.title}")
        console.print(f"  {card.architecture}, {card.parameters:,} parameters; {sizes}")
        for result in card.results:
            if result["of"] == "this file" and result["precision"] == "FP32":
                console.print(
                    f"  {result['protocol']} fold {result['fold']}, {result['channel']}: "
                    f"UAR {result['uar']:.1%}, accuracy {result['accuracy']:.1%} "
                    f"(n = {result['n']})"
                )


def _summary(card: ModelCard) -> dict[str, Any]:
    drop = {p: card.conversion.get(p.lower(), {}).get("uar_drop") for p in card.precisions}
    return {
        "name": card.name,
        "role": card.role,
        "title": card.title,
        "task": card.task,
        "architecture": card.architecture,
        "parameters": card.parameters,
        "labels": list(card.labels),
        "window": card.window,
        "precisions": [
            {
                "precision": p,
                "file": card.files[p]["xml"],
                "bytes": card.files[p]["bytes"],
                "sha256": card.files[p]["sha256"],
                "uar_drop": drop[p],
            }
            for p in card.precisions
        ],
        "results": card.results,
    }


def _recognizer(model: str | None, precision: str, device: str, zoo: Path) -> Recognizer:
    if model and model.endswith(".xml"):
        # Imported here: the models of the zoo are known, and run in this process.
        from ser_core.models.foreign_ir import ForeignRecognizer

        return ForeignRecognizer(model, device)
    return load_model(model, precision, device, zoo)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.suffix.lower() in AUDIO_SUFFIXES | PICTURE_SUFFIXES:
                yield file
    else:
        yield path


def _row(file: Path, recognizer: Recognizer) -> dict[str, Any]:
    try:
        sound = Sound.from_file(file)
        prediction = sound.prediction_of(recognizer)
    except (AudioError, ModelError) as error:  # ModelError: an inference server is away
        return {"file": str(file), "error": str(error)}
    note = sound.features(recognizer.signature.features).note
    return as_row(str(file), prediction, recognizer, note)


def _write_json(row: dict[str, Any]) -> None:
    print(json.dumps(row), flush=True)


def _write_line(row: dict[str, Any]) -> None:
    if "error" in row:
        messages.print(f"{row['file']}: {row['error']}", style="red", markup=False)
        return
    answer = row["label"] or "no answer"
    if row["label"]:
        answer += f" {row['probabilities'][row['label']]:.0%}"
    remark = row["status"] if row["status"] != "ok" else ""
    print("  ".join(part for part in (row["file"], answer, remark, row.get("note", "")) if part))
    sys.stdout.flush()


class _CsvWriter:
    """Writes a row at a time, to what stdout is just then: a progress bar replaces it."""

    def __init__(self, recognizer: Recognizer):
        self.labels = recognizer.signature.labels
        fields = ("file", "label", "status", *self.labels, "duration_s", "latency_ms", "error")
        self.writer = csv.DictWriter(self, fields, extrasaction="ignore")
        self.writer.writeheader()

    def __call__(self, row: dict[str, Any]) -> None:
        self.writer.writerow({key: guarded(value) for key, value in as_line(row).items()})

    def write(self, text: str) -> None:
        sys.stdout.write(text)
