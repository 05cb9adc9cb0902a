"""A training run from a folder of corpora: read, clean, split, compute features, train."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ser_core.corpora.protocols import Split, split
from ser_core.corpora.readers import read_corpora
from ser_core.training.features_cache import log_mels
from ser_core.training.train import Clips, Recipe, train


def recipe_split(recipe: Recipe, data: Path) -> Split:
    """The recipe's train, validation and test utterances.

    Raises:
        CorpusError: a corpus is not there.
    """
    utterances = read_corpora(data, recipe.corpora)
    return split(recipe.protocol, utterances, recipe.fold, recipe.seed)


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

    Args:
        features: folder of the feature cache.
        prepared: called with (speakers done, all speakers) while features are computed.
        trained: called with each row of the curves.
    """
    parts = recipe_split(recipe, data)
    train_clips, validation_clips = (
        Clips(part, log_mels(part, recipe.features, features, prepared), recipe)
        for part in (parts.train, parts.validation)
    )
    return train(recipe, train_clips, validation_clips, out, device, resume, trained)
