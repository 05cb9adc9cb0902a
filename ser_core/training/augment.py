"""Variations of a voice that do not change its emotion, on whole batches of log-mels at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ser_core.features.log_mel import LogMel, hz_to_mel
from ser_core.training.front_end import level_normalized


@dataclass(frozen=True)
class Augmentation:
    """How strong, and in which share of the clips, each variation is applied."""

    stretch: float = 0.16  # speaking rate: factors up to exp(±stretch)
    warp: float = 0.12  # vocal tract length (VTLP, Jaitly & Hinton 2013): exp(±warp) on the Hz axis
    equaliser_db: float = 4.0  # smooth random coloring of the spectrum
    noise_share: float = 0.25
    noise_snr_db: tuple[float, float] = (10.0, 40.0)
    babble_share: float = 0.15  # other clips of the batch, talking at once in the background
    babble_snr_db: tuple[float, float] = (8.0, 30.0)
    room_share: float = 0.15
    room_rt60_s: tuple[float, float] = (0.15, 0.8)
    band_share: float = 0.1  # telephone
    mel_masks: int = 2  # SpecAugment (Park et al. 2019, arXiv:1904.08779)
    mel_mask_width: int = 12
    time_masks: int = 2
    time_mask_width: int = 24
    mixup: float = 0.2  # Beta parameter (Zhang et al. 2018, arXiv:1710.09412); 0 turns it off

    @property
    def longest_stretch(self) -> float:
        return float(np.exp(self.stretch))


def vary(log_mel: Tensor, n_frames: int, settings: LogMel, how: Augmentation) -> Tensor:
    """Randomly varied network inputs.

    Args:
        log_mel: dB, shape `(batch, n_mels, n_source)` with `n_source` at least `n_frames` times
            `how.longest_stretch`.

    Returns:
        Level-normalized windows, shape `(batch, 1, n_mels, n_frames)`.
    """
    x = _stretch_and_warp(log_mel, n_frames, settings, how)
    x = x + _equalizer(x, how.equaliser_db)
    power = 10 ** (x / 10)
    power = _babble(power, how)
    power = _room(power, settings, how)
    power = _noise(power, how)
    power = _telephone(power, settings, how)
    x = level_normalized(10 * torch.log10(power.clamp(min=settings.amin)), settings)
    return _mask(x, how).unsqueeze(1)


def mix(x: Tensor, targets: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Mixup: blend each window, and its target distribution, with another one of the batch."""
    if alpha <= 0:
        return x, targets
    share = torch.distributions.Beta(alpha, alpha).sample((len(x),)).to(x)
    share = torch.maximum(share, 1 - share)
    other = torch.randperm(len(x), device=x.device)
    share_x, share_t = share.view(-1, 1, 1, 1), share.view(-1, 1)
    return share_x * x + (1 - share_x) * x[other], share_t * targets + (1 - share_t) * targets[
        other
    ]


def _uniform(x: Tensor, low: float, high: float, *shape: int) -> Tensor:
    return torch.empty(len(x), *shape, device=x.device).uniform_(low, high)


def _chosen(x: Tensor, share: float) -> Tensor:
    return (torch.rand(len(x), 1, 1, device=x.device) < share).float()


def _stretch_and_warp(
    log_mel: Tensor, n_frames: int, settings: LogMel, how: Augmentation
) -> Tensor:
    """One bilinear resampling for speaking rate (time axis) and vocal tract (mel axis)."""
    n_mels, n_source = log_mel.shape[1:]
    rate = _uniform(log_mel, -how.stretch, how.stretch, 1).exp()
    span = rate * n_frames
    columns = (n_source - span) / 2 + torch.arange(n_frames, device=log_mel.device) * rate

    factor = _uniform(log_mel, -how.warp, how.warp, 1).exp()
    source_hz = torch.as_tensor(settings.mel_frequencies(), device=log_mel.device) * factor
    low, high = hz_to_mel(np.array([settings.fmin, settings.fmax]))
    mel = torch.from_numpy(hz_to_mel(source_hz.cpu().numpy())).to(log_mel)
    rows = (mel - low) / (high - low) * (n_mels + 1) - 1

    grid_x = (2 * columns / (n_source - 1) - 1)[:, None, :].expand(-1, n_mels, -1)
    grid_y = (2 * rows / (n_mels - 1) - 1)[:, :, None].expand(-1, -1, n_frames)
    grid = torch.stack([grid_x, grid_y], dim=-1).float()
    return F.grid_sample(
        log_mel[:, None].float(), grid, padding_mode="border", align_corners=True
    ).squeeze(1)


