"""Depthwise-separable CNN for the edge: a filter per channel, then a mix of channels.

After MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), without its expansion.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ser_core.training.networks.head import AttentiveHead, Outputs


@dataclass(frozen=True)
class DsCnnConfig:
    """Shape of the network; at most 150 000 parameters as it stands."""

    n_labels: int
    n_mels: int
    stem: int = 24  # channels after the first convolution, which halves both axes
    channels: tuple[int, ...] = (32, 64, 96, 160, 160, 192)  # one separable block each
    strides: tuple[tuple[int, int], ...] = ((1, 1), (2, 2), (1, 1), (2, 2), (1, 1), (2, 1))
    n_embedding: int = 96
    n_attention: int = 32
    dropout: float = 0.2  # in the head


class SeparableBlock(nn.Module):
    """Depthwise 5 × 5, pointwise 1 × 1, and a shortcut where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: tuple[int, int]):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, inputs, 5, stride, 2, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs),
            nn.ReLU(),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.keeps_shape = inputs == outputs and stride == (1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.body(x)
        return nn.functional.relu(x + y if self.keeps_shape else y)


class DsCnn(nn.Module):
    """Log-mel window, shape `(batch, 1, n_mels, n_frames)`, to clip logits and evidence."""

    def __init__(self, config: DsCnnConfig):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, config.stem, 5, 2, 2, bias=False), nn.BatchNorm2d(config.stem), nn.ReLU()
        )
        widths = (config.stem, *config.channels)
        self.blocks = nn.Sequential(
            *(
                SeparableBlock(inputs, outputs, stride)
                for inputs, outputs, stride in zip(
                    widths, config.channels, config.strides, strict=False
                )
            )
        )
        self.head = AttentiveHead(
            widths[-1], config.n_labels, config.n_embedding, config.n_attention, config.dropout
        )

    def forward(self, log_mel: Tensor) -> Outputs:
        return self.head(self.blocks(self.stem(log_mel)).mean(dim=2))
