"""The options that describe a recipe, for every command that trains one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ser_core.cli.console import messages, show_report
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.readers import OWN, read

if TYPE_CHECKING:
    from ser_core.training.recipe import Recipe, Settings


FeaturesOption = Annotated[Path, typer.Option(help="Folder of the feature cache.")]
FEATURES = Path("features")


ArchOption = Annotated[str, typer.Option(help="Architecture of the network.")]
ProtocolOption = Annotated[
    str | None,
    typer.Option(help="Split; see `protocols`. [actors-5fold; own-speakers, else own-files]"),
]
TaskOption = Annotated[str, typer.Option(help="emotions-8 or negative-5.")]
SeedOption = Annotated[int, typer.Option(help="Seed of the weights, batches and split.")]
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
    typer.Option(help="Pretrain on all of this corpus; repeat for several."),
]
StartOption = Annotated[
    str | None,
    typer.Option(help="Start from the network of this recipe: its name, file or JSON."),
]
TeacherOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Also train this one and distill it: a network, or a recipe by its name, file or "
        "JSON; repeat for several."
    ),
]
SettingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Change a setting, such as augmentation.mixup=0; repeat for several."
    ),
]
InitOption = Annotated[
    Path | None,
    typer.Option(
        help="Published weights of a pretrained network, a file or a folder of them. "
        "[SER_WEIGHTS, else downloaded]"
    ),
]
DeviceOption = Annotated[str, typer.Option(help="cpu or cuda.")]


def completed_recipe(
    recipe: Recipe,
    data: Path,
    corpora: list[str] | None,
    protocol: str | None,
    start: str | None,
    teachers: list[str] | None,
    settings: list[str] | None,
) -> Recipe:
    """A recipe with corpora and protocol, by default those that fit `data`, and `--set` values."""
    from ser_core.training.recipe import other_recipe, teacher
    from ser_core.training.run import corpora_and_protocol

    chosen_corpora, split = corpora_and_protocol(data, corpora, protocol)
    if protocol is None and OWN in chosen_corpora:
        messages.print(f"Protocol {split}: {PROTOCOLS[split].meaning}", highlight=False)
    values = _values(settings or [])
    # Together with the settings: what is learned from must fit the features that these choose.
    if start:
        values["start"] = other_recipe(start)
    if teachers:
        values["teachers"] = [teacher(name) for name in teachers]
    recipe = replace(recipe, corpora=chosen_corpora, protocol=split).with_settings(values)
    show_report(read(data, recipe.all_corpora).report)
    return recipe


def _values(settings: list[str]) -> Settings:
    """`name=value` pairs, the values in JSON."""
    values: Settings = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            values[name] = json.loads(value)
        except ValueError:
            raise ValueError(
                f"--set {setting} is not name=value. Write --set epochs=30, for example."
            ) from None
    return values
