"""What the walkthrough computes, against independent answers and the shipped model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.corpora.protocols import split
from ser_core.corpora.readers import read_corpora
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.evaluation.results import all_results, random_and_unseen
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram, network_input
from ser_core.models.labels import EMOTIONS
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import ZOO, list_models, load_model
from ser_core.walkthrough import gallery as galleries
from ser_core.walkthrough.feature_maps import FeatureMaps
from ser_core.walkthrough.left_out_take import count_correct, left_out_takes
from ser_core.walkthrough.occlusion import Occluder, Region, hidden, influence, tiles
from ser_core.walkthrough.short_time import frames, stft_db
from ser_core.walkthrough.voice_variation import (
    VARIATIONS,
    faster,
    higher,
    masked,
)
from ser_core.walkthrough.weights import layer_weights
from tools import gallery as gallery_maker
from tools.voices import tone, voice

SETTINGS = LogMel()


@pytest.fixture(scope="module")
def main() -> Recognizer:
    return load_model()


@pytest.fixture(scope="module")
def window(main: Recognizer) -> np.ndarray:
    log_mel = main.signature.features(voice())
    return network_input(
        Spectrogram(log_mel, main.signature.features).model_windows(main.signature.n_frames)[0][1],
        main.signature.features,
    )


def test_the_power_in_the_mel_bands_is_that_of_the_features():
    power = SETTINGS.mel_power(voice())
    in_db = 10 * np.log10(np.maximum(power, SETTINGS.amin))
    expected = SETTINGS(voice())
    audible = expected > expected.max() - 80  # below, float32 has no digits left
    assert np.abs(in_db - expected)[audible].max() < 0.01


@pytest.mark.parametrize("frequency_hz", [440, 2500])
def test_a_tone_stands_in_the_spectrogram_at_its_frequency(frequency_hz: int):
    level_db = stft_db(tone(frequency_hz), 400, 160, 2048)
    middle = level_db[:, level_db.shape[1] // 2]
    assert abs(middle.argmax() * SAMPLE_RATE / 2048 - frequency_hz) <= SAMPLE_RATE / 2048
    assert middle.max() == pytest.approx(0, abs=0.1)


def test_a_longer_frame_tells_two_tones_apart_that_a_short_one_blurs():
    two = tone(1000) + tone(1060)
    at_1030 = round(1030 * 2048 / SAMPLE_RATE)
    valley = {ms: stft_db(two, ms * 16, 160, 2048)[at_1030, 50] for ms in (10, 80)}
    assert valley[80] < -15 < -6 < valley[10]


def test_frames_are_centered_on_their_time():
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[1600] = 1
    assert np.square(frames(click, 400, 160)).sum(axis=1).argmax() == 10


def test_the_feature_maps_come_from_the_ends_of_the_blocks():
    small = next(card for card in list_models() if card.role == "small")
    recognizer = load_model(small.name)
    spectrogram = Spectrogram(small.features(voice()), small.features)
    ((_, window), *_) = spectrogram.network_inputs(small.window.n_frames)
    blocks = FeatureMaps(recognizer)(window)
    assert len(blocks) >= 3
    widths = [block.maps.shape[2] for block in blocks]
    heights = [block.maps.shape[1] for block in blocks]
    assert widths == sorted(widths, reverse=True)
    assert heights == sorted(heights, reverse=True)
    assert all(block.maps.min() >= 0 and block.maps.std() > 0 for block in blocks)
    strongest = blocks[0].strongest(4)
    spread = blocks[0].maps.std(axis=(1, 2))
    assert spread[strongest].min() >= np.delete(spread, strongest).max()


def test_the_maps_of_attention_share_out_every_moment(main: Recognizer, window: np.ndarray):
    opened = FeatureMaps(main)
    if not opened.of_attention:
        pytest.skip("the main model has no attention")
    blocks = opened(window)
    assert len(blocks) == 4
    for block in blocks:
        assert block.maps.shape == (8, 128, 128)
        np.testing.assert_allclose(block.maps.sum(axis=2), 1, atol=1e-4)
        assert block.maps.std() > 0


def test_the_first_feature_map_is_that_of_an_independent_network(tiny_recognizer: Recognizer):
    x = np.random.default_rng(0).normal(size=(1, 1, 80, 256)).astype(np.float32)
    (block,) = FeatureMaps(tiny_recognizer)(x)
    # The tiny network's first channel is the mean of cells of 10 bands and 8 frames.
    cells = x[0, 0].reshape(8, 10, 32, 8).mean(axis=(1, 3))
    offset = np.linspace(0.2, 1.6, 8, dtype=np.float32)[:, None]
    assert np.allclose(block.maps[0], np.maximum(cells + offset, 0), atol=1e-5)


def test_a_batch_answers_as_the_recognizer_does(main: Recognizer, window: np.ndarray):
    occluder = Occluder(main.path, main.signature.temperature)
    versions = np.concatenate([window, hidden(window, Region(0, 40, 100, 160))] * 9)
    result = occluder.probabilities(versions)
    logits = main.infer(versions[1:2]).logits / main.signature.temperature
    expected = np.exp(logits) / np.exp(logits).sum()
    assert result.shape == (18, len(EMOTIONS))
    assert np.abs(result[17] - expected).max() < 1e-4
    assert np.abs(result[0] - result[2]).max() < 1e-6


def test_hiding_the_only_sound_lowers_its_label_the_most(tiny_recognizer: Recognizer):
    signature = tiny_recognizer.signature
    x = np.full((1, 1, 80, 256), -2, np.float32)
    x[..., 70:80, :] = 2
    occluder = Occluder(tiny_recognizer.path, signature.temperature)
    best = occluder.probabilities(x)[0].argmax()
    rows = tiles(80, 0, 256)
    falls = occluder.without(x, [region for row in rows for region in row])
    lost = (occluder.probabilities(x)[0, best] - falls[:, best]).reshape(len(rows), -1)
    picture = influence(lost, rows, (80, 256))
    assert picture[70:80].mean() > max(0.001, picture[:50].max())


def test_tiles_cover_every_point():
    rows = tiles(80, 10, 200)
    covered = influence(np.ones((len(rows), len(rows[0]))), rows, (80, 256))
    assert np.isfinite(covered[:, 10:200]).all()
    assert np.isnan(covered[:, :10]).all()
    assert np.isnan(covered[:, 200:]).all()


def test_the_three_precisions_store_the_same_layers():
    small = next(card for card in list_models() if card.role == "small")
    main = load_model(small.name)
    stored = {p: layer_weights(main.path.with_name(f"{p}.xml")) for p in ("fp32", "fp16", "int8")}
    assert set(stored["fp32"]) == set(stored["fp16"]) == set(stored["int8"])
    largest = max(stored["fp32"], key=lambda name: stored["fp32"][name].size)
    full, half = stored["fp32"][largest], stored["fp16"][largest]
    assert half.dtype == np.float16
    assert np.abs(full - half).max() < 1e-3 * np.abs(full).max()
    in_8_bits = {name: w for name, w in stored["int8"].items() if w.dtype == np.int8}
    assert in_8_bits
    name, integers = max(in_8_bits.items(), key=lambda pair: pair[1].size)
    # One factor per output channel makes the weights of the integers.
    original = stored["fp32"][name].reshape(len(integers), -1)
    rounded = integers.reshape(len(integers), -1).astype(np.float32)
    scale = (original * rounded).sum(axis=1) / np.square(rounded).sum(axis=1)
    assert np.abs(original - scale[:, None] * rounded).max() < scale.max()


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_another_speaking_rate_keeps_the_pitch(factor: float):
    changed = faster(tone(300, 2.0), factor)
    assert len(changed) == pytest.approx(2 * SAMPLE_RATE / factor, rel=0.02)
    assert loudest_hz(changed) == pytest.approx(300, rel=0.02)


@pytest.mark.parametrize("factor", [0.89, 1.12])
def test_another_pitch_keeps_the_speaking_rate(factor: float):
    changed = higher(tone(300, 2.0), factor)
    assert len(changed) == pytest.approx(2 * SAMPLE_RATE, rel=0.02)
    assert loudest_hz(changed) == pytest.approx(300 * factor, rel=0.02)


def test_a_telephone_passes_the_middle_and_nothing_else():
    telephone = VARIATIONS["telephone"]
    passed = {hz: np.std(telephone(tone(hz))) / np.std(tone(hz)) for hz in (80, 1000, 6000)}
    assert passed[1000] == pytest.approx(1, abs=0.02)
    assert max(passed[80], passed[6000]) < 0.03


@pytest.mark.parametrize("name", VARIATIONS)
def test_every_variation_gives_a_voice_that_can_be_recognized(name: str, main: Recognizer):
    varied = VARIATIONS[name](voice())
    assert varied.dtype == np.float32
    assert np.isfinite(varied).all()
    assert main(Clip(varied)).label


def test_masks_hide_bars_and_nothing_else():
    x = np.random.default_rng(0).normal(size=(1, 1, 80, 256)).astype(np.float32)
    unchanged = masked(x) == x
    assert 0.6 < unchanged.mean() < 0.95
    assert unchanged[0, 0].any(axis=0).mean() < 1
    assert unchanged[0, 0].any(axis=1).mean() < 1


def test_a_gallery_holds_each_emotion_of_each_gender():
    voices = galleries.gallery()
    assert {(v.label, v.gender) for v in voices} == {(e, g) for e in EMOTIONS for g in "FM"}
    assert all(v.picture.shape == (80, galleries.N_COLUMNS) for v in voices)
    assert galleries.GALLERY.stat().st_size < 300_000


def test_the_gallery_can_be_computed_again(corpora: Path, tmp_path: Path):
    train = split("actors-5fold", read_corpora(corpora, ["ravdess"])).train
    spoken = [u for u in train if u.channel == "speech"]
    shipped = {(v.label, v.gender): v for v in galleries.gallery()}
    assert sum(v.clips for v in shipped.values()) == len(spoken)
    of_one = [u for u in spoken if (u.label, u.gender) == ("neutral", "F")]
    gallery_maker.write(gallery_maker.mean_voices(of_one, SETTINGS), tmp_path / "gallery.npz")
    with np.load(tmp_path / "gallery.npz") as again:
        difference = again["half_db"][0] / 2 - shipped["neutral", "F"].picture
    assert np.abs(difference).max() <= 0.5


def test_clips_of_one_length_keep_their_shape_when_stretched():
    log_mel = np.repeat(np.linspace(-60, 0, galleries.N_COLUMNS)[None], 80, axis=0)
    stretched = gallery_maker.stretched(log_mel, SETTINGS)
    assert np.allclose(np.diff(stretched, axis=1), np.diff(log_mel, axis=1))


def test_left_out_takes_are_those_whose_other_take_one_network_was_trained_on():
    random_split, unseen = random_and_unseen(all_results(list_models()))
    assert random_split and unseen
    training_files = heard_in_training(ZOO / random_split.card.name)
    unseen_training = heard_in_training(ZOO / unseen.card.name)
    takes = left_out_takes(random_split.answers(ZOO), training_files, unseen.answers(ZOO))
    assert len(takes) > 20
    for take in takes:
        assert f"ravdess/{take.other}" in training_files
        assert f"ravdess/{take.file}" not in training_files
        if not unseen.of_recipe:  # whose networks are five, each for the actors it never heard
            actor = take.file[-3:]
            assert not [
                n for n in unseen_training if n.endswith(actor) and n.startswith("ravdess/")
            ]
        assert (take.file[:15], take.file[-2:]) == (take.other[:15], take.other[-2:])
        assert take.knowing.actual == take.unknowing.actual
    assert count_correct(t.knowing for t in takes) > count_correct(t.unknowing for t in takes)


def test_nothing_of_the_lesson_needs_librosa_or_torch_before_it_is_asked_for():
    modules = "feature_maps, gallery, left_out_take, occlusion, short_time, voice_variation"
    code = (
        f"import sys\nfrom ser_core.walkthrough import {modules}, weights\n"
        "print([m for m in ('librosa', 'numba', 'torch', 'streamlit') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"


def loudest_hz(waveform: np.ndarray) -> float:
    middle = waveform[len(waveform) // 4 : -len(waveform) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 17))
    return float(spectrum.argmax() * SAMPLE_RATE / (1 << 17))
