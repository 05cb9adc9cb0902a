"""Spectrogram pictures: ours come back exactly, others as well as can be, the rest is refused."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from msgspec.structs import replace
from PIL import Image, PngImagePlugin

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import is_picture
from ser_core.features import spectrogram_image
from ser_core.features.color_maps import (
    COLOR_MAPS,
    best_map,
    colors,
    exact_levels,
    nearest_levels,
)
from ser_core.features.log_mel import LogMel
from ser_core.features.source import Source
from ser_core.features.spectrogram import Spectrogram, level_db
from ser_core.features.spectrogram_image import (
    AssumedScale,
    PictureError,
    from_picture,
    range_db,
    to_png,
    waveform_png,
)
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import list_models, load_model
from ser_core.runtime.places import SAMPLES
from tools import voices

SETTINGS = LogMel()
RANGE_DB = range_db(SETTINGS)
HALF_STEP_DB = RANGE_DB / 255 / 2


@pytest.fixture(scope="module")
def sentence() -> np.ndarray:
    """A synthetic voice as long as a RAVDESS clip, with a fifth of silence at each end."""
    spoken = voices.voice(2.3, pitch_hz=180)
    return np.pad(spoken, round(0.7 * voices.RATE)) + voices.noise(3.7, rms=1e-4)


def reopened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def saved(image: Image.Image, format_name: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()


def with_description(png: bytes, **changes: Any) -> bytes:
    """The same picture with other fields in its text chunk."""
    image = Image.open(io.BytesIO(png))
    description = json.loads(image.info["SER Lab log-mel"]) | changes
    return with_text(image, json.dumps(description))


def with_text(image: Image.Image, text: str) -> bytes:
    chunk = PngImagePlugin.PngInfo()
    chunk.add_text("SER Lab log-mel", text)
    return saved(image, pnginfo=chunk)


def agreement(recovered: np.ndarray, true: np.ndarray, depth_db: float = 60.0) -> float:
    """Correlation of two log-mels over their upper `depth_db`, stretched to the same length."""
    recovered, true = (np.maximum(x, x.max() - depth_db) for x in (recovered, true))
    frames = np.linspace(0, recovered.shape[1] - 1, true.shape[1])
    stretched = [np.interp(frames, np.arange(recovered.shape[1]), band) for band in recovered]
    return float(np.corrcoef(np.ravel(stretched), np.ravel(true))[0, 1])


def drawn(level: np.ndarray, color_map: str = "magma", margin: int = 0) -> Image.Image:
    """A picture from elsewhere: levels from 0 to 1, low frequencies first, on white ground."""
    index = np.round(255 * level[::-1].clip(0, 1)).astype(np.uint8)
    picture = np.pad(
        colors(color_map)[index],
        ((margin, margin), (margin, margin), (0, 0)),
        constant_values=255,
    )
    return Image.fromarray(picture)


def linear_levels(waveform: np.ndarray, top_db: float = 80.0) -> np.ndarray:
    """The 2020 group's spectrogram without librosa: 0 to 11 025 Hz, 0 to 1 over `top_db`."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(waveform, 743), 1486)[::372]
    power = np.abs(np.fft.rfft(frames * np.hanning(1486), axis=1)).T ** 2
    db = 10 * np.log10(np.maximum(power, 1e-12))
    level = (1 + (db - db.max()) / top_db).clip(0, 1)
    silent_rows = round(len(level) * 3025 / 8000)  # 8 to 11 kHz
    return np.pad(level, ((0, silent_rows), (0, 0)))


# ---- our own pictures ----


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 40).flatmap(
        lambda n: arrays(np.float32, (80, n), elements=st.floats(-140, 20, width=32))
    )
)
def test_any_log_mel_comes_back_exactly_and_without_its_rest_within_half_a_level(
    log_mel: np.ndarray,
) -> None:
    expected = np.maximum(log_mel, log_mel.max() - RANGE_DB)
    if np.ptp(expected) < 2 * HALF_STEP_DB:
        return  # a picture of one color: see the test of silence
    png = to_png(log_mel, SETTINGS)
    picture = from_picture(png, SETTINGS)
    assert picture.exact and picture.note == ""
    assert picture.log_mel.dtype == np.float32
    assert np.abs(picture.log_mel - expected).max() < 0.001
    without_rest = from_picture(with_description(png), SETTINGS)
    assert without_rest.exact
    assert np.abs(without_rest.log_mel - expected).max() <= HALF_STEP_DB + 1e-4


