"""A training run from a folder of corpora: read, clean, split, compute features, train."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ser_core.corpora.cleaning import clean
from ser_core.corpora.protocols import (
    HELD_OUT_CORPUS,
    OTHER_CORPORA,
    PROTOCOLS,
    Split,
    other_corpora,
    own_protocol,
    split,
)
from ser_core.corpora.readers import OWN, read_corpora
from ser_core.training.clips import Clips
from ser_core.training.features_cache import log_mels
from ser_core.training.recipe import Recipe
from ser_core.training.train import train


def corpora_and_protocol(
    data: Path, corpora: Sequence[str] | None = None, protocol: str | None = None
) -> tuple[tuple[str, ...], str]:
    """What is not said of them: RAVDESS by actors or, where that is all there is, own recordings.

    Raises:
        CorpusError: there is nothing that can be used.
    """
    if not corpora:
        own = protocol in PROTOCOLS and PROTOCOLS[protocol].corpus == OWN
        own = own or {u.corpus for u in read_corpora(data)} == {OWN}
        corpora = [OWN] if own else ["ravdess"]
    if not protocol:
        own = set(corpora) == {OWN}
        protocol = own_protocol(read_corpora(data, corpora)) if own else Recipe.protocol
    return tuple(corpora), protocol


def recipe_split(recipe: Recipe, data: Path) -> Split:
    """The recipe's train, validation and test utterances.

    Own recordings that are silent, too short or unreadable, and copies of others, stay in the
    test alone. A refit recipe has its validation part in train, too.

    Raises:
        CorpusError: a corpus is not there.
    """
    if recipe.protocol == OTHER_CORPORA:
        return other_corpora(read_corpora(data, recipe.corpora))
    tested = [HELD_OUT_CORPUS] if PROTOCOLS[recipe.protocol].other_corpus else []
    utterances = read_corpora(data, [*recipe.corpora, *tested])
    parts = split(recipe.protocol, utterances, recipe.fold, recipe.seed)
    learnt = dict.fromkeys((*parts.train, *(parts.validation if recipe.refit else ())))
    heard = [u for u in learnt if u.corpus == OWN or u.channel in recipe.channels]
    # The test comes first: of two copies of a recording, the first is kept.
    own = [u for u in (*parts.test, *parts.validation, *heard) if u.corpus == OWN]
    left_out = {*own} - {*clean(own).usable}
    return replace(
        parts,
        train=tuple(u for u in heard if u not in left_out),
        validation=tuple(u for u in parts.validation if u not in left_out),
        left_out=tuple(u for u in dict.fromkeys((*heard, *parts.validation)) if u in left_out),
    )


def run_beside(run: Path, other: Recipe) -> Path:
    """Folder of a run that another one needs, beside it and known by its recipe."""
    key = hashlib.sha256(other.to_json().encode()).hexdigest()[:8]
    return run.with_name(f"{other.arch}-{key}")


def run_training(
    recipe: Recipe,
    data: Path,
    out: Path,
    features: Path,
    device: str = "cpu",
    resume: bool = False,
    prepared: Callable[[int, int], None] = lambda done, total: None,
    trained: Callable[[dict[str, float]], None] = lambda row: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Path:
    """Train a recipe on the corpora below `data`; returns the checkpoint.

    A recipe with a start or teachers trains these first, beside `out`, or takes them from there:
    recipes for the same network share a start. So does a refit recipe with the run that
    calibrates it.

    Args:
        features: folder of the feature cache.
        prepared: called with (speakers done, all speakers) while features are computed.
        trained: called with each row of the curves.
        say: called with what one should know of the recordings.
    """

    def trained_beside(other: Recipe) -> Path:
        run = run_beside(out, other)
        return run_training(other, data, run, features, device, True, prepared, trained)

    if recipe.calibrating:
        trained_beside(recipe.calibrating)
    start = trained_beside(recipe.pretraining) if recipe.pretraining else None
    teachers = [trained_beside(teacher) for teacher in recipe.teacher_recipes]
    parts = recipe_split(recipe, data)
    if parts.left_out:
        say(
            f"{len(parts.left_out)} of your recordings are silent, too short, unreadable or copies "
            "and were left out; `python -m ser_core prepare` lists them."
        )
    train_clips, validation_clips = (
        Clips(part, log_mels(part, recipe.features, features, prepared), recipe)
        for part in (parts.train, parts.validation)
    )
    return train(
        recipe, train_clips, validation_clips, out, device, resume, trained, start, teachers
    )
