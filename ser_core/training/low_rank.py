"""Gentle fine-tuning: of each matrix of a pretrained encoder, only a change of low rank is learned.

LoRA (Hu et al. 2021, arXiv:2106.09685).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize


class LowRankChange(nn.Module):
    """Adds the product of two thin matrices to a weight; nothing before it has learned."""

    def __init__(self, weight: Tensor, rank: int):
        super().__init__()
        n_out, n_in = weight.shape
        self.up = nn.Parameter(torch.zeros(n_out, rank))
        self.down = nn.Parameter(torch.empty(rank, n_in).uniform_(-1, 1) / math.sqrt(n_in))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.up @ self.down


def let_change(network: nn.Module, rank: int) -> None:
    """Freeze the encoder of a network but for low-rank changes of its matrices."""
    network.encoder.requires_grad_(False)
    for layer in list(_matrices(network)):
        change = LowRankChange(layer.weight, rank)
        parametrize.register_parametrization(layer, "weight", change)


def merge_changes(network: nn.Module) -> None:
    """Add what was learned to the matrices, so that the network is one like any other."""
    for layer in list(_matrices(network)):
        parametrize.remove_parametrizations(layer, "weight")


def _matrices(network: nn.Module) -> Iterator[nn.Linear]:
    modules = network.encoder.modules()  # type: ignore[union-attr]
    return (module for module in modules if isinstance(module, nn.Linear))
