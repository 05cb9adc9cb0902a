"""A small run that several tests look at."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ser_core.training import packaging, verification
from ser_core.training.augment import Augmentation
from ser_core.training.clips import Clips
from ser_core.training.features_cache import log_mels
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split, run_training
from ser_core.training.train import load_checkpoint
from tests.made_corpus import write_ravdess


@pytest.fixture(scope="session")
def made_ravdess(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """192 clips of 24 synthetic actors."""
    return write_ravdess(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """The main network, narrow, for three epochs of easy clips that hardly vary."""
    options = {"stem": 8, "channels": [8, 16, 16, 16], "n_embedding": 16, "n_attention": 8}
    return dataclasses.replace(
        Recipe(),
        arch_options=options | {"dropout": 0.0, "block_dropout": 0.0},
        epochs=3,
        batch=8,
        learning_rate=5e-3,
        ema=0.5,
        label_smoothing=0.0,
        augmentation=Augmentation(
            stretch=0.05,
            warp=0.02,
            equaliser_db=0.0,
            noise_share=0.0,
            babble_share=0.0,
            room_share=0.0,
            band_share=0.0,
            mel_masks=0,
            time_masks=0,
            mixup=0.0,
        ),
    )


@pytest.fixture(scope="session")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("features")


@pytest.fixture(scope="session")
def checkpoint(
    recipe: Recipe, made_ravdess: Path, features: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What the three epochs give."""
    return run_training(recipe, made_ravdess, tmp_path_factory.mktemp("run"), features)


@pytest.fixture(scope="session")
def validation(checkpoint: Path, made_ravdess: Path, features: Path) -> Clips:
    """The clips of its validation speakers."""
    recipe, *_ = load_checkpoint(checkpoint)
    part = recipe_split(recipe, made_ravdess).validation
    return Clips(part, log_mels(part, recipe.features, features), recipe)


@pytest.fixture(scope="session")
def zoo(
    checkpoint: Path, made_ravdess: Path, features: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A zoo with the one model of the small run, `small`; do not change it."""
    folder = tmp_path_factory.mktemp("zoo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packaging, "N_CALIBRATION", 30)  # enough for easy clips
        # The answers of such a short run are all close to call; what INT8 may do to answers is
        # tested on its own, and on the shipped model.
        patch.setattr(verification, "MIN_INT8_AGREEMENT", 0.0)
        patch.setattr(verification, "MAX_INT8_UAR_DROP", 1.0)
        packaging.package(
            checkpoint, "small", made_ravdess, features, folder, "Small", "main", lambda _: None
        )
    return folder
