"""A small run that several tests look at."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ser_core.training.augment import Augmentation
from ser_core.training.run import run_training
from ser_core.training.train import Recipe
from tests.made_corpus import write_ravdess


@pytest.fixture(scope="session")
def made_ravdess(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """192 clips of 24 synthetic actors."""
    return write_ravdess(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="session")
def recipe() -> Recipe:
    """The main network, narrow, for three epochs of easy clips."""
    options = {"stem": 8, "channels": [8, 16, 16, 16], "n_embedding": 16, "n_attention": 8}
    return dataclasses.replace(
        Recipe(),
        arch_options=options,
        epochs=3,
        batch=8,
        learning_rate=2e-2,
        ema=0.8,
        augmentation=Augmentation(warp=0.02, noise_share=0, mixup=0),
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
