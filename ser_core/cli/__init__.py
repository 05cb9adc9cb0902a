"""The command line, `ser-lab` or `python -m ser_core`: one module per command.

app             the app in the browser
predict         recognize emotions in files and folders
models          what lies in the zoo
listen          live recognition over a file or the microphone
protocols       the ways to split the corpora
download        RAVDESS from Zenodo
prepare         checks, features and pictures of a corpus
train           a network
cross_validate  a recipe for every fold, or several seeds
ablate          what each part of a recipe is worth
convert         a checkpoint becomes a model of the zoo
evaluate        a model on clips that it was not trained on
robustness      a model on distorted voices
benchmark       how long everything takes
export_serving  the models for an inference server

console         what all commands share: data, errors, progress
model_options   options that choose a model
recipe_options  options that describe a recipe
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = (
    "app",
    "predict",
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
"""Each lies in a module of its name, with `_` for `-`, as a function of that name."""


class _OnDemand(TyperGroup):
    """Imports the module of the command that is asked for, so that none waits for the others."""

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
    """Recognize emotions in speech, and train, convert and evaluate the models that do it."""


def main() -> None:
    """The console script `ser-lab`; without a command, it starts the app."""
    program(sys.argv[1:] or ["app"], prog_name="ser-lab")
