"""Temporal convolution: the mel bands are channels, and dilated filters look along time only.

After the idea of TIM-Net (Ye et al. 2023, arXiv:2211.08233), that emotion lives in patterns at
several time scales: the outputs of all dilations are added before the pooling.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ser_core.training.networks.head import AttentiveHead, Outputs


@dataclass(frozen=True)
class TcnConfig:
    """Shape of the network."""

    n_labels: int
    n_mels: int
    channels: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16)  # one block each; 62 frames of 20 ms either way
    n_embedding: int = 128
    n_attention: int = 64
    dropout: float = 0.3  # in the head
    block_dropout: float = 0.1  # whole channels, in each block


class TemporalBlock(nn.Module):
    """Two dilated convolutions whose result gates the input."""

    def __init__(self, channels: int, dilation: int, dropout: float):
        super().__init__()
        self.body = nn.Sequential(
            *(
                layer
                for _ in range(2)
                for layer in (
                    nn.Conv1d(channels, channels, 3, 1, dilation, dilation, bias=False),
                    nn.BatchNorm1d(channels),
                    nn.ReLU(),
                    nn.Dropout1d(dropout),
                )
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + x * self.body(x).sigmoid()


class Tcn(nn.Module):
    """Log-mel window, shape `(batch, 1, n_mels, n_frames)`, to clip logits and evidence."""

    def __init__(self, config: TcnConfig):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv1d(config.n_mels, config.channels, 5, 2, 2, bias=False),
            nn.BatchNorm1d(config.channels),
            nn.ReLU(),
        )
        self.blocks = nn.ModuleList(
            TemporalBlock(config.channels, dilation, config.block_dropout)
            for dilation in config.dilations
        )
        self.norm = nn.BatchNorm1d(config.channels)
        self.head = AttentiveHead(
            config.channels,
            config.n_labels,
            config.n_embedding,
            config.n_attention,
            config.dropout,
        )

    def forward(self, log_mel: Tensor) -> Outputs:
        x = self.stem(log_mel.squeeze(1))
        scales = 0.0
        for block in self.blocks:
            x = block(x)
            scales = scales + x
        return self.head(self.norm(scales))
