"""The zoo as the model repository of an inference server, for `inference.kserve`.

    repository/config.json
    repository/se-resnet-int8/1/model.xml, model.bin

OpenVINO Model Server reads both; other servers need only the folders.
"""

from __future__ import annotations

import filecmp
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from ser_core.inference.network import ON_A_CPU
from ser_core.models.card import ModelCard
from ser_core.models.zoo import ZOO, checked_ir


def export(
    cards: Iterable[ModelCard], out: Path, precisions: Iterable[str], zoo: Path = ZOO
) -> list[str]:
    """Write models in the given precisions, as far as they have them, and the configuration.

    A model that has changed becomes a new version beside the old one, and a running server
    switches to it without interruption. Other models already in the repository stay.

    Returns:
        Their names on the server.

    Raises:
        ModelError: a file of the zoo is missing or damaged.
        OSError: `out` cannot be written.
    """
    kinds = set(precisions)
    names = []
    for card in cards:
        for precision in card.precisions:
            if precision in kinds:
                name = card.served_name(precision)
                _add_version(checked_ir(card, precision, zoo), out / name)
                names.append(name)
    _write_config(out)
    return names


def _add_version(xml: Path, folder: Path) -> None:
    versions = sorted(int(path.name) for path in folder.glob("[1-9]*") if path.name.isdecimal())
    newest = folder / str(versions[-1] if versions else 0)
    pairs = [(xml.with_suffix(suffix), f"model{suffix}") for suffix in (".xml", ".bin")]
    if all(
        (newest / name).is_file() and filecmp.cmp(source, newest / name, shallow=False)
        for source, name in pairs
    ):
        return
    # A server that watches the folder must not see a version before it is complete.
    unfinished = folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for source, name in pairs:
        shutil.copyfile(source, unfinished / name)
    unfinished.rename(folder / str(int(newest.name) + 1))


def _write_config(out: Path) -> None:
    models = [
        # The path is relative to this file, so that the repository may lie anywhere.
        {"config": {"name": name, "base_path": name, "plugin_config": ON_A_CPU}}
        for name in sorted({path.parents[1].name for path in out.glob("*/[1-9]*/model.xml")})
    ]
    text = json.dumps({"model_config_list": models}, indent=1) + "\n"
    unfinished = out / "config.json.unfinished"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(out / "config.json")
