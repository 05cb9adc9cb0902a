"""The log-mel front end as torch operations: on the GPU in training, in the graph of an IR.

The same mathematics as `ser_core.features.log_mel`, which stays the definition; tests hold them
equal.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from ser_core.features.log_mel import LogMel, fft_window, mel_filters


class LogMelLayer(nn.Module):
    """`ser_core.features.log_mel.LogMel` as a convolution, a matrix product and a logarithm."""

    filters: Tensor
    mel: Tensor

    def __init__(self, settings: LogMel):
        super().__init__()
        self.settings = settings
        # The real and imaginary parts of X[k] = Σ w[n] x[n] exp(-2πikn / n_fft), one filter each.
        # Only the power is kept, so n may count from the start of the window instead of the frame.
        window = fft_window(settings).astype(np.float64)
        self.margin = (settings.n_fft - settings.win_length) // 2  # zeros beside the window
        window = window[self.margin : self.margin + settings.win_length]
        bins = np.arange(settings.n_fft // 2 + 1)[:, None]
        angle = 2 * np.pi / settings.n_fft * (bins * np.arange(settings.win_length))
        filters = np.concatenate([window * np.cos(angle), window * np.sin(angle)])
        self.register_buffer("filters", torch.from_numpy(filters[:, None]).float())
        self.register_buffer("mel", torch.from_numpy(mel_filters(settings)))

    def forward(self, waveform: Tensor) -> Tensor:
        """Log-mel spectrograms of waveforms.

        Args:
            waveform: shape `(batch, n_samples)`.

        Returns:
            dB, shape `(batch, n_mels, 1 + n_samples // hop_length)`.
        """
        settings = self.settings
        # Frames are centered: half an FFT of zeros at both ends, less what the window leaves out.
        left = settings.n_fft // 2 - self.margin
        padded = nn.functional.pad(waveform[:, None], (left, settings.win_length - left))
        spectrum = nn.functional.conv1d(padded, self.filters, stride=settings.hop_length)
        real, imaginary = spectrum.chunk(2, dim=1)
        mel = self.mel @ (real**2 + imaginary**2)
        return 10 * torch.log10(mel.clamp(min=settings.amin))


def level_normalized(log_mel: Tensor, settings: LogMel) -> Tensor:
    """`network_input` for a batch.

    Args:
        log_mel: dB, shape `(batch, n_mels, n_frames)`.

    Returns:
        The same shape, in about [-2, 2].
    """
    frame_power = (10 ** (log_mel / 10)).sum(dim=1)
    level_db = 10 * torch.log10(frame_power.square().sum(dim=1) / frame_power.sum(dim=1))
    relative = (log_mel - level_db[:, None, None]).clamp(min=-settings.floor_db)
    return (relative + settings.floor_db / 2) / 20
