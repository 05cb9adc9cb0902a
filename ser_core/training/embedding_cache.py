"""What a frozen network makes of clips, computed once per speaker and varied copy, and kept."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.clips import Clips, autocast
from ser_core.training.copies import speaker_copy

_BATCH = 64  # windows at once


class EmbeddingCache:
    """Embeddings of a network that no training changes.

    They are known by all that they depend on: network, features, window, variation and the
    recordings themselves. So folds share them, and none is ever wrong.

    Args:
        folder: of the files; made when it is needed.
        progress: steps by speakers.
    """

    def __init__(self, folder: Path, device: str = "cpu", progress: Progress = SILENT):
        self.folder, self.device, self.progress = folder, device, progress

    def clean(self, network: nn.Module, clips: Clips) -> Tensor:
        """Mean over the model windows of each clip, float32, shape `(n_clips, n_embedding)`."""
        settings = _settings(clips, network)
        rows: dict[int, np.ndarray] = {}
        for done, (speaker, indices) in enumerate(clips.by_speaker.items(), start=1):
            path = self._path(settings, speaker)
            keys = [clips.hashes[index] for index in indices]
            stored = dict(np.load(path)) if path.is_file() else {}
            if missing := [i for i, key in zip(indices, keys, strict=True) if key not in stored]:
                inputs, owners = clips.windows_of(missing)
                embeddings = self._compute(network, torch.from_numpy(np.concatenate(inputs)))
                for number, index in enumerate(missing):
                    stored[clips.hashes[index]] = embeddings[owners == number].mean(axis=0)
                _save(path, stored)
                self.progress.step(done, len(clips.by_speaker))
            rows |= {index: stored[key] for index, key in zip(indices, keys, strict=True)}
        return torch.from_numpy(np.stack([rows[index] for index in range(len(clips))]))

    def varied(self, network: nn.Module, clips: Clips, number: int) -> Tensor:
        """Of a varied copy (see `copies`), with the variations of the clips' recipe.

        Returns:
            float32, shape `(n_clips, n_embedding)`.
        """
        settings = _settings(clips, network, number, self.device)
        rows: dict[int, np.ndarray] = {}
        for done, (speaker, indices) in enumerate(clips.by_speaker.items(), start=1):
            # Clips of a speaker are varied together, so a copy depends on all of them.
            path = self._path(settings, speaker, *(clips.hashes[index] for index in indices))
            if path.is_file():
                embeddings = np.load(path)["copy"]
            else:
                how = clips.recipe.augmentation
                windows = speaker_copy(clips, speaker, how, number, self.device)
                embeddings = self._compute(network, windows)
                _save(path, {"copy": embeddings})
                self.progress.step(done, len(clips.by_speaker))
            rows |= dict(zip(indices.tolist(), embeddings, strict=True))
        return torch.from_numpy(np.stack([rows[index] for index in range(len(clips))]))

    def _path(self, *what: str) -> Path:
        key = hashlib.sha256("/".join(what).encode()).hexdigest()
        return self.folder / key[:2] / f"{key[2:18]}.npz"

    # Not in inference mode: a network that moves to another device in it could not be trained.
    @torch.no_grad()
    def _compute(self, network: nn.Module, windows: Tensor) -> np.ndarray:
        network = network.to(self.device).eval()
        with autocast(self.device):
            batches = [network(x.to(self.device)).embedding for x in windows.split(_BATCH)]
        return torch.cat(batches).float().cpu().numpy()


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp.npz")  # runs may share the folder
    np.savez(unfinished, **arrays)  # type: ignore[arg-type]
    unfinished.replace(path)  # a stopped run never leaves half a file behind


def _settings(clips: Clips, network: nn.Module, number: int | None = None, device: str = "") -> str:
    """What embeddings depend on besides the recordings."""
    weights = hashlib.sha256()
    for name, value in network.encoder.state_dict().items():  # type: ignore[union-attr]
        weights.update(name.encode())
        weights.update(value.detach().cpu().numpy().tobytes())
    config = {k: v for k, v in msgspec.to_builtins(network.config).items() if k != "n_labels"}
    recipe = clips.recipe
    what = [weights.hexdigest(), config, msgspec.to_builtins(recipe.features), recipe.n_frames]
    if number is not None:
        what += [msgspec.to_builtins(recipe.augmentation), number, device]
    return json.dumps(what)
