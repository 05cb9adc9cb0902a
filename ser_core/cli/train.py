"""`train`: train a network on a corpus, or a head for one's own recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ser_core.cli.console import (
    DataOption,
    EpochBar,
    explained_errors,
    fail,
    messages,
    progress_bar,
)
from ser_core.cli.recipe_options import (
    FEATURES,
    ArchOption,
    CorporaOption,
    DeviceOption,
    EpochsOption,
    FeaturesOption,
    InitOption,
    PretrainOption,
    ProtocolOption,
    SeedOption,
    SettingsOption,
    StartOption,
    TaskOption,
    TeacherOption,
    completed_recipe,
)
from ser_core.corpora.readers import OWN, CorpusError, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.metrics import percent

_OF_A_HEAD = ("data", "out", "corpora", "on", "from_scratch")


def train(
    context: typer.Context,
    data: DataOption,
    out: Annotated[Path, typer.Option(help="Folder for recipe, curves and checkpoint.")],
    arch: ArchOption = "se_resnet",
    protocol: ProtocolOption = None,
    fold: Annotated[int, typer.Option(help="Fold to leave out for the test.")] = 0,
    task: TaskOption = "emotions-8",
    seed: SeedOption = 0,
    epochs: EpochsOption = 60,
    corpora: CorporaOption = None,
    pretrain: PretrainOption = None,
    start: StartOption = None,
    teacher: TeacherOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = "cpu",
    init: InitOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a stopped run.")] = False,
    features: FeaturesOption = FEATURES,
    on: Annotated[
        str | None,
        typer.Option(help="Shipped network below a head for your recordings. [the main model]"),
    ] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="A network of its own for your recordings.")
    ] = False,
) -> None:
    """Train a network on a corpus, or a head for your own recordings on a shipped network.

    Your own recordings alone teach a head, for which 50 of them are enough: use it with `predict
    --speaker OUT/head.json`. With --from-scratch, they train a network like any corpus; that takes
    hundreds. The main network takes about ten minutes for 60 epochs of RAVDESS on one core.
    Examples:

    python -m ser_core train --data data --out runs/main

    python -m ser_core train --data mine --out runs/mine
    """
    if not from_scratch and (own := _own_recordings(data, corpora)):
        _refuse_network_options(context)
        _train_head(own, out, on, f"python -m ser_core train --data {data.name} --out {out.name}")
        return
    if on:
        raise typer.BadParameter("--on is for your own recordings, without --from-scratch.")
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
        )
        recipe = completed_recipe(recipe, data, corpora, protocol, start, teacher, settings)
        workspace = Workspace(data, features, out.parent, device, init)
        with progress_bar("Features and training", "", EpochBar) as bar:
            checkpoint = run_training(recipe, workspace, out.name, resume, bar)
    print(checkpoint)


def _own_recordings(data: Path, corpora: list[str] | None) -> list[Utterance]:
    """One's own recordings, if there is nothing else to train on."""
    try:
        utterances = read_corpora(data, corpora)
    except CorpusError:  # is said where the network is trained
        return []
    return utterances if {u.corpus for u in utterances} == {OWN} else []


def _refuse_network_options(context: typer.Context) -> None:
    for option in context.command.params:
        name = option.name or ""
        source = context.get_parameter_source(name)
        if source and source.name == "COMMANDLINE" and name not in _OF_A_HEAD:
            raise typer.BadParameter(
                f"{option.opts[-1]} describes a whole network, and your own recordings train a "
                "head on a shipped one. Leave it out, or add --from-scratch."
            )


def _train_head(own: list[Utterance], out: Path, on: str | None, command: str) -> None:
    from ser_core.evaluation.own_head import own_head
    from ser_core.models.zoo import load_model
    from ser_core.reports.own_head_card import own_head_card

    with explained_errors():
        recognizer = load_model(on)
        with progress_bar("Learning", "recordings") as bar:
            head = own_head(recognizer, own, bar)
    try:
        out.mkdir(parents=True, exist_ok=True)
        head.speaker.save(out / "head.json")
        (out / "README.md").write_text(own_head_card(head, recognizer, command), encoding="utf-8")
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}. Choose another folder with --out.")
    messages.print(
        f"{head.gain.sentence} UAR {percent(head.uar_before, 1)} before, "
        f"{percent(head.uar_after, 1)} after, on "
        f"{'speakers' if head.by_speaker else 'recordings'} that were left out.",
        highlight=False,
    )
    print(out / "head.json")
