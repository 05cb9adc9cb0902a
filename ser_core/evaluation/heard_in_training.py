"""Which clips a model was trained on, so that none of them is mistaken for a test."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path, PurePosixPath

from ser_core.corpora.readers import CORPUS_LABELS
from ser_core.corpora.utterance import Utterance

HEARD = "heard.txt"


def heard_in_training(model_folder: Path) -> frozenset[str]:
    """`corpus/file` of the training and validation clips of a model of the zoo."""
    file = model_folder / HEARD
    return (
        frozenset(file.read_text(encoding="utf-8").split("\n")) if file.is_file() else frozenset()
    )


def is_training_file(name: str, training_files: Collection[str]) -> bool:
    """Whether a file of this name, with or without folders, was used in training.

    Files of known corpora are identified by their name alone, one's own by their path.

    Args:
        training_files: as returned by `heard_in_training`.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    parts = (*path.parent.parts, path.stem)
    places = ["/".join(parts[i:]) for i in range(len(parts))]
    return any(
        f"{corpus}/{place}" in training_files for corpus in CORPUS_LABELS for place in places
    )


def write_heard(model_folder: Path, utterances: Iterable[Utterance]) -> None:
    """Write the list of a model's training and validation clips beside it."""
    names = sorted(f"{utterance.corpus}/{utterance.file}" for utterance in utterances)
    (model_folder / HEARD).write_text("\n".join(names) + "\n", encoding="utf-8")
