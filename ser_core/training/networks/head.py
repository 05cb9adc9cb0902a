"""The common last part of all networks: from features over time to the three outputs."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Outputs(NamedTuple):
    """What every network returns.

    Attributes:
        logits: of the clip, shape `(batch, n_labels)`.
        evidence: logits over time, shape `(batch, n_labels, n_times)`.
        embedding: shape `(batch, n_embedding)`.
        attention: how much each time counts; sums to 1, shape `(batch, n_times)`. Training only.
    """

    logits: Tensor
    evidence: Tensor
    embedding: Tensor
    attention: Tensor


class AttentiveHead(nn.Module):
    """Attentive statistics pooling (Okabe et al. 2018, arXiv:1803.10963) and the classifiers.

    Silence that pads a short clip gets little attention. The evidence is a second, linear
    classifier on each time step; it is trained through the same attention, so that it says the
    clip's emotion where the network listens.
    """

    def __init__(
        self, channels: int, n_labels: int, n_embedding: int, n_attention: int, dropout: float
    ):
        super().__init__()
        self.attention = nn.Sequential(
            nn.Conv1d(channels, n_attention, 1), nn.Tanh(), nn.Conv1d(n_attention, channels, 1)
        )
        self.embedding = nn.Sequential(
            nn.BatchNorm1d(2 * channels),
            nn.Dropout(dropout),
            nn.Linear(2 * channels, n_embedding),
            nn.SiLU(),
        )
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(n_embedding, n_labels))
        self.evidence = nn.Sequential(nn.Dropout(dropout), nn.Conv1d(channels, n_labels, 1))

    def forward(self, x: Tensor) -> Outputs:
        """Pool features over time, shape `(batch, channels, n_times)`."""
        weights = self.attention(x).float().softmax(dim=2)
        x = x.float()
        mean = (weights * x).sum(dim=2)
        variance = (weights * (x - mean.unsqueeze(2)) ** 2).sum(dim=2)
        statistics = torch.cat([mean, (variance + 1e-5).sqrt()], dim=1)
        embedding = self.embedding(statistics)
        return Outputs(self.classifier(embedding), self.evidence(x), embedding, weights.mean(dim=1))
