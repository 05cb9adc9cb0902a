"""Varied copies of clips that every network and fold can share: the same number, the same copy.

A speaker's clips are varied together, so that a voice of the test never murmurs in the background
of a training clip.
"""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import Tensor

from ser_core.training.augment import Augmentation, vary
from ser_core.training.clips import Clips


def varied_copy(clips: Clips, number: int, device: str = "cpu") -> Tensor:
    """One varied window of each clip.

    Args:
        number: of the copy; the same number and voices give the same copy.

    Returns:
        Network inputs, float16, shape `(n_clips, 1, n_mels, n_frames)`.
    """
    recipe = clips.recipe
    shape = (len(clips), 1, recipe.features.n_mels, recipe.n_frames)
    windows = torch.empty(shape, dtype=torch.float16, device=device)
    for speaker, indices in clips.by_speaker.items():
        windows[indices] = speaker_copy(clips, speaker, recipe.augmentation, number, device).half()
    return windows


def speaker_copy(
    clips: Clips, speaker: str, how: Augmentation, number: int, device: str = "cpu"
) -> Tensor:
    """One varied window of each clip of a speaker, shape `(n, 1, n_mels, n_frames)`."""
    recipe, indices = clips.recipe, clips.by_speaker[speaker]
    seed = zlib.crc32(f"{speaker}/{number}".encode())
    places = np.random.default_rng(seed).random(len(indices))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        excerpts = torch.from_numpy(clips.excerpts(indices, places)).to(device)
        return vary(excerpts, recipe.n_frames, recipe.features, how)
