"""How sure a network may sound: temperature and threshold by validation, ranges for INT8."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from torch import nn

from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.metrics import log_loss
from ser_core.models.signature import RIGHT_WHEN_CERTAIN, Signature
from ser_core.training.checkpoint import Run
from ser_core.training.clips import Clips, clip_logits
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split
from ser_core.training.workspace import Workspace

N_CALIBRATION = 300

MAX_THRESHOLD = 0.95
"""Of the certainty below which an answer is uncertain."""


def run_signature(run: Run, workspace: Workspace) -> Signature:
    """The signature that a run's validation part gives."""
    validation = recipe_split(run.recipe, workspace.data).validation
    return calibrated_signature(run.network, Clips.load(validation, run.recipe, workspace))


def calibrated_signature(network: nn.Module, validation: Clips) -> Signature:
    """The recipe's signature with the temperature and threshold that validation speakers give."""
    recipe, targets = validation.recipe, validation.targets
    logits = clip_logits(network, validation)
    temperature = float(
        minimize_scalar(
            lambda t: log_loss(softmax(logits / t, axis=-1), targets),
            bounds=(0.2, 5),
            method="bounded",
        ).x
    )
    probabilities = softmax(logits / temperature, axis=-1)
    return Signature(
        recipe.labels,
        recipe.features,
        recipe.n_frames,
        round(temperature, 4),
        round(certainty_threshold(probabilities, targets), 4),
    )


def certainty_threshold(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The lowest certainty above which `RIGHT_WHEN_CERTAIN` of the answers are right.

    At most `MAX_THRESHOLD`, since no answer ever passes a threshold of 1.
    """
    certainty, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    order = np.argsort(-certainty)
    share_right = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share_right >= RIGHT_WHEN_CERTAIN)
    if not len(enough):
        return MAX_THRESHOLD
    lowest = float(certainty[order][enough[-1]])
    # Where all together are right enough, nobody was less certain, which says little of others.
    most = RIGHT_WHEN_CERTAIN if enough[-1] == len(order) - 1 else MAX_THRESHOLD
    return min(lowest, most)


def calibration_windows(
    utterances: Sequence[Utterance], recipe: Recipe, workspace: Workspace
) -> list[np.ndarray]:
    """Network inputs that give INT8 its ranges: the first window of each of some training clips."""
    # Drawn, because every n-th of an ordered corpus may be of one emotion.
    n_drawn = min(N_CALIBRATION, len(utterances))
    drawn = np.random.default_rng(recipe.seed).choice(len(utterances), n_drawn, replace=False)
    clips = Clips.load([utterances[i] for i in sorted(drawn)], recipe, workspace)
    inputs, owners = clips.windows
    first_of_clip = np.unique(owners, return_index=True)[1]
    return [inputs[i] for i in first_of_clip]
