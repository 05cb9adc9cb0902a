"""The clips of one part of a split, in memory: batches to train on, windows to answer."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from ser_core.corpora.utterance import Utterance
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.labels import label_in_task
from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.features_cache import log_mels
from ser_core.training.recipe import Recipe
from ser_core.training.workspace import Workspace


class Clips:
    """Log-mels and their labels in memory, trimmed to the sounding part."""

    def __init__(
        self, utterances: Sequence[Utterance], log_mels: Sequence[np.ndarray], recipe: Recipe
    ):
        self.recipe, self.utterances = recipe, tuple(utterances)
        self.log_mels = []
        for log_mel in log_mels:
            sounding = Spectrogram(log_mel.astype(np.float32), recipe.features)
            start, stop = sounding.sounding_frames
            self.log_mels.append(log_mel[:, start:stop])
        self.targets = np.array(
            [recipe.labels.index(label_in_task(u.label, recipe.task)) for u in utterances]
        )

    @classmethod
    def load(
        cls,
        utterances: Sequence[Utterance],
        recipe: Recipe,
        workspace: Workspace,
        progress: Progress = SILENT,
    ) -> Clips:
        """The clips of utterances, by way of the feature cache."""
        cached = log_mels(utterances, recipe.features, workspace.features, progress)
        return cls(utterances, cached, recipe)

    def part(self, chosen: Sequence[int]) -> Clips:
        """Some of the clips."""
        part = Clips((), (), self.recipe)
        part.utterances = tuple(self.utterances[index] for index in chosen)
        part.log_mels = [self.log_mels[index] for index in chosen]
        part.targets = self.targets[list(chosen)]
        return part

    def __len__(self) -> int:
        return len(self.targets)

    def batches(self, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """One epoch in random order: `excerpts` and targets."""
        order = self._order(generator).numpy()
        places = torch.rand(len(self), generator=generator).numpy()
        # A last batch of a few clips would make batch normalization jump.
        for first in range(0, len(order) - self.recipe.batch + 1, self.recipe.batch):
            chosen = order[first : first + self.recipe.batch]
            excerpts = self.excerpts(chosen, places[chosen])
            yield torch.from_numpy(excerpts), torch.from_numpy(self.targets[chosen])

    def excerpts(self, chosen: np.ndarray, places: np.ndarray) -> np.ndarray:
        """A part of each chosen clip, dB, shape `(n_chosen, n_mels, n_source)`.

        An excerpt is long enough to be compressed in time. A longer clip is cut at its place,
        0 to 1; a shorter one lies there in silence.
        """
        n_frames, settings = self.recipe.n_frames, self.recipe.features
        n_source = int(np.ceil(n_frames * self.recipe.augmentation.longest_stretch)) + 1
        silence = 10 * np.log10(settings.amin)
        excerpts = np.full((len(chosen), settings.n_mels, n_source), silence, np.float32)
        for row, (index, place) in enumerate(zip(chosen, places, strict=True)):
            log_mel = self.log_mels[index]
            length = log_mel.shape[1]
            if length >= n_source:
                start = round(place * (length - n_source))
                excerpts[row] = log_mel[:, start : start + n_source]
            else:
                free = max(0, n_frames - length)
                start = round((n_source - max(length, n_frames)) / 2 + place * free)
                excerpts[row, :, start : start + length] = log_mel
        return excerpts

    @cached_property
    def by_speaker(self) -> dict[str, np.ndarray]:
        """Indices of each speaker's clips."""
        indices: dict[str, list[int]] = defaultdict(list)
        for index, utterance in enumerate(self.utterances):
            indices[utterance.speaker_id].append(index)
        return {speaker: np.array(chosen) for speaker, chosen in indices.items()}

    @cached_property
    def hashes(self) -> list[str]:
        """What tells each recording from any other."""
        return [
            hashlib.sha256(f"{x.shape}".encode() + np.ascontiguousarray(x).tobytes()).hexdigest()
            for x in self.log_mels
        ]

    def _order(self, generator: torch.Generator) -> Tensor:
        """Indices of the clips of one epoch."""
        if not self.recipe.balanced:
            return torch.randperm(len(self), generator=generator)
        targets = torch.from_numpy(self.targets)
        share = 1 / torch.bincount(targets).clamp(min=1)[targets]
        return torch.multinomial(share, len(self), replacement=True, generator=generator)

    @cached_property
    def windows(self) -> tuple[list[np.ndarray], np.ndarray]:
        """The network inputs that inference sees, and for each the index of its clip."""
        return self.windows_of(range(len(self)))

    def windows_of(self, chosen: Iterable[int]) -> tuple[list[np.ndarray], np.ndarray]:
        """The network inputs of chosen clips, and for each which of the chosen it is of."""
        inputs, owners = [], []
        for owner, index in enumerate(chosen):
            spectrogram = Spectrogram(self.log_mels[index].astype(np.float32), self.recipe.features)
            for _, network_input in spectrogram.network_inputs(self.recipe.n_frames):
                inputs.append(network_input)
                owners.append(owner)
        return inputs, np.array(owners)


@torch.inference_mode()
def clip_logits(
    network: nn.Module, clips: Clips, device: str = "cpu", bf16: bool = False
) -> np.ndarray:
    """Logits averaged over the model windows of each clip, shape `(n_clips, n_labels)`."""
    network.eval()
    inputs, owners = clips.windows
    with autocast(device, bf16):
        logits = np.concatenate(
            [
                network(torch.from_numpy(np.concatenate(inputs[i : i + 64])).to(device))
                .logits.float()
                .cpu()
                .numpy()
                for i in range(0, len(inputs), 64)
            ]
        )
    total = np.zeros((len(clips), logits.shape[1]))
    np.add.at(total, owners, logits)
    return total / np.bincount(owners)[:, None]


def autocast(device: str, bf16: bool = True) -> torch.autocast:
    """bfloat16 halves the time where the processor has it, and is slower where it has not."""
    can = device != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16 and can)