def _equalizer(x: Tensor, strength_db: float) -> Tensor:
    knots = _uniform(x, -strength_db, strength_db, 1, 6)
    return F.interpolate(knots, x.shape[1], mode="linear", align_corners=True).mT


def _room(power: Tensor, settings: LogMel, how: Augmentation) -> Tensor:
    """Exponentially decaying tail of the energy, as a diffuse room adds it."""
    n_tail = 40
    delay_s = torch.arange(1, n_tail + 1, device=power.device) / settings.frames_per_s
    rt60_s = _uniform(power, *how.room_rt60_s, 1)
    tail = 10 ** (-6 * delay_s / rt60_s)
    tail = tail / tail.sum(dim=1, keepdim=True) * _uniform(power, 0.1, 1.0, 1)
    kernel = F.pad(tail.flip(1), (0, 1))[:, None]  # conv1d correlates, hence the flip
    batch = power.transpose(0, 1)
    reverberant = F.conv1d(F.pad(batch, (n_tail, 0)), kernel, groups=len(power)).transpose(0, 1)
    return power + _chosen(power, how.room_share) * reverberant


def _noise(power: Tensor, how: Augmentation) -> Tensor:
    """Steady colored noise with the random cells of a noise spectrogram."""
    snr_db = _uniform(power, *how.noise_snr_db, 1, 1)
    tilt_db = _uniform(power, -30.0, 10.0, 1, 1) * torch.linspace(
        0, 1, power.shape[1], device=power.device
    ).view(1, -1, 1)
    color = 10 ** (tilt_db / 10)
    color = color / color.sum(dim=1, keepdim=True)
    cells = -torch.log(torch.rand_like(power).clamp(min=1e-6))
    noise = _loud(power) * 10 ** (-snr_db / 10) * color * cells
    return power + _chosen(power, how.noise_share) * noise


def _babble(power: Tensor, how: Augmentation) -> Tensor:
    """Four other clips of the batch under each, all of them equally loud."""
    equal = power / _loud(power)
    talkers = sum(
        equal[torch.randperm(len(power), device=power.device)].roll(roll, dims=2)
        for roll in torch.randint(power.shape[2], (4,)).tolist()
    )
    snr_db = _uniform(power, *how.babble_snr_db, 1, 1)
    background = _loud(power) * 10 ** (-snr_db / 10) * talkers / 4
    return power + _chosen(power, how.babble_share) * background


def _loud(power: Tensor) -> Tensor:
    """Power of the loud frames (see `features.level_db`), shape `(batch, 1, 1)`."""
    frame_power = power.sum(dim=1)
    loud = frame_power.square().sum(dim=1) / frame_power.sum(dim=1)
    return loud.view(-1, 1, 1)


def _telephone(power: Tensor, settings: LogMel, how: Augmentation) -> Tensor:
    hz = torch.as_tensor(settings.mel_frequencies(), device=power.device).view(1, -1, 1)
    low, high = _uniform(power, 100, 400, 1, 1), _uniform(power, 3000, 4500, 1, 1)
    outside = ((hz < low) | (hz > high)) & (_chosen(power, how.band_share) > 0)
    return torch.where(outside, power * 1e-5, power)


def _mask(x: Tensor, how: Augmentation) -> Tensor:
    mean = x.mean(dim=(1, 2), keepdim=True)
    for dim, count, width in (
        (1, how.mel_masks, how.mel_mask_width),
        (2, how.time_masks, how.time_mask_width),
    ):
        cells = torch.arange(x.shape[dim], device=x.device)
        for _ in range(count):
            size = _uniform(x, 0, width, 1)
            start = torch.rand_like(size) * (x.shape[dim] - size)
            masked = (cells >= start) & (cells < start + size)
            x = torch.where(masked.unsqueeze(3 - dim), mean, x)
    return x