def test_speech_comes_back_with_its_trimming_and_its_level(sentence: np.ndarray) -> None:
    log_mel = SETTINGS(sentence)
    again = from_picture(to_png(log_mel, SETTINGS), SETTINGS).log_mel
    trimmed, trimmed_again = (Spectrogram(x, SETTINGS).sounding_frames for x in (log_mel, again))
    assert np.abs(np.subtract(trimmed, trimmed_again)).max() <= 1
    assert level_db(again) == pytest.approx(level_db(log_mel), abs=0.05)


def test_what_the_network_sees_is_never_deeper_than_the_picture() -> None:
    # The worst case of the docstring: one loud frame among 299 at 0.0545 of its power.
    frames = np.full(300, 10 * np.log10(0.0545))
    frames[150] = 0
    log_mel = np.full((80, 300), -200.0)
    log_mel[40] = frames
    assert level_db(log_mel) - SETTINGS.floor_db > log_mel.max() - RANGE_DB


def test_low_frequencies_are_at_the_bottom_and_loud_is_bright() -> None:
    log_mel = np.full((80, 50), -60.0)
    log_mel[5, :] = 0
    image = reopened(to_png(log_mel, SETTINGS))
    assert image.size == (50, 80)
    assert image.getpixel((0, 80 - 1 - 5)) == tuple(colors("viridis")[255])


def test_a_picture_answers_like_its_audio(
    tiny_recognizer: Recognizer, speech_like: Clip, sentence: np.ndarray
) -> None:
    for waveform in (speech_like.waveform, sentence, np.tile(sentence, 3)):
        assert_same_answer(tiny_recognizer, Clip(waveform), tolerance=0.001)


def test_quiet_parts_of_a_long_recording_get_the_same_prediction(
    tiny_recognizer: Recognizer, sentence: np.ndarray
) -> None:
    quiet = voices.voice(4.0, pitch_hz=90, level=0.01)
    assert_same_answer(tiny_recognizer, Clip(np.concatenate([sentence, quiet])), tolerance=0.001)


def test_a_picture_of_real_speech_answers_like_its_audio(ravdess_files: list[Path]) -> None:
    if not list_models():
        pytest.skip("needs a model in model_zoo")
    recognizer = load_model()
    for path in ravdess_files[:: len(ravdess_files) // 8][:8]:
        assert_same_answer(recognizer, Clip.from_file(path), tolerance=0.001)


def test_a_picture_of_a_sample_answers_like_its_audio_in_which_voices_are_looked_for() -> None:
    recognizer = load_model("se-resnet", "INT8")
    features = recognizer.signature.features
    for path in sorted(SAMPLES.glob("*.flac")):
        source = Source.from_file(path)
        picture = Source.from_bytes(to_png(features(source.clip.waveform), features))
        expected = recognizer(source)
        answer = recognizer(picture)
        assert answer.label == expected.label, path.name
        # A picture does not tell that there is a breath before two of the samples.
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=0.06), path.name


def assert_same_answer(recognizer: Recognizer, clip: Clip, tolerance: float) -> None:
    features = recognizer.signature.features
    picture = from_picture(to_png(features(clip.waveform), features), features)
    # Both without a look for voices, which a picture cannot have.
    from_audio, from_image = (
        recognizer.predict(Spectrogram(log_mel, SETTINGS))
        for log_mel in (features(clip.waveform), picture.log_mel)
    )
    difference = np.subtract(
        list(from_audio.probabilities.values()), list(from_image.probabilities.values())
    )
    assert np.abs(difference).max() < tolerance
    # Where two labels are equally probable, either may win.
    assert (
        from_image.probabilities[str(from_audio.label)]
        > max(from_image.probabilities.values()) - 2 * tolerance
    )


