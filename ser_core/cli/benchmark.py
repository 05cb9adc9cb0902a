"""`benchmark`: measure how long everything takes on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import msgspec
import typer

from ser_core.audio.decoding import read_file
from ser_core.cli.console import explained_errors, messages, progress_bar, select_cards


def benchmark(
    names: Annotated[
        list[str] | None,
        typer.Option("--models", "-m", help="Only this model; repeat for several. [all]"),
    ] = None,
    clip: Annotated[
        Path | None,
        typer.Option(help="Audio file to time. [synthetic: 4 s at 16 kHz, 2 s of it sound]"),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads of every runtime. [all cores]")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each task.")] = 20,
    all_cores: Annotated[
        bool, typer.Option("--throughput", help="Files per second on all cores instead.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="Recordings for --throughput. [the clip, 200 times]")
    ] = None,
    n_files: Annotated[
        int | None,
        typer.Option("--files", min=1, help="At most this many of them, spread over the folder."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Time every model in every precision, from bytes to probabilities, as a Markdown table.

    All tasks take turns after a warm-up, one clip at a time. With requirements-dev.txt installed,
    PyTorch, ONNX Runtime, librosa and the 2020 pipeline (librosa, DenseNet-121 in PyTorch; random
    weights) are timed, too. Takes about a minute.
    """
    if all_cores:
        _throughput(names, clip, folder, n_files, threads, as_json)
        return
    with explained_errors():
        from ser_core.evaluation.benchmark import markdown, measure, spoken_wav
        from ser_core.runtime.cores import available_cores

        cards = select_cards(names)
        threads = threads or available_cores()
        wav = read_file(clip) if clip else spoken_wav()
        try:
            from ser_core.training.rivals import rivals

            rival_tasks, omissions = rivals(cards, wav, threads)
        except ImportError as error:
            rival_tasks, omissions = (
                [],
                [f"PyTorch, ONNX Runtime and 2020: {error.name} is missing."],
            )
        for sentence in omissions:
            messages.print(f"Left out: {sentence}", highlight=False)
        with progress_bar("Measuring", "steps") as bar:
            result = measure(cards, wav, threads, rounds, rival_tasks, bar.step)
    print(result.to_json() if as_json else markdown(result))


_COPIES = 200


def _throughput(
    names: list[str] | None,
    clip: Path | None,
    folder: Path | None,
    n_files: int | None,
    threads: int | None,
    as_json: bool,
) -> None:
    """Files per second of the models named, by default of the main and the small one."""
    with explained_errors(), TemporaryDirectory() as place:
        from ser_core.corpora.files import recordings_in
        from ser_core.evaluation.benchmark import spoken_wav
        from ser_core.evaluation.throughput import throughput, throughput_table
        from ser_core.reports.file_rows import FileReading
        from ser_core.runtime.cores import available_cores

        cards = select_cards(names)
        if not names:
            cards = [card for card in cards if card.role in ("main", "small")]
        if folder:
            files = [file.path for file in recordings_in(folder).recordings]
            if n_files:
                files = files[:: max(1, len(files) // n_files)][:n_files]
        else:
            files = [Path(place) / f"{number}.wav" for number in range(_COPIES)]
            wav = read_file(clip) if clip else spoken_wav()
            for file in files:
                file.write_bytes(wav)
        if not files:
            raise typer.BadParameter(f"There are no recordings in {folder}.")
        with progress_bar("Measuring", "files") as bar:
            cores = threads or available_cores()
            rows = [throughput(card, files, cores, FileReading(), progress=bar) for card in cards]
    if as_json:
        print(json.dumps(msgspec.to_builtins(rows), indent=1))
    else:
        print(throughput_table(rows))
