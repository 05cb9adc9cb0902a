"""The log-mel front end as torch operations: on the GPU in training, in the graph of an IR.

The same mathematics as `ser_core.features`, which stays the definition; tests hold them equal.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ser_core.features import LogMel


def level_normalised(log_mel: Tensor, settings: LogMel) -> Tensor:
    """`ser_core.features.network_input` for a batch.

    Args:
        log_mel: dB, shape `(batch, n_mels, n_frames)`.

    Returns:
        The same shape, in about [-2, 2].
    """
    frame_power = (10 ** (log_mel / 10)).sum(dim=1)
    level_db = 10 * torch.log10(frame_power.square().sum(dim=1) / frame_power.sum(dim=1))
    relative = (log_mel - level_db[:, None, None]).clamp(min=-settings.floor_db)
    return (relative + settings.floor_db / 2) / 20
