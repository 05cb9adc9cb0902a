"""The log-mel spectrogram against librosa, and what the network is shown of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.features.log_mel import LogMel, hz_to_mel, mel_filters, mel_to_hz
from ser_core.features.spectrogram import (
    Spectrogram,
    frame_level_db,
    level_db,
    network_input,
)
from tests.librosa_oracle import librosa_log_mel
from tools import voices

SETTINGS = LogMel()
VARIANTS = [
    SETTINGS,
    LogMel(n_mels=64, fmin=0.0, fmax=7600.0),
    LogMel(n_fft=1024, win_length=1024, hop_length=256, n_mels=128),
    LogMel(sample_rate=8000, fmax=4000.0, n_mels=40, n_fft=256, win_length=200, hop_length=80),
]
SOUNDS = {
    "voice": voices.voice(),
    "high voice": voices.voice(pitch_hz=280, vowels="ia", seed=3),
    "noise": voices.noise(),
    "tone": voices.tone(1000) + voices.noise(rms=1e-4),
    "sum of tones": sum(voices.tone(hz, level=0.1) for hz in (150, 700, 2500, 7000)),
    "one sample": voices.noise(1 / 16000),
    "shorter than a frame": voices.voice(0.02),
    "no whole number of hops": voices.voice(0.5)[:7777],
}


def assert_close_in_db(actual: np.ndarray, expected: np.ndarray, tolerance_db: float = 0.01):
    """Equal wherever float32 can tell; 100 dB below the peak both are rounding noise."""
    assert actual.shape == expected.shape
    floor = expected.max() - 100
    difference = np.maximum(actual, floor) - np.maximum(expected, floor)
    assert np.abs(difference).max() <= tolerance_db


@pytest.mark.filterwarnings("ignore:n_fft=512 is too large")
@pytest.mark.parametrize("sound", SOUNDS)
def test_log_mel_equals_librosas(sound: str):
    log_mel = SETTINGS(SOUNDS[sound])
    assert log_mel.dtype == np.float32
    assert_close_in_db(log_mel, librosa_log_mel(SOUNDS[sound], SETTINGS))


@pytest.mark.parametrize("settings", VARIANTS)
def test_log_mel_equals_librosas_with_other_settings(settings: LogMel):
    voice = voices.voice(1.0, rate=settings.sample_rate)
    assert_close_in_db(settings(voice), librosa_log_mel(voice, settings))


def test_log_mel_of_real_speech_equals_librosas(ravdess_files: list[Path]):
    for path in ravdess_files[::10]:
        waveform = Clip.from_file(path).waveform
        assert_close_in_db(SETTINGS(waveform), librosa_log_mel(waveform, SETTINGS))


@pytest.mark.parametrize("settings", VARIANTS)
def test_mel_filters_equal_librosas(settings: LogMel):
    librosa = pytest.importorskip("librosa")
    expected = librosa.filters.mel(
        sr=settings.sample_rate,
        n_fft=settings.n_fft,
        n_mels=settings.n_mels,
        fmin=settings.fmin,
        fmax=settings.fmax,
    )
    np.testing.assert_allclose(mel_filters(settings), expected, rtol=1e-5, atol=1e-8)


def test_mel_scale_equals_librosas_and_inverts():
    librosa = pytest.importorskip("librosa")
    hz = np.concatenate([np.linspace(0, 8000, 997), [1000.0]])
    np.testing.assert_allclose(hz_to_mel(hz), librosa.hz_to_mel(hz), rtol=1e-12)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, rtol=1e-12, atol=1e-9)
    expected = librosa.mel_frequencies(n_mels=82, fmin=50, fmax=8000)[1:-1]
    np.testing.assert_allclose(SETTINGS.mel_frequencies(), expected, rtol=1e-9)


@pytest.mark.parametrize("frequency_hz", [120, 440, 1000, 3000, 7000])
def test_a_tone_is_loudest_in_the_mel_band_at_its_frequency(frequency_hz: int):
    band = SETTINGS(voices.tone(frequency_hz)).mean(axis=1).argmax()
    nearest = np.abs(SETTINGS.mel_frequencies() - frequency_hz).argmin()
    assert abs(band - nearest) <= 1


@pytest.mark.parametrize("n_samples", [1, 159, 160, 161, 16000])
def test_there_is_one_frame_per_hop_and_one_more(n_samples: int):
    log_mel = SETTINGS(voices.noise(1.0)[:n_samples])
    assert log_mel.shape == (80, 1 + n_samples // 160)


def test_digital_silence_lies_at_the_smallest_power():
    np.testing.assert_allclose(SETTINGS(np.zeros(1600, np.float32)), -140.0, atol=1e-4)


def test_the_waveform_is_left_as_it_was():
    waveform = voices.voice(0.5)
    before = waveform.copy()
    waveform.flags.writeable = False
    SETTINGS(waveform)
    np.testing.assert_array_equal(waveform, before)


@pytest.mark.parametrize("gain_db", [-40, -20, -6, 6, 12])
def test_level_shifts_by_exactly_the_gain(gain_db: int):
    gain = np.float32(10 ** (gain_db / 20))
    voice = voices.voice()
    shift = level_db(SETTINGS(gain * voice)) - level_db(SETTINGS(voice))
    assert shift == pytest.approx(gain_db, abs=1e-3)


def test_level_is_the_power_weighted_mean_of_frame_powers():
    power = np.array([[1.0, 4.0, 0.5], [1.0, 5.0, 0.5]])
    frames = power.sum(axis=0)
    result = frame_level_db(10 * np.log10(power))
    np.testing.assert_allclose(result, 10 * np.log10(frames), atol=1e-12)
    expected = 10 * np.log10((4 + 81 + 1) / (2 + 9 + 1))
    assert level_db(10 * np.log10(power)) == pytest.approx(expected)


def test_level_ignores_added_silence():
    voice = voices.voice()
    silence = np.zeros(16000, np.float32)
    surrounded = SETTINGS(np.concatenate([silence, voice, silence]))
    assert level_db(surrounded) == pytest.approx(level_db(SETTINGS(voice)), abs=0.01)


def shown_to_the_network(waveform: np.ndarray) -> np.ndarray:
    (_, window), *_ = Spectrogram(SETTINGS(waveform), SETTINGS).model_windows(256)
    return network_input(window, SETTINGS)


@pytest.mark.parametrize("gain_db", [-20, 6])
def test_gain_leaves_the_network_input_as_it_was(gain_db: int):
    # A little noise, as in every recording: digital silence has no level to keep.
    voice = voices.voice() + voices.noise(2.0, rms=1e-4)
    quiet = shown_to_the_network(np.float32(10 ** (gain_db / 20)) * voice)
    np.testing.assert_allclose(quiet, shown_to_the_network(voice), atol=1e-3)


def test_gain_leaves_the_network_input_of_real_speech_as_it_was(ravdess_files: list[Path]):
    for path in ravdess_files[::10]:
        waveform = Clip.from_file(path).waveform
        for gain_db in (-20, 6):
            changed = shown_to_the_network(np.float32(10 ** (gain_db / 20)) * waveform)
            np.testing.assert_allclose(changed, shown_to_the_network(waveform), atol=1e-3)


def test_the_network_input_is_float32_within_its_range():
    for sound in (voices.voice(), voices.noise(), voices.tone()):
        first_input = shown_to_the_network(sound)
        assert first_input.shape == (1, 1, 80, 256)
        assert first_input.dtype == np.float32
        assert first_input.min() >= -2
        assert first_input.max() <= 2.5


def test_silence_at_the_ends_is_found():
    silence = np.zeros(8000, np.float32)
    log_mel = SETTINGS(np.concatenate([silence, voices.tone(440, 1.0), silence]))
    first, last = Spectrogram(log_mel, SETTINGS).sounding_frames
    assert first == pytest.approx(50, abs=2)
    assert last == pytest.approx(151, abs=2)


def test_a_short_sound_is_centered_in_one_window():
    silence = np.zeros(8000, np.float32)
    log_mel = SETTINGS(np.concatenate([silence, voices.tone(440, 1.0), silence]))
    first, last = Spectrogram(log_mel, SETTINGS).sounding_frames
    [(start, window)] = Spectrogram(log_mel, SETTINGS).model_windows(256)
    assert window.shape == (80, 256)
    np.testing.assert_array_equal(window[:, first - start : last - start], log_mel[:, first:last])
    before, after = first - start, 256 - (last - start)
    assert abs(before - after) <= 1
    padding = np.concatenate([window[:, :before], window[:, 256 - after :]], axis=1)
    np.testing.assert_allclose(padding, -140.0)


def test_silence_around_a_sound_leaves_its_window_as_it_was():
    tone = voices.tone(440, 1.0)
    silence = np.zeros(4000, np.float32)
    surrounded = shown_to_the_network(np.concatenate([silence, tone, silence]))
    # The surrounded tone fades over the frames at its ends, so these may differ.
    difference = np.abs(surrounded - shown_to_the_network(tone))
    assert np.median(difference) < 1e-3


@pytest.mark.parametrize("n_frames", [257, 300, 384, 500, 512, 1000, 1001])
def test_windows_cover_a_long_sound_and_overlap(n_frames: int):
    log_mel = np.random.default_rng(0).uniform(-30, 0, (80, n_frames)).astype(np.float32)
    windows = Spectrogram(log_mel, SETTINGS).model_windows(256)
    starts = [start for start, _ in windows]
    assert starts[0] == 0
    assert starts[-1] == n_frames - 256
    assert all(0 < later - start <= 160 for start, later in pairwise(starts))
    for start, window in windows:
        np.testing.assert_array_equal(window, log_mel[:, start : start + 256])


def test_inputs_of_a_clip_are_those_of_its_windows_one_by_one():
    for seconds in (0.7, 4.0):
        log_mel = SETTINGS(voices.voice(seconds))
        windows = Spectrogram(log_mel, SETTINGS).model_windows(256)
        inputs = Spectrogram(log_mel, SETTINGS).network_inputs(256)
        assert [start for start, _ in inputs] == [start for start, _ in windows]
        for (_, result), (_, window) in zip(inputs, windows, strict=True):
            np.testing.assert_allclose(result, network_input(window, SETTINGS), atol=1e-5)


def test_a_sound_as_long_as_the_window_is_one_window():
    log_mel = np.zeros((80, 256), np.float32)
    [(start, window)] = Spectrogram(log_mel, SETTINGS).model_windows(256)
    assert start == 0
    np.testing.assert_array_equal(window, log_mel)


def test_windows_in_a_long_pause_are_left_out():
    pause = voices.noise(8.0, rms=1e-5)
    log_mel = SETTINGS(np.concatenate([voices.voice(), pause, voices.voice()]))
    starts = [start for start, _ in Spectrogram(log_mel, SETTINGS).model_windows(256)]
    assert starts[0] == pytest.approx(0, abs=2)
    assert starts[-1] == pytest.approx(1201 - 256, abs=2)
    assert not any(210 < start < 1000 - 256 - 10 for start in starts)


def test_only_what_is_near_a_voice_becomes_a_window():
    buzz = voices.tone(50, 10.0, level=0.05)
    sounds = [buzz, voices.voice(1.8), buzz, voices.voice(1.0, pitch_hz=200), buzz]
    spectrogram = Spectrogram.of(Clip(np.concatenate(sounds)), SETTINGS)
    windows = spectrogram.model_windows(256)
    # One for each voice, in its middle; a second of margin and of the detector's inertia.
    assert [start + 128 for start, _ in windows] == pytest.approx([1090, 2230], abs=50)
    assert spectrogram.sounding_frames == pytest.approx((1000, 2280), abs=60)


def test_the_level_is_that_of_the_voice_though_something_else_is_louder():
    voice, slam = voices.voice(3.0, level=0.1), 0.5 * voices.noise(0.1, rms=0.3)
    quiet = np.zeros(16_000, np.float32)
    clips = [np.concatenate([voice, quiet, x, quiet]) for x in (slam, 0 * slam)]
    slammed, plain = (Spectrogram.of(Clip(x), SETTINGS).network_inputs(256) for x in clips)
    assert len(slammed) == len(plain)
    for (_, result), (_, expected) in zip(slammed, plain, strict=True):
        np.testing.assert_allclose(result, expected, atol=0.01)