def test_the_settings_travel_in_the_file() -> None:
    png = to_png(np.random.default_rng(0).uniform(-80, 0, (80, 9)), SETTINGS)
    description = json.loads(Image.open(io.BytesIO(png)).info["SER Lab log-mel"])
    assert description["version"] == 1
    assert LogMel(**description["features"]) == SETTINGS


def test_a_picture_for_another_model_is_refused_with_what_differs(sentence: np.ndarray) -> None:
    other = LogMel(n_mels=64, fmin=20)
    png = to_png(other(sentence), other)
    with pytest.raises(PictureError, match=r"other settings \(fmin, n_mels\)\. Choose that model"):
        from_picture(png, SETTINGS)


def test_settings_that_leave_the_picture_alone_do_not_matter(sentence: np.ndarray) -> None:
    png = to_png(SETTINGS(sentence), SETTINGS)
    assert from_picture(png, replace(SETTINGS, top_db=50.0, floor_db=60.0)).exact


def test_a_picture_from_a_later_version_is_refused(sentence: np.ndarray) -> None:
    png = with_description(to_png(SETTINGS(sentence), SETTINGS), version=2)
    with pytest.raises(PictureError, match="another version"):
        from_picture(png, SETTINGS)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", "[" * 100_000, '{"version": 1, "features": 3}', "\xff"],
)
def test_a_damaged_description_counts_as_lost(text: str, sentence: np.ndarray) -> None:
    image = Image.open(io.BytesIO(to_png(SETTINGS(sentence), SETTINGS)))
    picture = from_picture(with_text(image, text), SETTINGS)
    assert not picture.exact and "lost" in picture.note


@pytest.mark.parametrize("field", ["high_db", "range_db"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, "loud", None, [1], 10**400])
def test_an_impossible_scale_counts_as_lost(
    field: str, value: object, sentence: np.ndarray
) -> None:
    png = with_description(to_png(SETTINGS(sentence), SETTINGS), **{field: value})
    picture = from_picture(png, SETTINGS)
    assert not picture.exact and np.isfinite(picture.log_mel).all()


@pytest.mark.parametrize("repeats", [1, 3])
def test_a_picture_saved_again_without_its_text_is_read_as_ours(
    repeats: int, sentence: np.ndarray
) -> None:
    log_mel = SETTINGS(np.tile(sentence, repeats))
    depth_db = range_db(SETTINGS, long=repeats > 1)
    picture = from_picture(saved(reopened(to_png(log_mel, SETTINGS))), SETTINGS)
    assert not picture.exact and "looks like one that SER Lab saved" in picture.note
    relative_db = np.maximum(log_mel - log_mel.max(), -depth_db)
    assert np.abs(picture.log_mel - relative_db).max() <= depth_db / 255 / 2 + 1e-4


def test_a_screenshot_of_our_picture_is_read_as_ours(sentence: np.ndarray) -> None:
    log_mel = SETTINGS(sentence)
    small = reopened(to_png(log_mel, SETTINGS))
    page = Image.new("RGB", (1300, 420), "white")
    page.paste(small.resize((1000, 216), Image.Resampling.BICUBIC), (90, 77))
    for data in (saved(page), saved(page, "JPEG", quality=85)):
        picture = from_picture(data, SETTINGS)
        assert "looks like one that SER Lab saved" in picture.note
        assert abs(picture.log_mel.shape[1] - log_mel.shape[1]) <= 4
        assert agreement(picture.log_mel, log_mel) > 0.98


def test_a_picture_that_was_enlarged_with_its_text_keeps_its_scale(sentence: np.ndarray) -> None:
    log_mel = SETTINGS(sentence)
    png = to_png(log_mel, SETTINGS)
    image = Image.open(io.BytesIO(png))
    text = image.info["SER Lab log-mel"]
    enlarged = image.convert("RGB").resize((3 * image.width, 3 * image.height), 0)
    picture = from_picture(with_text(enlarged, text), SETTINGS)
    assert not picture.exact and "were changed" in picture.note
    assert picture.log_mel.shape == log_mel.shape
    assert np.median(np.abs(picture.log_mel - np.maximum(log_mel, log_mel.max() - 90))) < 1


