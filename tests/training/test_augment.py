"""Augmentation keeps what must stay, and the torch front end is the numpy one."""

import dataclasses

import numpy as np
import pytest
import torch

from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import network_input
from ser_core.training.augment import Augmentation, mix, vary
from ser_core.training.front_end import level_normalized
from tools.voices import voice

SETTINGS = LogMel()
NONE = Augmentation(
    stretch=0, warp=0, equaliser_db=0, noise_share=0, babble_share=0, room_share=0, band_share=0,
    mel_masks=0, time_masks=0, mixup=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def log_mels() -> torch.Tensor:
    """Four voices, dB, shape (4, n_mels, 301)."""
    voices = [SETTINGS(voice(3.0, pitch_hz=pitch)) for pitch in (90, 140, 200, 260)]
    return torch.from_numpy(np.stack(voices))


def test_level_normalization_in_torch_equals_the_definition_in_numpy(log_mels):
    expected = np.concatenate([network_input(x, SETTINGS) for x in log_mels.numpy()])
    found = level_normalized(log_mels, SETTINGS).unsqueeze(1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_without_any_variation_the_middle_of_the_excerpt_comes_out(log_mels):
    middle = log_mels[:, :, 22 : 22 + 256]
    found = vary(log_mels[:, :, :300], 256, SETTINGS, NONE)
    np.testing.assert_allclose(
        found[:, 0].numpy(), level_normalized(middle, SETTINGS).numpy(), atol=2e-3
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"stretch": 0.16},
        {"warp": 0.12},
        {"equaliser_db": 6.0},
        {"noise_share": 1.0},
        {"babble_share": 1.0},
        {"room_share": 1.0},
        {"band_share": 1.0},
        {"mel_masks": 2},
        {"time_masks": 2},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_each_variation_changes_every_clip_and_stays_finite(log_mels, changed):
    torch.manual_seed(0)
    plain = vary(log_mels, 256, SETTINGS, NONE)
    varied = vary(log_mels, 256, SETTINGS, dataclasses.replace(NONE, **changed))
    assert torch.isfinite(varied).all()
    assert (varied - plain).abs().amax(dim=(1, 2, 3)).min() > 0.01
    assert np.corrcoef(varied.flatten(), plain.flatten())[0, 1] > 0.4


@pytest.mark.parametrize("snr_db", [20.0, 30.0])
def test_noise_lands_at_the_wanted_distance_below_the_voice(log_mels, snr_db):
    how = dataclasses.replace(NONE, noise_share=1.0, noise_snr_db=(snr_db, snr_db))
    silence = torch.full_like(log_mels, -140.0)
    silence[:, :, 100:150] = log_mels[:, :, 100:150]
    noisy = vary(silence, 256, SETTINGS, how)[:, 0]
    frame_power = (10 ** ((20 * noisy - 40) / 10)).sum(dim=1)  # relative to the loud frames
    noise_db = 10 * torch.log10(frame_power[:, :70].mean(dim=1))
    np.testing.assert_allclose(noise_db.numpy(), -snr_db, atol=0.5)


def test_a_voice_said_slower_takes_more_frames():
    click = torch.full((1, 80, 302), -140.0)
    click[:, :, 141:161] = 0.0
    how = dataclasses.replace(NONE, stretch=0.16)
    torch.manual_seed(1)
    widths = [int((vary(click, 256, SETTINGS, how) > 0).any(dim=2).sum()) for _ in range(50)]
    assert min(widths) < 19
    assert max(widths) > 21


def test_mixup_blends_windows_and_targets_alike():
    torch.manual_seed(0)
    targets = torch.eye(4)
    x = targets.view(4, 1, 1, 4)
    mixed, blended = mix(x, targets, alpha=0.5)
    torch.testing.assert_close(mixed.flatten(1), blended)
    torch.testing.assert_close(blended.sum(dim=1), torch.ones(4))
    assert (blended.argmax(dim=1) == torch.arange(4)).all()


def test_babble_is_made_of_the_other_clips_and_lies_below_the_voice():
    torch.manual_seed(0)
    clips = torch.full((8, 80, 302), -140.0)
    for row in range(8):
        clips[row, 10 * row : 10 * row + 5, 100:200] = 0.0  # each in a band of its own
    how = dataclasses.replace(NONE, babble_share=1.0, babble_snr_db=(20.0, 20.0))
    heard = vary(clips, 256, SETTINGS, how)[:, 0] * 20 - 40  # dB below the loud frames
    others = [heard[row, 10 * ((row + k) % 8)].max() for row in range(8) for k in range(1, 8)]
    spoken = [level for level in torch.stack(others).tolist() if level > -70]
    assert spoken
    own = [heard[row, 10 * row].max().item() for row in range(8)]
    assert max(spoken) < min(own) - 15
