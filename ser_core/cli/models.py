"""`train`, `convert` and `evaluate`: make models and measure them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import DataOption, explained_errors, messages, progress_bar
from ser_core.cli.predict import Precision
from ser_core.zoo import ZOO, load_model

FeaturesOption = Annotated[Path, typer.Option(help="Folder of the feature cache.")]
FEATURES = Path("features")


def train(
    data: DataOption,
    out: Annotated[Path, typer.Option(help="Run folder: recipe, curves, checkpoint.")],
    arch: Annotated[str, typer.Option(help="Network.")] = "se_resnet",
    protocol: Annotated[str, typer.Option(help="Split; see `protocols`.")] = "actors-5fold",
    fold: Annotated[int, typer.Option(help="Which fold is the test.")] = 0,
    task: Annotated[str, typer.Option(help="emotions-8 or negative-5.")] = "emotions-8",
    seed: Annotated[int, typer.Option(help="Seed of weights, batches and split.")] = 0,
    epochs: Annotated[int, typer.Option(help="Passes over the training clips.")] = 60,
    corpora: Annotated[
        list[str] | None,
        typer.Option("--corpus", help="Train on this corpus; repeat for several. [ravdess]"),
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where OUT stopped.")] = False,
    features: FeaturesOption = FEATURES,
) -> None:
    """Train a network on a corpus.

    The main network took 25 minutes for 60 epochs of RAVDESS on one busy core. Example:

    python -m ser_core train --data data --out runs/main
    """
    with explained_errors():
        from ser_core.training.run import run_training
        from ser_core.training.train import Recipe

        recipe = Recipe(
            arch=arch,
            task=task,
            corpora=tuple(corpora or ["ravdess"]),
            protocol=protocol,
            fold=fold,
            seed=seed,
            epochs=epochs,
        )
        with progress_bar("Features and training", "") as bar:

            def log(row: dict[str, float]) -> None:
                note = (
                    f"loss {row['train_loss']:.3f}  validation UAR {row['validation_uar']:.1%}  "
                    f"{row['samples_per_s']:.0f} clips/s"
                )
                bar.step(int(row["epoch"]), epochs, note)
                if not messages.is_terminal:
                    print(f"epoch {row['epoch']:.0f}/{epochs}  {note}", flush=True)

            checkpoint = run_training(recipe, data, out, features, device, resume, bar.step, log)
    print(checkpoint)


def convert(
    checkpoint: Annotated[Path, typer.Argument(help="checkpoint.pt of a run.")],
    name: Annotated[str, typer.Option(help="Name of the model: its folder in the zoo.")],
    data: DataOption,
    title: Annotated[str, typer.Option(help="What people read.")] = "",
    role: Annotated[str, typer.Option(help="main, live, random or comparison.")] = "comparison",
    features: FeaturesOption = FEATURES,
    zoo: Annotated[Path, typer.Option(help="Folder of the models.")] = ZOO,
) -> None:
    """Turn a checkpoint into OpenVINO IRs (FP32, FP16, INT8) with a model card.

    Fits temperature and threshold on validation speakers, quantises on training speakers, holds
    ONNX and every IR against PyTorch on the validation speakers, and evaluates the test part. The
    main model also becomes an IR that takes samples. Fails when FP32 differs by more than 1e-3 or
    in a label, or when INT8, with ever more layers left in floating point, still agrees on fewer
    than 97 % of the labels or loses more than 1 point of UAR.
    """
    with explained_errors():
        from ser_core.training.packaging import package

        package(checkpoint, name, data, features, zoo, title, role)


def evaluate(
    data: DataOption,
    model: Annotated[str | None, typer.Option("-m", "--model", help="Name in the zoo.")] = None,
    precision: Annotated[Precision, typer.Option(help="Which IR.")] = Precision.FP32,
    protocol: Annotated[
        str | None,
        typer.Option(help="Test part of this split; all-clips: everything. [the card's own]"),
    ] = None,
    fold: Annotated[int | None, typer.Option(help="Fold of the protocol.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the protocol.")] = None,
    channel: Annotated[
        str | None, typer.Option(help="speech, song or all. [the card's own, else all]")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also clips that the model was trained on, marked.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Measure a model on clips that it has never heard.

    Without --protocol, repeats the first result of the model's own card.
    """
    with explained_errors():
        from ser_core import evaluation

        recognizer = load_model(model, precision.value)
        with progress_bar("Listening", "clips") as bar:
            result = evaluation.evaluate(
                recognizer, data, protocol, fold, seed, channel, force, bar.step
            )
    print(json.dumps(result, indent=1) if as_json else evaluation.report(result))
