"""Teachers: trained networks whose answers a student learns beside the labels.

Distillation (Hinton et al. 2015, arXiv:1503.02531) with what the student hears, as Beyer et al.
(2022, arXiv:2106.05237) found best.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from ser_core.training.clips import Clips, autocast
from ser_core.training.embedding_cache import EmbeddingCache
from ser_core.training.head_training import EmbeddedClips


class Teacher(Protocol):
    """Answers what its student hears."""

    def answers(self, x: Tensor, copy: int | None = None) -> Tensor:
        """Probabilities, shape `(n, n_labels)`.

        Args:
            x: network inputs, shape `(n, 1, n_mels, n_frames)`.
            copy: the number of the varied copy of the student's clips that `x` is, if it is one.
        """


class NetworkTeacher:
    """A network that answers with all that it has learned."""

    def __init__(self, network: nn.Module, device: str = "cpu", batch: int = 128):
        self._network, self._device, self._batch = network.to(device).eval(), device, batch

    @torch.inference_mode()
    def answers(self, x: Tensor, copy: int | None = None) -> Tensor:
        with autocast(self._device):
            logits = [self._network(part.float()).logits.float() for part in x.split(self._batch)]
        return torch.cat(logits).softmax(dim=1)


class FrozenTeacher(NetworkTeacher):
    """A linear head on a frozen encoder, whose embeddings of varied copies are cached.

    What it knows by heart is no lesson: the clips of a speaker that it learned from are answered
    by a head that was fitted without that speaker's group.

    Args:
        learned: what the head is fitted on.
        student: the clips whose copies it will answer.
        n_groups: of speakers; with fewer than two, one head answers all.
    """

    def __init__(
        self,
        network: nn.Module,
        learned: EmbeddedClips,
        student: Clips,
        cache: EmbeddingCache,
        n_groups: int,
    ):
        super().__init__(network, cache.device)
        self._learned, self._student, self._cache = learned, student, cache
        self._clean = cache.clean(network, student)
        rows_of = learned.clips.by_speaker
        group_of = {speaker: i % n_groups for i, speaker in enumerate(sorted(rows_of))}
        every = np.arange(len(learned.clips))
        self._heads = [learned.fit(device=cache.device)]
        for group in range(n_groups if n_groups > 1 else 0):
            left_out = [rows_of[speaker] for speaker in rows_of if group_of[speaker] == group]
            rest = np.setdiff1d(every, np.concatenate([[-1], *left_out]))
            self._heads.append(learned.fit(rest, self._heads[0], cache.device))
        self._head_of = torch.zeros(len(student), dtype=torch.long)
        for speaker, rows in student.by_speaker.items():
            if speaker in group_of and n_groups > 1:
                self._head_of[rows] = group_of[speaker] + 1

    def answers(self, x: Tensor, copy: int | None = None) -> Tensor:
        if copy is None:
            return super().answers(x)
        embeddings = self._cache.varied(self._network, self._student, copy)
        inputs = self._learned.inputs(embeddings, self._student.by_speaker, self._clean)
        logits = torch.stack([head(inputs) for head in self._heads])
        chosen = logits[self._head_of, torch.arange(len(inputs))]
        return chosen.softmax(dim=1).to(x.device)


def mean_answers(teachers: Sequence[Teacher], x: Tensor, copy: int | None = None) -> Tensor:
    """Mean probabilities of an ensemble, shape `(n, n_labels)`."""
    return torch.stack([teacher.answers(x, copy) for teacher in teachers]).mean(dim=0)
