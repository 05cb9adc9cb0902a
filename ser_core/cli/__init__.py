"""The command line, `ser-lab` or `python -m ser_core`: one module per command.

app             the app in the browser
predict         predict the emotion in files and folders
adapt           learn a speaker from recordings
models          list the models of the zoo
listen          live recognition from a file or the microphone
protocols       list the ways to split the corpora
download        fetch RAVDESS from Zenodo
prepare         check a corpus, compute its features and pictures
train           train a network
cross_validate  train a recipe for every fold, or for several seeds
ablate          measure what each part of a recipe contributes
convert         convert a checkpoint to a model of the zoo
evaluate        evaluate a model on clips that it was not trained on
robustness      evaluate a model on distorted voices
benchmark       measure how long everything takes
export_serving  export the models for an inference server

console         what all commands share: data, errors, progress
model_options   options that choose a model
recipe_options  options that describe a recipe
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = (
    "app",
    "predict",
    "adapt",
    "models",
    "listen",
    "protocols",
    "download",
    "prepare",
    "train",
    "cross-validate",
    "ablate",
    "convert",
    "evaluate",
    "robustness",
    "benchmark",
    "export-serving",
)
"""Each is a function in a module of the same name, with `_` for `-`."""


class _OnDemand(TyperGroup):
    """Imports only the module of the requested command, so that no command waits for others."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = import_module(f"ser_core.cli.{name}")
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(getattr(module, name))
        return typer.main.get_command(alone)


program = typer.Typer(
    cls=_OnDemand,
    name="ser_core",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@program.callback()
def ser_core() -> None:
    """Recognize emotions in speech, and train, convert and evaluate the models for it."""


def run(words: Sequence[str] | None = None, name: str | None = None) -> None:
    """Run a command; by default that of the command line.

    Names that the output's encoding lacks are written as escapes (`\\u65e5`): with them as errors,
    a redirected output would end in the middle.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    program(words, prog_name=name)


def main() -> None:
    """The console script `ser-lab`; without a command, it starts the app."""
    run(sys.argv[1:] or ["app"], "ser-lab")
