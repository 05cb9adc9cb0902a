"""The command line, `ser-lab` or `python -m ser_core`: one module per group of commands.

start      the app in the browser
console    what the commands share: options, errors, progress
predict    recognise emotions in files and folders; list the models
listen     live recognition over a file or the microphone
data       corpora: protocols, download, prepare
models     training, conversion, evaluation
benchmark  how long everything takes
serving    the models for an inference server
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "app": "start",
    "predict": "predict",
    "models": "predict",
    "listen": "listen",
    "protocols": "data",
    "download": "data",
    "prepare": "data",
    "train": "models",
    "cross-validate": "models",
    "ablate": "models",
    "convert": "models",
    "evaluate": "models",
    "robustness": "models",
    "benchmark": "benchmark",
    "export-serving": "serving",
}
"""Name of each command (with `_` for `-`, its function's), and its module in this package."""


class _OnDemand(TyperGroup):
    """Imports the module of the command that is asked for, so that none waits for the others."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"ser_core.cli.{COMMANDS[cmd_name]}")
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(getattr(module, cmd_name.replace("-", "_")))
        return typer.main.get_command(alone)


app = typer.Typer(
    cls=_OnDemand,
    name="ser_core",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def ser_core() -> None:
    """Recognise emotions in speech, and train, convert and evaluate the models that do it."""


def main() -> None:
    """The console script `ser-lab`; without a command, it starts the app."""
    app(sys.argv[1:] or ["app"], prog_name="ser-lab")
