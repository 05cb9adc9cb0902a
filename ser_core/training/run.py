"""A training run from a folder of corpora: read, clean, split, compute features, train."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ser_core.corpora.protocols import (
    HELD_OUT_CORPUS,
    OTHER_CORPORA,
    PROTOCOLS,
    Split,
    other_corpora,
    split,
)
from ser_core.corpora.readers import read_corpora
from ser_core.training.features_cache import log_mels
from ser_core.training.train import Clips, Recipe, train


def recipe_split(recipe: Recipe, data: Path) -> Split:
    """The recipe's train, validation and test utterances.

    Raises:
        CorpusError: a corpus is not there.
    """
    if recipe.protocol == OTHER_CORPORA:
        return other_corpora(read_corpora(data, recipe.corpora))
    tested = [HELD_OUT_CORPUS] if PROTOCOLS[recipe.protocol].other_corpus else []
    utterances = read_corpora(data, [*recipe.corpora, *tested])
    parts = split(recipe.protocol, utterances, recipe.fold, recipe.seed)
    return replace(parts, train=tuple(u for u in parts.train if u.channel in recipe.channels))


def run_training(
    recipe: Recipe,
    data: Path,
    out: Path,
    features: Path,
    device: str = "cpu",
    resume: bool = False,
    prepared: Callable[[int, int], None] = lambda done, total: None,
    trained: Callable[[dict[str, float]], None] = lambda row: None,
) -> Path:
    """Train a recipe on the corpora below `data`; returns the checkpoint.

    A recipe with a start trains that first, beside `out`, or takes it from there: recipes that
    differ only in protocol, fold, seed or task share it.

    Args:
        features: folder of the feature cache.
        prepared: called with (speakers done, all speakers) while features are computed.
        trained: called with each row of the curves.
    """
    start = None
    if recipe.pretraining is not None:
        key = hashlib.sha256(recipe.pretraining.to_json().encode()).hexdigest()[:8]
        start = run_training(
            recipe.pretraining,
            data,
            out.parent / f"pretraining-{recipe.arch}-{key}",
            features,
            device,
            True,
            prepared,
            trained,
        )
    parts = recipe_split(recipe, data)
    train_clips, validation_clips = (
        Clips(part, log_mels(part, recipe.features, features, prepared), recipe)
        for part in (parts.train, parts.validation)
    )
    return train(recipe, train_clips, validation_clips, out, device, resume, trained, start)
