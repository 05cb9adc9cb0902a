"""`benchmark`: measure how long everything takes on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import explained_errors, fail, messages, progress_bar, select_cards


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
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Time every model in every precision, from bytes to probabilities, as a Markdown table.

    All tasks take turns after a warm-up, one clip at a time. With requirements-dev.txt installed,
    PyTorch, ONNX Runtime, librosa and the 2020 pipeline (librosa, DenseNet-121 in PyTorch; random
    weights) are timed, too. Takes about a minute.
    """
    with explained_errors():
        from ser_core.evaluation.benchmark import markdown, measure, spoken_wav
        from ser_core.runtime.cores import available_cores

        cards = select_cards(names)
        threads = threads or available_cores()
        try:
            wav = clip.read_bytes() if clip else spoken_wav()
        except OSError as error:
            fail(f"{clip} cannot be opened: {error.strerror}. Choose another file.")
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
