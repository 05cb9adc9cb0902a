"""The command line in this process: quicker by the imports of a new one, which are most of it."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from ser_core.cli import program


class Done(NamedTuple):
    """What a command has printed, and its exit status."""

    returncode: int
    stdout: str
    stderr: str


def call(zoo: Path, *words: object) -> Done:
    """Run `python -m ser_core …` on a zoo, in the current folder.

    An error that would end a process with a traceback is raised.
    """
    command, *rest = map(str, words)
    result = CliRunner().invoke(program, [command, *_zoo_option(command, zoo), *rest])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def _zoo_option(command: str, zoo: Path) -> list[str]:
    name = command.replace("-", "_")
    function = getattr(import_module(f"ser_core.cli.{name}"), name)
    return ["--zoo", str(zoo)] if "zoo" in inspect.signature(function).parameters else []
