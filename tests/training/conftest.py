"""A small run that several tests look at."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ser_core.training import calibration, verification
from ser_core.training.augment import Augmentation
from ser_core.training.checkpoint import Run
from ser_core.training.clips import Clips
from ser_core.training.packaging import ZooEntry, package
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split, run_training
from ser_core.training.workspace import Workspace
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
def shared(
    made_ravdess: Path, features: Path, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """Where the small run was trained; do not add to its runs."""
    return Workspace(made_ravdess, features, tmp_path_factory.mktemp("runs"))


@pytest.fixture
def workspace(shared: Workspace, tmp_path: Path) -> Workspace:
    """The same corpus and features, and no run yet."""
    return dataclasses.replace(shared, runs=tmp_path / "runs")


@pytest.fixture(scope="session")
def checkpoint(recipe: Recipe, shared: Workspace) -> Path:
    """What the three epochs give."""
    return run_training(recipe, shared, "small")


@pytest.fixture(scope="session")
def small_run(checkpoint: Path) -> Run:
    """The small run as it is read back; do not change its network."""
    return Run.load(checkpoint)


@pytest.fixture(scope="session")
def validation(small_run: Run, shared: Workspace) -> Clips:
    """The clips of its validation speakers."""
    part = recipe_split(small_run.recipe, shared.data).validation
    return Clips.load(part, small_run.recipe, shared)


@pytest.fixture(scope="session")
def zoo(checkpoint: Path, shared: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zoo with the one model of the small run, `small`; do not change it."""
    folder = tmp_path_factory.mktemp("zoo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "N_CALIBRATION", 30)  # enough for easy clips
        # The answers of such a short run are all close to call; what INT8 may do to answers is
        # tested on its own, and on the shipped model.
        patch.setattr(verification, "MIN_INT8_AGREEMENT", 0.0)
        patch.setattr(verification, "MAX_INT8_UAR_DROP", 1.0)
        package(checkpoint, ZooEntry("small", "Small", "main"), shared, folder)
    return folder
