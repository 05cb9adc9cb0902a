"""What a frozen network makes of clips, computed once per speaker and varied copy, and kept."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.clips import Clips, autocast
from ser_core.training.copies import speaker_copy
from ser_core.training.recipe import Recipe

_BATCH = 64  # windows at once


class EmbeddingCache:
    """Embeddings of a network that no training changes.

    The files are known by all that they depend on: network, features, window, variation and the
    recordings themselves. So folds share them, and none is ever wrong.

    Args:
        folder: of the files; made when it is needed.
        progress: steps by speakers.
    """

    def __init__(self, folder: Path, device: str = "cpu", progress: Progress = SILENT):
        self.folder, self.device, self.progress = folder, device, progress

    def clean(self, network: nn.Module, clips: Clips) -> Tensor:
        """Mean over the model windows of each clip, float32, shape `(n_clips, n_embedding)`."""
        return self._embeddings(network, clips, None)

    def varied(self, network: nn.Module, clips: Clips, number: int) -> Tensor:
        """Of a varied copy (see `copies`), with the variations of the clips' recipe."""
        return self._embeddings(network, clips, number)

    def _embeddings(self, network: nn.Module, clips: Clips, number: int | None) -> Tensor:
        settings = _settings(clips.recipe, network, number, self.device)
        found: Tensor | None = None
        for done, (speaker, indices) in enumerate(clips.by_speaker.items(), start=1):
            key = hashlib.sha256(f"{settings}{clips.speaker_hashes[speaker]}".encode()).hexdigest()
            path = self.folder / key[:2] / f"{key[2:18]}.npy"
            if path.is_file():
                embeddings = torch.from_numpy(np.load(path)).float()
            else:
                embeddings = self._compute(network, clips, speaker, number)
                path.parent.mkdir(parents=True, exist_ok=True)
                unfinished = path.with_suffix(
                    f".{os.getpid()}.tmp.npy"
                )  # runs may share the folder
                np.save(unfinished, embeddings.half().numpy())
                unfinished.replace(path)  # a stopped run never leaves half a file behind
                self.progress.step(done, len(clips.by_speaker))
            if found is None:
                found = torch.empty(len(clips), embeddings.shape[1])
            found[indices] = embeddings
        assert found is not None
        return found

    @torch.inference_mode()
    def _compute(
        self, network: nn.Module, clips: Clips, speaker: str, number: int | None
    ) -> Tensor:
        network = network.to(self.device).eval()
        if number is not None:
            how = clips.recipe.augmentation
            windows = speaker_copy(clips, speaker, how, number, self.device)
            owners = torch.arange(len(windows))
        else:
            inputs, owner = clips.windows_of(clips.by_speaker[speaker])
            windows, owners = torch.from_numpy(np.concatenate(inputs)), torch.from_numpy(owner)
        with autocast(self.device):
            embeddings = torch.cat(
                [network(x.to(self.device)).embedding.float().cpu() for x in windows.split(_BATCH)]
            )
        total = torch.zeros(len(clips.by_speaker[speaker]), embeddings.shape[1])
        total.index_add_(0, owners, embeddings)
        return total / owners.bincount()[:, None]


def _settings(recipe: Recipe, network: nn.Module, number: int | None, device: str) -> str:
    """What embeddings depend on besides the recordings."""
    weights = hashlib.sha256()
    for name, value in network.encoder.state_dict().items():  # type: ignore[union-attr]
        weights.update(name.encode())
        # All of them: 50 MB hash in a tenth of a second.
        weights.update(value.detach().cpu().numpy().tobytes())
    config = {k: v for k, v in asdict(network.config).items() if k != "n_labels"}  # type: ignore
    how = None if number is None else [asdict(recipe.augmentation), number, device]
    return json.dumps([weights.hexdigest(), config, asdict(recipe.features), recipe.n_frames, how])
