"""First blocks of Whisper's encoder under a linear head: an ear that was trained on other speech.

Radford et al. 2022 (arXiv:2212.04356); code and weights MIT. The names of the modules are those of
the official checkpoint, whose weights `pretrained` loads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ser_core.training.networks.head import Outputs

MAX_POSITIONS = 1500
"""Of the encoder: 30 s, one for two frames."""


@dataclass(frozen=True)
class WhisperConfig:
    """Shape of the network; as it stands, Whisper base."""

    n_labels: int
    n_mels: int
    pretrained: str = "base"  # official checkpoint that training starts from
    width: int = 512
    heads: int = 8
    blocks: int = 4  # of the encoder, from the first on
    pooled: tuple[int, ...] = (1, 2, 3, 4)  # blocks that the head sees side by side, from 1
    silence_db: float = 35.0  # frames further than this below the loudest are not pooled


class Attention(nn.Module):
    """Multi-head self-attention over time."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            layer(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        attended = F.scaled_dot_product_attention(query, key, value)
        return self.out(attended.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention and a two-layer perceptron, each behind a layer norm and beside a shortcut."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.attn = Attention(width, heads)
        self.attn_ln = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.mlp_ln = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.attn_ln(x))
        return x + self.mlp(self.mlp_ln(x))


class Encoder(nn.Module):
    """Two convolutions, the second of which halves the time axis, and the first blocks."""

    positions: Tensor

    def __init__(self, n_mels: int, width: int, heads: int, blocks: int):
        super().__init__()
        self.conv1 = nn.Conv1d(n_mels, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.register_buffer("positions", _sinusoids(MAX_POSITIONS, width), persistent=False)

    def forward(self, log_mel: Tensor) -> list[Tensor]:
        """Output of each block.

        Args:
            log_mel: as Whisper scales it, shape `(batch, n_mels, n_frames)`, at most 3000 frames.

        Returns:
            Each `(batch, n_frames / 2, width)`.
        """
        x = F.gelu(self.conv2(F.gelu(self.conv1(log_mel)))).transpose(1, 2)
        x = x + self.positions[: x.shape[1]]
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        return outputs


class Whisper(nn.Module):
    """Log-mel window, shape `(batch, 1, n_mels, n_frames)`, to clip logits and evidence.

    The mean of some blocks over the sounding frames is standardized and classified by one linear
    layer. The evidence is that same layer at each time, so its mean over the sounding frames is the
    logits. The embedding is the pooled vector before it is standardized: a speaker's own
    statistics can take the place of the training's.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, config: WhisperConfig):
        super().__init__()
        if not config.pooled or not {*config.pooled} <= {*range(1, config.blocks + 1)}:
            raise ValueError(f"Of {config.blocks} blocks, {config.pooled} cannot be pooled.")
        self.config = config
        self.encoder = Encoder(config.n_mels, config.width, config.heads, config.blocks)
        n_embedding = len(config.pooled) * config.width
        self.register_buffer("mean", torch.zeros(n_embedding))
        self.register_buffer("std", torch.ones(n_embedding))
        self.classifier = nn.Linear(n_embedding, config.n_labels)

    def forward(self, log_mel: Tensor) -> Outputs:
        log_mel = log_mel.squeeze(1)
        # ((dB below the loud frames) / 10 + 4) / 4, Whisper's scale, of (dB + 40) / 20, ours.
        blocks = self.encoder(log_mel / 2)
        x = torch.cat([blocks[number - 1].float() for number in self.config.pooled], dim=2)
        weights = self._sounding(log_mel.float())
        weights = weights / weights.sum(dim=1, keepdim=True)
        embedding = (weights.unsqueeze(1) @ x).squeeze(1)
        logits = self.classifier((embedding - self.mean) / self.std)
        evidence = self.classifier((x - self.mean) / self.std).transpose(1, 2)
        return Outputs(logits, evidence, embedding, weights)

    def _sounding(self, log_mel: Tensor) -> Tensor:
        """1 where something sounds, else 0, shape `(batch, n_times)`.

        A short clip is padded with silence at the floor; with it in the mean, two to three points
        of accuracy are lost.
        """
        power = torch.exp((log_mel - 2) * (2 * math.log(10))).sum(dim=1)
        louder = F.max_pool1d(power.unsqueeze(1), 2, ceil_mode=True).squeeze(1)
        loudest = louder.amax(dim=1, keepdim=True)
        return (louder >= loudest * 10 ** (-self.config.silence_db / 10)).float()


def _sinusoids(n_positions: int, width: int) -> Tensor:
    """Sines and cosines of falling frequencies, shape `(n_positions, width)`."""
    rates = torch.exp(-math.log(10_000) / (width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(n_positions)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
