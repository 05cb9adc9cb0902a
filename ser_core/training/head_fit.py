"""A linear head on frozen embeddings: multinomial logistic regression, strongly regularized."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ser_core.corpora.utterance import Utterance


@dataclass(frozen=True)
class HeadFit:
    """How the head of a frozen network is fitted."""

    inverse_penalty: float = 0.005  # C: of the sum of the losses, beside half the squared weights
    copies: int = 2  # varied ones of each clip of the corpus that is split
    copies_weight: float = 0.4  # of all copies of a clip; the clean clip has the rest
    balanced: bool = True  # every emotion that a corpus has counts alike
    song_weight: float = 0.5
    by_speaker: bool = False  # standardize each speaker alone: for teachers, who know them
    corpus_weights: dict[str, float] = field(default_factory=dict)  # of corpora that have not 1


class Standardization(NamedTuple):
    """Mean and standard deviation of embeddings, each of shape `(n_embedding,)`."""

    mean: Tensor
    std: Tensor

    def __call__(self, embeddings: Tensor) -> Tensor:
        return (embeddings - self.mean) / self.std


class Head(NamedTuple):
    """A linear layer: shapes `(n_labels, n_embedding)` and `(n_labels,)`."""

    weight: Tensor
    bias: Tensor

    def __call__(self, standardized: Tensor) -> Tensor:
        return F.linear(standardized, self.weight, self.bias)


class HeadData(NamedTuple):
    """What a head is fitted on.

    Attributes:
        inputs: standardized, shape `(n, n_embedding)`.
        targets: probabilities, shape `(n, n_labels)`.
        weights: shape `(n,)`.
    """

    inputs: Tensor
    targets: Tensor
    weights: Tensor


def standardization(embeddings: Tensor) -> Standardization:
    """Statistics of embeddings, shape `(n, n_embedding)`; what never varies is left as it is."""
    std = embeddings.std(dim=0, correction=0)
    return Standardization(embeddings.mean(dim=0), torch.where(std > 1e-6, std, 1.0))


def clip_weights(utterances: Sequence[Utterance], how: HeadFit) -> Tensor:
    """How much each clip counts, shape `(n,)`."""
    weights = np.array(
        [
            how.corpus_weights.get(u.corpus, 1.0) * (how.song_weight if u.channel == "song" else 1)
            for u in utterances
        ],
        np.float32,
    )
    if how.balanced:
        kinds = [(u.corpus, u.channel, u.label) for u in utterances]
        of_kind, of_part = Counter(kinds), Counter(kind[:2] for kind in kinds)
        n_labels = Counter(kind[:2] for kind in of_kind)
        weights *= [of_part[k[:2]] / n_labels[k[:2]] / of_kind[k] for k in kinds]
    return torch.from_numpy(weights)


MIN_CLIPS = 8
"""Of a speaker, before its own statistics say more than those of all."""


def standardized_by_speaker(
    embeddings: Tensor, rows: Iterable[np.ndarray], clean: Tensor, others: Standardization
) -> Tensor:
    """Embeddings of clips, each speaker's standardized by that speaker's clean ones.

    Args:
        embeddings: shape `(n, n_embedding)`.
        rows: of each speaker.
        clean: of the same clips, the same shape.
        others: for speakers of fewer than `MIN_CLIPS` clips.
    """
    result = others(embeddings)
    for own in rows:
        if len(own) >= MIN_CLIPS:
            result[own] = standardization(clean[own])(embeddings[own])
    return result


_FEW_STEPS = 40  # from a head of nearly the same data


def fit_head(
    data: HeadData, inverse_penalty: float, start: Head | None = None, device: str = "cpu"
) -> Head:
    """Minimize `C · Σ weight · cross-entropy + ‖W‖² / 2`, as scikit-learn does.

    Args:
        start: the head of nearly the same data, from which few steps are enough.
    """
    x, y, w = (tensor.to(device, torch.float64) for tensor in data)
    max_iter = _FEW_STEPS if start else 200
    start = start or Head(torch.zeros(y.shape[1], x.shape[1]), torch.zeros(y.shape[1]))
    weight, bias = (part.to(x, copy=True).requires_grad_() for part in start)
    optimizer = torch.optim.LBFGS(
        [weight, bias],
        max_iter=max_iter,
        history_size=20,
        tolerance_grad=1e-5,
        tolerance_change=1e-9,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        losses = F.cross_entropy(F.linear(x, weight, bias), y, reduction="none")
        total = inverse_penalty * (w * losses).sum() + weight.square().sum() / 2
        total.backward()
        return total

    optimizer.step(loss)
    return Head(weight.detach().float().cpu(), bias.detach().float().cpu())
