"""Residual CNN with squeeze-excitation: the main model."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from ser_core.training.networks.head import AttentiveHead, Outputs


@dataclass(frozen=True)
class SeResNetConfig:
    """Shape of the network."""

    n_labels: int
    n_mels: int
    stem: int = 24  # channels after the first convolution, which halves both axes
    channels: tuple[int, ...] = (48, 80, 128, 128)  # one residual block each
    strides: tuple[tuple[int, int], ...] = ((2, 2), (2, 2), (2, 1), (1, 1))  # mel, time
    squeeze: int = 8  # channel reduction in squeeze-excitation
    n_embedding: int = 128
    n_attention: int = 64
    dropout: float = 0.4  # in the head
    block_dropout: float = 0.1  # whole channels, after each block


class SqueezeExcitation(nn.Module):
    """Channel gates from the global mean (Hu et al. 2018, arXiv:1709.01507)."""

    def __init__(self, channels: int, reduction: int):
        super().__init__()
        self.gate = nn.Sequential(
            nn.Conv2d(channels, channels // reduction, 1),
            nn.ReLU(),
            nn.Conv2d(channels // reduction, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x.mean(dim=(2, 3), keepdim=True))


class Block(nn.Module):
    """Two 3 × 3 convolutions with squeeze-excitation beside a shortcut."""

    def __init__(
        self, inputs: int, outputs: int, stride: tuple[int, int], squeeze: int, dropout: float
    ):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
            SqueezeExcitation(outputs, squeeze),
        )
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs or stride != (1, 1):
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride) if stride != (1, 1) else nn.Identity(),
                nn.Conv2d(inputs, outputs, 1, bias=False),
                nn.BatchNorm2d(outputs),
            )
        self.end = nn.Sequential(nn.ReLU(), nn.Dropout2d(dropout))

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.body(x) + self.shortcut(x))


class SeResNet(nn.Module):
    """Log-mel window, shape `(batch, 1, n_mels, n_frames)`, to clip logits and evidence."""

    def __init__(self, config: SeResNetConfig):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, config.stem, 5, 2, 2, bias=False), nn.BatchNorm2d(config.stem), nn.ReLU()
        )
        blocks, width, height = [], config.stem, config.n_mels // 2
        for channels, stride in zip(config.channels, config.strides, strict=True):
            blocks.append(Block(width, channels, stride, config.squeeze, config.block_dropout))
            width, height = channels, height // stride[0]
        self.blocks = nn.Sequential(*blocks)
        # A learned weighting of the mel axis per channel: where in the spectrum it was matters.
        self.collapse = nn.Sequential(
            nn.Conv2d(width, width, (height, 1), groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        self.head = AttentiveHead(
            width, config.n_labels, config.n_embedding, config.n_attention, config.dropout
        )

    def forward(self, log_mel: Tensor) -> Outputs:
        return self.head(self.collapse(self.blocks(self.stem(log_mel))).squeeze(2))
