"""Plain CNN: convolution, normalization, pooling, four times over. The one to read first."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ser_core.training.networks.head import AttentiveHead, Outputs


@dataclass(frozen=True)
class CnnConfig:
    """Shape of the network."""

    n_labels: int
    n_mels: int
    channels: tuple[int, ...] = (32, 64, 96, 128)  # one convolution each
    pools: tuple[tuple[int, int], ...] = ((2, 2), (2, 2), (2, 2), (2, 1))  # mel, time
    n_embedding: int = 128
    n_attention: int = 64
    dropout: float = 0.3  # in the head


class Cnn(nn.Module):
    """Log-mel window, shape `(batch, 1, n_mels, n_frames)`, to clip logits and evidence."""

    def __init__(self, config: CnnConfig):
        super().__init__()
        layers: list[nn.Module] = []
        width = 1
        for channels, pool in zip(config.channels, config.pools, strict=True):
            layers += [
                nn.Conv2d(width, channels, 3, padding=1, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
                nn.MaxPool2d(pool),
            ]
            width = channels
        self.layers = nn.Sequential(*layers)
        self.head = AttentiveHead(
            width, config.n_labels, config.n_embedding, config.n_attention, config.dropout
        )

    def forward(self, log_mel: Tensor) -> Outputs:
        return self.head(self.layers(log_mel).mean(dim=2))
