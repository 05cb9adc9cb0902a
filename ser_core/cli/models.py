"""`train`, `convert` and `evaluate`: make models and measure them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from ser_core.cli.console import (
    DataOption,
    EpochBar,
    Lines,
    ZooOption,
    explained_errors,
    messages,
    progress_bar,
)
from ser_core.cli.predict import Precision
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.readers import OWN
from ser_core.models.card import Channel, Role
from ser_core.models.zoo import ZOO, load_model

if TYPE_CHECKING:
    from ser_core.training.recipe import Recipe, Settings

FeaturesOption = Annotated[Path, typer.Option(help="Folder of the feature cache.")]
FEATURES = Path("features")


ArchOption = Annotated[str, typer.Option(help="Network.")]
ProtocolOption = Annotated[
    str | None,
    typer.Option(help="Split; see `protocols`. [actors-5fold; own-speakers, else own-files]"),
]
TaskOption = Annotated[str, typer.Option(help="emotions-8 or negative-5.")]
SeedOption = Annotated[int, typer.Option(help="Seed of weights, batches and split.")]
EpochsOption = Annotated[int, typer.Option(help="Passes over the training clips.")]
CorporaOption = Annotated[
    list[str] | None,
    typer.Option(
        "--corpus",
        help="Train on this corpus; repeat for several. [ravdess; own, where that is all]",
    ),
]
PretrainOption = Annotated[
    list[str] | None,
    typer.Option(help="Train on all of this corpus first; repeat for several."),
]
TeacherOption = Annotated[
    list[str] | None,
    typer.Option(help="Train this network, too, and learn from its answers; repeat for several."),
]
SettingsOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a value, such as augmentation.mixup=0; repeat."),
]
DeviceOption = Annotated[str, typer.Option(help="cpu or cuda.")]


def train(
    data: DataOption,
    out: Annotated[Path, typer.Option(help="Run folder: recipe, curves, checkpoint.")],
    arch: ArchOption = "se_resnet",
    protocol: ProtocolOption = None,
    fold: Annotated[int, typer.Option(help="Which fold is the test.")] = 0,
    task: TaskOption = "emotions-8",
    seed: SeedOption = 0,
    epochs: EpochsOption = 60,
    corpora: CorporaOption = None,
    pretrain: PretrainOption = None,
    teacher: TeacherOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = "cpu",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where OUT stopped.")] = False,
    features: FeaturesOption = FEATURES,
) -> None:
    """Train a network on a corpus, or on recordings of your own.

    The main network takes about ten minutes for 60 epochs of RAVDESS on one core. Examples:

    python -m ser_core train --data data --out runs/main

    python -m ser_core train --data own --out runs/own
    """
    with explained_errors():
        from ser_core.training.recipe import Recipe
        from ser_core.training.run import run_training
        from ser_core.training.workspace import Workspace

        recipe = Recipe(
            arch=arch,
            task=task,
            fold=fold,
            seed=seed,
            epochs=epochs,
            pretraining_corpora=tuple(pretrain or ()),
            teachers=tuple(teacher or ()),
        )
        recipe = _completed(recipe, data, corpora, protocol, settings)
        workspace = Workspace(data, features, out.parent, device)
        with progress_bar("Features and training", "", EpochBar) as bar:
            checkpoint = run_training(recipe, workspace, out.name, resume, bar)
    print(checkpoint)


def cross_validate(
    data: DataOption,
    runs: Annotated[Path, typer.Option(help="Folder of the runs; finished ones are kept.")],
    arch: ArchOption = "se_resnet",
    protocol: ProtocolOption = None,
    task: TaskOption = "emotions-8",
    seed: SeedOption = 0,
    seeds: Annotated[int, typer.Option(help="How many, where files are drawn.")] = 5,
    epochs: EpochsOption = 60,
    corpora: CorporaOption = None,
    pretrain: PretrainOption = None,
    teacher: TeacherOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = "cpu",
    features: FeaturesOption = FEATURES,
    model: Annotated[
        str | None, typer.Option("-m", "--model", help="Keep the figures in this card.")
    ] = None,
    zoo: ZooOption = ZOO,
) -> None:
    """Train a recipe for every fold, or several seeds, and test each on what it never heard."""
    with explained_errors():
        from ser_core.training import cross_validation as cv
        from ser_core.training.recipe import Recipe
        from ser_core.training.workspace import Workspace

        recipe = Recipe(
            arch=arch,
            task=task,
            seed=seed,
            epochs=epochs,
            pretraining_corpora=tuple(pretrain or ()),
            teachers=tuple(teacher or ()),
        )
        recipe = _completed(recipe, data, corpora, protocol, settings)
        with progress_bar("Training", "", EpochBar) as bar:
            trials = cv.cross_validate(recipe, Workspace(data, features, runs, device), seeds, bar)
        results = cv.recipe_results(recipe, trials, seeds)
        if model:
            cv.keep_in_card(model, recipe, trials, zoo, seeds)
    for result in results:
        print(
            f"{result.protocol}, {result.channel}: mean UAR {result.uar:.1%}, "
            f"accuracy {result.accuracy:.1%}, ECE {result.ece:.3f} (n = {result.n})"
        )


def ablate(
    data: DataOption,
    runs: Annotated[Path, typer.Option(help="Folder of the runs; finished ones are kept.")],
    arch: ArchOption = "se_resnet",
    epochs: EpochsOption = 25,
    inner: Annotated[
        bool, typer.Option("--inner", help="Choose: all folds of actors-inner, one seed.")
    ] = False,
    row: Annotated[
        list[str] | None, typer.Option(help="Only this row of the table; repeat. [all]")
    ] = None,
    fold: Annotated[list[int] | None, typer.Option(help="Repeat. [0 and 1]")] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Repeat. [0 and 1]")] = None,
    pretrain: PretrainOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = "cpu",
    features: FeaturesOption = FEATURES,
) -> None:
    """Train the recipe without each of its parts, and print what that costs as a table."""
    with explained_errors():
        from ser_core.training import ablation
        from ser_core.training.recipe import Recipe
        from ser_core.training.workspace import Workspace

        if inner and (fold or seed):
            raise ValueError("--inner takes every fold and one seed; leave --fold and --seed out.")
        protocol = "actors-inner" if inner else "actors-5fold"
        folds = tuple(range(PROTOCOLS[protocol].n_folds)) if inner else tuple(fold or (0, 1))
        seeds = (0,) if inner else tuple(seed or (0, 1))
        recipe = Recipe(arch=arch, epochs=epochs, pretraining_corpora=tuple(pretrain or ()))
        table = ablation.ablate(
            _completed(recipe, data, ["ravdess"], protocol, settings),
            row or list(ablation.ROWS),
            Workspace(data, features, runs, device),
            folds,
            seeds,
            Lines(messages.print),
        )
    print(ablation.as_markdown(table))
    if inner:
        print(f"Chosen for fold 0, 1, …: {'; '.join(ablation.choices(table))}")


def _completed(
    recipe: Recipe,
    data: Path,
    corpora: list[str] | None,
    protocol: str | None,
    settings: list[str] | None,
) -> Recipe:
    """A recipe with its corpora and protocol, or what `data` suggests, and with `--set` values."""
    from ser_core.training.run import corpora_and_protocol

    chosen, split = corpora_and_protocol(data, corpora, protocol)
    if protocol is None and OWN in chosen:
        messages.print(f"Protocol {split}: {PROTOCOLS[split].meaning}", highlight=False)
    return replace(recipe, corpora=chosen, protocol=split).with_settings(_values(settings or []))


def _values(settings: list[str]) -> Settings:
    """`name=value` pairs, the values in JSON."""
    values: Settings = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            values[name] = json.loads(value)
        except ValueError:
            raise ValueError(
                f"--set {setting} is no name=value; write --set epochs=30, for example."
            ) from None
    return values


def convert(
    checkpoint: Annotated[Path, typer.Argument(help="checkpoint.pt of a run.")],
    name: Annotated[str, typer.Option(help="Name of the model: its folder in the zoo.")],
    data: DataOption,
    title: Annotated[str, typer.Option(help="What people read.")] = "",
    role: Annotated[Role, typer.Option(help="What it is for in the zoo.")] = "comparison",
    calibrated_by: Annotated[
        str | None,
        typer.Option(help="Take temperature and threshold from this model, of the same recipe."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(help="Do not keep this precision, FP16 or INT8; repeat."),
    ] = None,
    features: FeaturesOption = FEATURES,
    zoo: ZooOption = ZOO,
) -> None:
    """Turn a checkpoint into OpenVINO IRs (FP32, FP16, INT8) with a model card.

    Fits temperature and threshold on validation speakers, quantises on training speakers, holds
    ONNX and every IR against PyTorch on the validation speakers, and evaluates the test part. The
    main model also becomes an IR that takes samples. Fails when FP32 differs by more than 1e-3 or
    in a label, or when INT8, with ever more layers left in floating point, still agrees on fewer
    than 97 % of the labels or loses more than 2 points of UAR.
    """
    with explained_errors():
        from ser_core.training.packaging import ZooEntry, package
        from ser_core.training.workspace import Workspace

        entry = ZooEntry(name, title, role, calibrated_by, without or ())
        workspace = Workspace(data, features, checkpoint.parent.parent)
        package(checkpoint, entry, workspace, zoo, Lines())


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
        Channel | None, typer.Option(help="Clips of this kind. [the card's own, else all]")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also clips that the model was trained on, marked.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
    zoo: ZooOption = ZOO,
) -> None:
    """Measure a model on clips that it has never heard.

    Without --protocol, repeats the first result of the model's own card.
    """
    with explained_errors():
        from ser_core.evaluation import evaluate as evaluation

        recognizer = load_model(model, precision.value, zoo=zoo)
        with progress_bar("Listening", "clips") as bar:
            selection = evaluation.Selection(protocol, fold, seed, channel)
            result = evaluation.evaluate(recognizer, data, selection, force, bar)
    print(result.to_json() if as_json else result.as_text())


def robustness(
    data: DataOption,
    model: Annotated[str | None, typer.Option("-m", "--model", help="Name in the zoo.")] = None,
    precision: Annotated[Precision, typer.Option(help="Which IR.")] = Precision.FP32,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
    zoo: ZooOption = ZOO,
) -> None:
    """Measure a model on the speech of its test actors: softer, by telephone, in babble, in a room.

    Only for a model that was trained on a protocol by actors.
    """
    with explained_errors():
        from ser_core.evaluation.evaluate import unheard_speech
        from ser_core.evaluation.robustness import robustness as measure

        recognizer = load_model(model, precision.value, zoo=zoo)
        test, talkers, task = unheard_speech(recognizer, data)
        with progress_bar("Listening", "distortions") as bar:
            rows = measure(recognizer, test, talkers, task, bar)
    if as_json:
        print(json.dumps(msgspec.to_builtins(rows), indent=1))
        return
    for row in rows:
        print(
            f"{row.distortion:<18} UAR {row.uar:.1%}  accuracy {row.accuracy:.1%}  "
            f"labels changed {row.changed:.1%}"
        )
