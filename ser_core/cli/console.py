"""What all commands share: the data option, errors and progress."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from ser_core.corpora.readers import default_data
from ser_core.corpora.report import CorpusReport
from ser_core.models.card import ModelCard
from ser_core.models.zoo import list_models
from ser_core.runtime.progress import Silent

messages = Console(stderr=True, soft_wrap=True)


DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        help="Folder of corpora, or one corpus. [$SER_DATA, else data/]",
        default_factory=default_data,
        show_default=False,
    ),
]


ZooOption = Annotated[Path, typer.Option(help="Folder of the models.")]


def fail(error: object) -> NoReturn:
    """Print one sentence to stderr and exit with 1."""
    messages.print(f"[red]Error:[/red] {escape(str(error))}", highlight=False)
    raise typer.Exit(1)


def show_report(report: CorpusReport) -> None:
    """Print what was read and what was left out, to stderr, so that stdout is only the result."""
    for line in report.lines():
        messages.print(line, markup=False, highlight=False)


def select_cards(names: list[str] | None) -> list[ModelCard]:
    """The cards of these models, or of all; exits with an error if one of them is missing."""
    cards = list_models()
    unknown = {*(names or ())} - {card.name for card in cards}
    if unknown or not cards:
        names_in_zoo = ", ".join(card.name for card in cards)
        fail(f"There is no model {', '.join(sorted(unknown))}. Choose from: {names_in_zoo}.")
    return [card for card in cards if not names or card.name in names]


@contextmanager
def explained_errors() -> Iterator[None]:
    """Turn the project's own errors, which are sentences for people, into exit code 1.

    The same for a missing package, since most commands need only requirements.txt.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "ser_core").startswith("ser_core"):
            raise
        fail(
            f"This needs the package {error.name}, which is not installed. Training, conversion "
            "and checks need more than the app. In a clone: pip install -r requirements-dev.txt"
        )
    except OSError as error:
        if not error.filename:
            raise
        fail(f"{error.filename} cannot be used: {error.strerror}. Choose another file or folder.")
    except (ValueError, RuntimeError) as error:
        if type(error).__module__.startswith("ser_core") or type(error) is ValueError:
            fail(error)
        raise


class Bar:
    """The core's `Progress` as a bar on stderr; lines appear above it."""

    def __init__(self, bars: Progress, task: TaskID):
        self._bars, self._task = bars, task

    def step(self, done: int, total: int, note: str = "") -> None:
        self._bars.update(self._task, completed=done, total=total, note=note)

    def say(self, line: str) -> None:
        messages.print(line, markup=False, highlight=False)


class EpochBar(Bar):
    """A bar that prints a line per epoch where bars are not visible, such as in a log."""

    _last: tuple[int, float] | None = None  # epoch, and when it ended

    def step(self, done: int, total: int, note: str = "") -> None:
        if not note:
            super().step(done, total, note)
            return
        line = f"epoch {done} of {total}{self._left(done, total)}"
        super().step(done, total, f"{line}  {note}")
        if not messages.is_terminal:
            print(f"{line}  {note}", flush=True)

    def _left(self, done: int, total: int) -> str:
        """The time that the remaining epochs will take if they are like the last one.

        The first ones say little about the others: some have varied copies to compute.
        """
        now = time.monotonic()
        before, begin = self._last or (done, now)
        self._last = (done, now)
        if done <= before or done == total:
            return ""
        minutes = (now - begin) / (done - before) * (total - done) / 60
        return f", {minutes:.0f} min left" if minutes >= 1.5 else ", about a minute left"


class Lines(Silent):
    """The core's `Progress` without a bar: only lines, by default on stdout."""

    def __init__(self, write: Callable[[str], None] = print):
        self._write = write

    def say(self, line: str) -> None:
        self._write(line)


@contextmanager
def progress_bar(title: str, unit: str, kind: type[Bar] = Bar) -> Iterator[Bar]:
    """A progress bar on stderr; invisible unless stderr is a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(
        *columns,
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
        # On a terminal, results appear above the bar; in a file, they are left as they are.
        redirect_stdout=sys.stdout.isatty(),
    ) as bars:
        yield kind(bars, bars.add_task(title, total=None, note=""))
