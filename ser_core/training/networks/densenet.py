"""DenseNet-121 (Huang et al. 2017, arXiv:1608.06993), the architecture of 2020, on log-mels.

Differs from the published network in its first layer (one channel instead of three) and in its
head, which keeps time apart. The weights start at random: the 2020 group's came from ImageNet.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ser_core.training.networks.head import AttentiveHead, Outputs


@dataclass(frozen=True)
class DenseNetConfig:
    """Shape of the network."""

    n_labels: int
    n_mels: int
    stem: int = 64  # channels after the first convolution
    growth: int = 32  # channels that each layer adds
    layers: tuple[int, ...] = (6, 12, 24, 16)  # of each dense block
    bottleneck: int = 4  # times growth: channels between the two convolutions of a layer
    n_embedding: int = 128
    n_attention: int = 64
    dropout: float = 0.3  # in the head


def _convolution(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
    )


class DenseLayer(nn.Sequential):
    """1 × 1 and 3 × 3 convolution; the result is appended to the input."""

    def __init__(self, inputs: int, growth: int, bottleneck: int):
        super().__init__(
            _convolution(inputs, bottleneck * growth, 1),
            _convolution(bottleneck * growth, growth, 3),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, super().forward(x)], dim=1)


class DenseNet(nn.Module):
    """Log-mel window, shape `(batch, 1, n_mels, n_frames)`, to clip logits and evidence."""

    def __init__(self, config: DenseNetConfig):
        super().__init__()
        width = config.stem
        parts: list[nn.Module] = [
            nn.Conv2d(1, width, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        ]
        for i, n_layers in enumerate(config.layers):
            if i > 0:  # transition: half the channels, half the size
                # Time is halved only once more, so that the evidence keeps its 80 ms steps.
                parts += [
                    _convolution(width, width // 2, 1),
                    nn.AvgPool2d((2, 2) if i == 1 else (2, 1)),
                ]
                width //= 2
            for _ in range(n_layers):
                parts.append(DenseLayer(width, config.growth, config.bottleneck))
                width += config.growth
        self.parts = nn.Sequential(*parts, nn.BatchNorm2d(width), nn.ReLU())
        self.head = AttentiveHead(
            width, config.n_labels, config.n_embedding, config.n_attention, config.dropout
        )

    def forward(self, log_mel: Tensor) -> Outputs:
        return self.head(self.parts(log_mel).mean(dim=2))