def test_silence_is_refused() -> None:
    with pytest.raises(PictureError, match="silence"):
        from_picture(to_png(SETTINGS(np.zeros(16_000, np.float32)), SETTINGS), SETTINGS)


@pytest.mark.parametrize("shape", [(80,), (64, 10), (80, 0)])
def test_a_wrong_shape_is_not_drawn(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="n_frames"):
        to_png(np.zeros(shape), SETTINGS)


def test_values_that_are_not_numbers_are_not_drawn() -> None:
    with pytest.raises(ValueError, match="not finite"):
        to_png(np.full((80, 4), np.nan), SETTINGS)


# ---- pictures from elsewhere ----


@pytest.mark.parametrize("color_map", COLOR_MAPS)
@pytest.mark.parametrize("margin", [0, 5])
@pytest.mark.parametrize("format_name", ["PNG", "JPEG"])
def test_a_linear_spectrogram_is_recovered(
    color_map: str, margin: int, format_name: str, sentence: np.ndarray
) -> None:
    level = np.asarray(Image.fromarray(linear_levels(sentence)).resize((224, 224)))
    picture = from_picture(saved(drawn(level, color_map, margin), format_name), SETTINGS)
    assert not picture.exact
    assert f"color map {color_map} as 0 to 11025 Hz" in picture.note
    assert "3.7 s" in picture.note and "80 dB" in picture.note
    assert picture.log_mel.shape == (80, 371) and picture.log_mel.dtype == np.float32
    assert agreement(picture.log_mel, SETTINGS(sentence)) > 0.89
    upside_down = agreement(picture.log_mel[::-1], SETTINGS(sentence))
    assert agreement(picture.log_mel, SETTINGS(sentence)) > upside_down + 0.1


@pytest.mark.parametrize("margin", [0, 5])
def test_gray_is_read_in_both_directions(margin: int, sentence: np.ndarray) -> None:
    index = 255 - np.round(255 * linear_levels(sentence)[::-1]).astype(np.uint8)
    dark_is_loud = Image.fromarray(np.pad(index, margin, constant_values=255))
    picture = from_picture(saved(dark_is_loud), SETTINGS)
    assert "dark is loud" in picture.note
    assert agreement(picture.log_mel, SETTINGS(sentence)) > 0.9


def test_a_tone_lands_in_its_mel_band_and_its_frame() -> None:
    level = np.zeros((441, 370))  # 25 Hz per row, 10 ms per column
    level[:, 100:200] = np.linspace(0.6, 0.2, 441)[:, None]  # a hiss from 1 to 2 s
    level[80, 100:200] = 1  # 2 kHz
    log_mel = from_picture(saved(drawn(level, margin=4)), SETTINGS).log_mel
    band, frame = np.unravel_index(log_mel.argmax(), log_mel.shape)
    assert abs(SETTINGS.mel_frequencies()[band] - 2000) < 60
    assert 98 <= frame <= 202


def test_a_person_can_correct_what_was_assumed(sentence: np.ndarray) -> None:
    level = linear_levels(sentence)[:743]  # up to 8 kHz
    data = saved(drawn(level, "viridis"))
    assumed = AssumedScale(top_hz=8000, duration_s=2.0)
    picture = from_picture(data, SETTINGS, assumed)
    assert "0 to 8000 Hz" in picture.note and "2 s" in picture.note
    assert picture.log_mel.shape == (80, 201)
    assert agreement(picture.log_mel, SETTINGS(sentence)) > 0.9


def test_a_mel_axis_can_be_stated(sentence: np.ndarray) -> None:
    log_mel = LogMel(fmin=0.0, n_mels=128)(sentence)
    level = (1 + (log_mel - log_mel.max()) / 80).clip(0, 1)
    assumed = AssumedScale(top_hz=8000, mel_axis=True)
    picture = from_picture(saved(drawn(level)), SETTINGS, assumed)
    assert "mel axis" in picture.note
    assert agreement(picture.log_mel, SETTINGS(sentence)) > 0.95


