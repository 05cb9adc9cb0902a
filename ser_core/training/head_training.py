"""Training where the encoder stays frozen: embed once, fit the head, keep it in a checkpoint."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.metrics import accuracy, uar
from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.checkpoint import CHECKPOINT, Epoch, write_curves
from ser_core.training.clips import Clips
from ser_core.training.embedding_cache import EmbeddingCache
from ser_core.training.head_fit import (
    Head,
    HeadData,
    Standardization,
    clip_weights,
    fit_head,
    standardization,
    standardized_by_speaker,
)
from ser_core.training.recipe import Recipe


@dataclass(frozen=True)
class EmbeddedClips:
    """The clips of a training part as a frozen network sees them.

    Attributes:
        clean: shape `(n_clips, n_embedding)`.
        copied: the clips that have varied copies, those of the corpus that the protocol splits.
        copies: varied, each of shape `(n_copied, n_embedding)`.
        statistics: of the clean speech of that corpus.
    """

    clips: Clips
    clean: Tensor
    copied: np.ndarray
    copies: tuple[Tensor, ...]
    statistics: Standardization

    @classmethod
    def of(cls, network: nn.Module, clips: Clips, cache: EmbeddingCache) -> EmbeddedClips:
        """Embed clips, by way of the cache."""
        clean = cache.clean(network, clips)
        main = [i for i, u in enumerate(clips.utterances) if _of_the_protocol(u, clips.recipe)]
        main = main or list(range(len(clips)))
        part = clips.part(main)
        copies = tuple(cache.varied(network, part, n) for n in range(clips.recipe.head.copies))
        speech = [i for i in main if clips.utterances[i].channel == "speech"] or main
        # Of clean clips alone: statistics of varied ones cost 10 to 20 points.
        return cls(clips, clean, np.array(main), copies, standardization(clean[speech]))

    def fit(
        self, chosen: np.ndarray | None = None, start: Head | None = None, device: str = "cpu"
    ) -> Head:
        """The head of all clips, or of chosen ones; `start` as in `fit_head`."""
        recipe = self.clips.recipe
        how = recipe.head
        all_weights = clip_weights(self.clips.utterances, how)
        all_targets = F.one_hot(torch.from_numpy(self.clips.targets), len(recipe.labels))
        chosen = np.arange(len(self.clips)) if chosen is None else chosen
        is_chosen = np.isin(self.copied, chosen)
        copied = self.copied[is_chosen]
        share = how.copies_weight / max(1, len(self.copies))
        inputs, targets, weights = [self._inputs[0][chosen]], [all_targets[chosen]], []
        weights.append(all_weights[chosen])
        weights[0][np.isin(chosen, copied)] *= 1 - how.copies_weight if self.copies else 1
        for copy in self._inputs[1:]:
            inputs.append(copy[is_chosen])
            targets.append(all_targets[copied])
            weights.append(all_weights[copied] * share)
        data = HeadData(torch.cat(inputs), torch.cat(targets), torch.cat(weights))
        return fit_head(data, how.inverse_penalty, start, device)

    def inputs(
        self, embeddings: Tensor, by_speaker: Mapping[str, np.ndarray], clean: Tensor
    ) -> Tensor:
        """What the head sees of embeddings, be they of these clips or of others.

        Args:
            by_speaker: rows of each speaker.
            clean: of the same clips, not varied.
        """
        if not self.clips.recipe.head.by_speaker:
            return self.statistics(embeddings)
        return standardized_by_speaker(embeddings, by_speaker.values(), clean, self.statistics)

    @cached_property
    def _inputs(self) -> list[Tensor]:
        part, clean = self.clips.part(self.copied.tolist()), self.clean[self.copied]
        return [
            self.inputs(self.clean, self.clips.by_speaker, self.clean),
            *(self.inputs(copy, part.by_speaker, clean) for copy in self.copies),
        ]


def _of_the_protocol(utterance: Utterance, recipe: Recipe) -> bool:
    protocol = PROTOCOLS.get(recipe.protocol)
    return protocol is not None and utterance.corpus == protocol.corpus


def train_head(
    train_clips: Clips,
    validation_clips: Clips,
    network: nn.Module,
    out: Path,
    cache: EmbeddingCache,
    progress: Progress = SILENT,
) -> Path:
    """Fit the linear head of a network with a frozen encoder; returns the checkpoint.

    Args:
        network: with its pretrained weights.
        out: run folder; gets what every run has, with curves of a single row.
    """
    recipe, checkpoint = train_clips.recipe, out / CHECKPOINT
    begin = time.perf_counter()
    embedded = EmbeddedClips.of(network, train_clips, cache)
    statistics, head = embedded.statistics, embedded.fit(device=cache.device)
    state = {"mean": statistics.mean, "std": statistics.std}
    state |= {"classifier.weight": head.weight, "classifier.bias": head.bias}
    network.load_state_dict(network.state_dict() | state)

    answers = head(statistics(embedded.clean))
    given = head(statistics(cache.clean(network, validation_clips)))
    targets, predicted = validation_clips.targets, given.argmax(dim=1).numpy()
    row = Epoch(
        epoch=1,
        learning_rate=0.0,
        train_loss=float(F.cross_entropy(answers, torch.from_numpy(train_clips.targets))),
        validation_loss=float(F.cross_entropy(given, torch.from_numpy(targets))),
        validation_accuracy=accuracy(targets, predicted),
        validation_uar=uar(targets, predicted),
        samples_per_s=len(train_clips) / (time.perf_counter() - begin),
    )
    out.mkdir(parents=True, exist_ok=True)
    (out / "recipe.json").write_text(recipe.to_json() + "\n")
    kept = {"averaged": AveragedModel(network.cpu().eval()).state_dict()}
    unfinished = checkpoint.with_suffix(f".{os.getpid()}.tmp")  # students may share a teacher
    torch.save(kept | {"recipe": recipe.to_json(), "curves": [asdict(row)]}, unfinished)
    unfinished.replace(checkpoint)
    write_curves(out / "curves.csv", [row])
    progress.step(1, 1, str(row))
    return checkpoint
