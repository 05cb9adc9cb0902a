"""The command line: `python -m ser_core COMMAND`, one module per group of commands.

predict    recognise emotions in files and folders; list the models
data       corpora: protocols, download, prepare
models     training, conversion, evaluation
"""

from __future__ import annotations

import typer

from ser_core.cli import data, models, predict

app = typer.Typer(
    name="ser_core",
    help="Recognise emotions in speech, and train, convert and evaluate the models that do it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("predict")(predict.predict)
app.command("models")(predict.models)
app.command("protocols")(data.protocols)
app.command("download")(data.download)
app.command("prepare")(data.prepare)
app.command("train")(models.train)
app.command("convert")(models.convert)
app.command("evaluate")(models.evaluate)