@pytest.mark.parametrize(
    "changes",
    [{"top_hz": 0}, {"duration_s": float("nan")}, {"duration_s": 1e9}, {"range_db": -3}],
)
def test_an_impossible_assumption_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="picture"):
        AssumedScale(**changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def specshow() -> Iterator[Any]:
    """Draws as the 2020 group did: librosa.display.specshow, no axes, a thin white border."""
    pytest.importorskip("matplotlib", reason="needs matplotlib, the tool that drew these pictures")
    import librosa
    import librosa.display
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    def draw(waveform: np.ndarray, format_name: str, axes: bool = False) -> bytes:
        at_22_khz = librosa.resample(waveform, orig_sr=16_000, target_sr=22_050)
        magnitude = np.abs(librosa.stft(at_22_khz, n_fft=2048, hop_length=512))
        db = librosa.amplitude_to_db(magnitude, ref=np.max, top_db=80)
        figure, plot = plt.subplots(figsize=(6.4, 4.8) if axes else (2.9, 2.9), dpi=100)
        file = io.BytesIO()
        if axes:
            mesh = librosa.display.specshow(db, sr=22_050, ax=plot, x_axis="s", y_axis="linear")
            figure.colorbar(mesh, ax=plot, format="%+2.0f dB")
            plot.set_title("Spectrogram")
            figure.savefig(file, format=format_name)
        else:
            librosa.display.specshow(db, sr=22_050, ax=plot)
            plot.set_axis_off()
            figure.savefig(file, format=format_name, bbox_inches="tight", pad_inches=0.03)
        plt.close(figure)
        return file.getvalue()

    yield draw


@pytest.mark.parametrize("format_name", ["jpg", "png"])
@pytest.mark.parametrize("axes", [False, True], ids=["bare", "with axes and color bar"])
def test_pictures_of_the_2020_group_are_recovered(
    specshow: Any, sentence: np.ndarray, format_name: str, axes: bool
) -> None:
    picture = from_picture(specshow(sentence, format_name, axes), SETTINGS)
    assert "color map magma" in picture.note
    assert agreement(picture.log_mel, SETTINGS(sentence)) > 0.9


def test_pictures_of_real_speech_are_recovered(specshow: Any, ravdess_files: list[Path]) -> None:
    agreements = []
    for path in ravdess_files[:: len(ravdess_files) // 6][:6]:
        waveform = Clip.from_file(path).waveform
        picture = from_picture(specshow(waveform, "jpg"), SETTINGS)
        agreements.append(agreement(picture.log_mel, SETTINGS(waveform)))
    assert np.median(agreements) > 0.92 and min(agreements) > 0.85


# ---- color maps ----


@pytest.mark.parametrize("name", COLOR_MAPS)
def test_the_color_maps_are_those_of_matplotlib(name: str) -> None:
    mpl = pytest.importorskip("matplotlib", reason="needs matplotlib, the source of the maps")
    table = mpl.colormaps["gray" if name == "gray" else name](np.arange(256))[:, :3]
    # 2.3 in CIELAB is the least difference that people notice.
    assert np.linalg.norm(lab(colors(name) / 255) - lab(table), axis=1).max() < 2.3


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB under D65 from sRGB in [0, 1], shape `(n, 3)`."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1)


@pytest.mark.parametrize("name", [name for name in COLOR_MAPS if name != "jet"])
def test_every_level_has_its_own_color(name: str) -> None:
    level, distance = nearest_levels(colors(name), name)
    assert (level == np.arange(256)).all() and distance.max() < 0.05
    assert np.array_equal(exact_levels(colors(name), name), np.arange(256))


@pytest.mark.parametrize("name", COLOR_MAPS)
def test_one_foreign_color_is_enough_to_be_inexact(name: str) -> None:
    for color in ([255, 255, 254], [0, 0, 1], [90, 200, 7]):
        assert exact_levels(np.vstack([colors(name), np.uint8([color])]), name) is None


@pytest.mark.parametrize("name", COLOR_MAPS)
def test_a_map_is_distinguished_from_the_others(name: str) -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    assert best_map(colors(name)[ramp]) == name


# ---- what is refused ----


def photograph() -> Image.Image:
    """Color in soft patches, as a camera sees it."""
    patches = np.random.default_rng(1).integers(0, 256, (8, 12, 3), dtype=np.uint8)
    return Image.fromarray(patches).resize((360, 240), Image.Resampling.BICUBIC)


def page_of_text() -> Image.Image:
    """Rows of dark strokes on white."""
    rng = np.random.default_rng(2)
    page = np.full((400, 300), 255, np.uint8)
    for line in range(20, 380, 16):
        page[line : line + 9, 20:280] = 255 * (rng.random((9, 260)) < 0.7)
    return Image.fromarray(page)


def gray_noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(3).integers(0, 256, (200, 300), dtype=np.uint8))


@pytest.mark.parametrize(
    ("image", "sentence_start"),
    [
        (photograph(), "The colors are not those of a spectrogram. Choose"),
        (page_of_text(), "The picture does not look like a spectrogram of speech. Choose"),
        (gray_noise(), "The picture does not look like a spectrogram of speech. Choose"),
        (Image.new("RGB", (300, 200), "white"), "The picture does not look like"),
        (Image.new("RGB", (300, 200), (68, 1, 84)), "The picture does not look like"),
        (Image.new("RGB", (300, 200), "cornflowerblue"), "The colors are not those"),
        (Image.new("RGB", (1, 1), "white"), "The picture is only 1 × 1"),
        (drawn(np.tile(np.linspace(0, 1, 256), (40, 1)), "viridis"), "The picture does not look"),
        (gray_noise().resize((300, 20)), "The picture is only 300 × 20"),
    ],
)
def test_a_picture_that_is_not_a_spectrogram_is_refused_with_advice(
    image: Image.Image, sentence_start: str
) -> None:
    for format_name in ("PNG", "JPEG"):
        with pytest.raises(PictureError, match="^" + sentence_start):
            from_picture(saved(image, format_name), SETTINGS)


@pytest.mark.parametrize("data", [b"", b"RIFF....WAVEfmt ", b"hello", bytes(100), b"GIF89a"])
def test_bytes_that_are_not_a_picture_are_refused(data: bytes) -> None:
    assert not is_picture(data)
    with pytest.raises(PictureError):
        from_picture(data, SETTINGS)


def test_pictures_are_known_by_their_first_bytes(sentence: np.ndarray) -> None:
    assert is_picture(to_png(SETTINGS(sentence), SETTINGS))
    assert is_picture(saved(photograph(), "JPEG"))
    assert not is_picture(voices.wav(sentence))
    assert not is_picture(voices.encode(sentence, "mp3"))


def png_header(width: int, height: int) -> bytes:
    """A PNG file that ends before its pixels begin."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    empty = b"IDAT" + zlib.compress(b"")
    chunks = [
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c))
        for c in (header, empty, b"IEND")
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg_header(width: int, height: int) -> bytes:
    """A JPEG file that states another size than it has."""
    data = bytearray(saved(Image.new("L", (16, 16)), "JPEG"))
    start = data.index(b"\xff\xc0") + 5
    data[start : start + 4] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        png_header(4000, 4000),
        png_header(12_000, 12_000),
        png_header(2**31 - 1, 2**31 - 1),
        jpeg_header(5000, 5000),
        jpeg_header(60_000, 60_000),
    ],
)
def test_a_bomb_is_refused_before_it_unfolds(data: bytes) -> None:
    # Reading on, one would find the pixels missing and call the picture damaged.
    with pytest.raises(PictureError, match="at most 10 million"):
        from_picture(data, SETTINGS)


def test_a_bomb_in_the_text_chunk_is_refused(sentence: np.ndarray) -> None:
    chunk = PngImagePlugin.PngInfo()
    chunk.add_text("SER Lab log-mel", "0" * 50_000_000, zip=True)
    data = saved(reopened(to_png(SETTINGS(sentence), SETTINGS)), pnginfo=chunk)
    assert len(data) < 200_000
    with pytest.raises(PictureError, match="damaged"):
        from_picture(data, SETTINGS)


def test_a_long_strip_is_refused() -> None:
    strip = gray_noise().resize((80_000, 40), Image.Resampling.NEAREST)
    with pytest.raises(PictureError, match="Cut out the part"):
        from_picture(saved(strip), SETTINGS)


def test_a_large_screenshot_is_read_quickly(sentence: np.ndarray) -> None:
    screen = drawn(linear_levels(sentence)).resize((3840, 2160), Image.Resampling.BILINEAR)
    picture = from_picture(saved(screen, "JPEG"), SETTINGS)
    assert agreement(picture.log_mel, SETTINGS(sentence)) > 0.9


def test_a_file_of_too_many_bytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectrogram_image, "MAX_BYTES", 1000)
    with pytest.raises(PictureError, match="Save a smaller version"):
        from_picture(saved(photograph()), SETTINGS)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG"])
def test_a_file_that_ends_early_is_refused(format_name: str, sentence: np.ndarray) -> None:
    data = saved(reopened(to_png(SETTINGS(sentence), SETTINGS)), format_name)
    for length in np.linspace(9, len(data) * 0.9, 12).astype(int):
        with pytest.raises(PictureError, match="damaged"):
            from_picture(data[:length], SETTINGS)


@pytest.mark.parametrize("format_name", ["PNG", "JPEG"])
def test_a_damaged_file_gives_a_sentence_or_numbers(format_name: str, sentence: np.ndarray) -> None:
    image = Image.open(io.BytesIO(to_png(SETTINGS(sentence), SETTINGS)))
    data = to_png(SETTINGS(sentence), SETTINGS)
    if format_name == "JPEG":
        data = saved(image.convert("RGB"), "JPEG")
    rng = np.random.default_rng(5)
    for _ in range(30):
        broken = bytearray(data)
        for place in rng.integers(8, min(len(data), 2000), 3):
            broken[place] = rng.integers(256)
        try:
            picture = from_picture(bytes(broken), SETTINGS)
        except PictureError as error:
            assert str(error).endswith(".")
        else:
            assert np.isfinite(picture.log_mel).all()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16", "CMYK"])
def test_every_pixel_format_is_read_or_refused_with_a_sentence(
    mode: str, sentence: np.ndarray
) -> None:
    gray = drawn(linear_levels(sentence), "gray").convert("L")
    image = gray.convert(mode) if mode != "I;16" else Image.fromarray(np.uint16(gray) * 257)
    data = saved(image, "JPEG" if mode == "CMYK" else "PNG")
    if mode == "1":
        with pytest.raises(PictureError):
            from_picture(data, SETTINGS)
    else:
        assert agreement(from_picture(data, SETTINGS).log_mel, SETTINGS(sentence)) > 0.9


# ---- waveforms ----


def test_the_waveform_picture_shows_the_envelope() -> None:
    # A tone that is twice as loud in its second half, with the loud half upwards only.
    waveform = np.concatenate([voices.tone(level=0.1), np.abs(voices.tone(level=0.2))])
    ink = np.asarray(Image.open(io.BytesIO(waveform_png(waveform, 100, 81)))) > 0
    assert ink.shape == (81, 100)
    first, second = np.flatnonzero(ink[:, 25]), np.flatnonzero(ink[:, 75])
    assert first[[0, -1]].tolist() == [20, 60] and second[[0, -1]].tolist() == [0, 40]


@pytest.mark.parametrize("n_samples", [1, 7, 600, 601])
def test_short_and_silent_waveforms_are_drawn_as_a_line(n_samples: int) -> None:
    ink = np.asarray(Image.open(io.BytesIO(waveform_png(np.zeros(n_samples))))) > 0
    assert ink.shape == (160, 600) and (ink.sum(axis=0) == 1).all()
