"""A source is decoded once for all models, and each answers as it would alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.features.log_mel import LogMel
from ser_core.features.source import Source
from ser_core.features.spectrogram_image import to_png
from ser_core.models.recognizer import Recognizer
from tools import tiny_model, voices


def test_a_source_gives_exactly_what_the_recognizer_gives_for_the_clip(
    tiny_recognizer: Recognizer, speech_like_wav: bytes
):
    alone = tiny_recognizer(Clip.from_bytes(speech_like_wav))
    shared = tiny_recognizer(Source.from_bytes(speech_like_wav))
    assert shared.probabilities == alone.probabilities
    assert (shared.status, shared.duration_s) == (alone.status, alone.duration_s)


@pytest.mark.parametrize(
    ("waveform", "status"),
    [
        (np.zeros(16_000, np.float32), "silent"),
        (voices.voice(0.05), "too_short"),
        (np.clip(10 * voices.voice(), -1, 1), "clipped"),
    ],
    ids=["silent", "too short", "clipped"],
)
def test_a_source_knows_what_is_wrong_with_it(
    tiny_recognizer: Recognizer, waveform: np.ndarray, status: str
):
    source = Source.from_bytes(voices.wav(waveform))
    assert tiny_recognizer(source).status == status


def test_models_with_the_same_settings_share_one_log_mel(
    tiny_recognizer: Recognizer, tmp_path: Path, speech_like_wav: bytes, monkeypatch
):
    other = Recognizer(tiny_model.write_ir(tmp_path / "other.xml"))
    narrow = LogMel(fmax=4000.0)
    telephone = Recognizer(
        tiny_model.write_ir(tmp_path / "narrow.xml", signed=tiny_model.signature(features=narrow))
    )
    computed = []
    original = LogMel.__call__
    monkeypatch.setattr(
        LogMel, "__call__", lambda self, x: computed.append(self) or original(self, x)
    )
    source = Source.from_bytes(speech_like_wav)
    for recognizer in (tiny_recognizer, other, telephone, tiny_recognizer):
        recognizer(source)
    assert computed == [LogMel(), narrow]


def test_everyones_latency_holds_what_is_shared(
    tiny_recognizer: Recognizer, speech_like_wav: bytes
):
    source = Source.from_bytes(speech_like_wav)
    first, second = (tiny_recognizer(source).latency_ms for _ in range(2))
    assert first["decode"] == second["decode"] == source.clip.decode_ms
    shared_ms = source.spectrogram(LogMel()).features_ms
    assert 0 < shared_ms <= min(first["features"], second["features"])


def test_a_saved_spectrogram_is_a_source_too(
    tiny_recognizer: Recognizer, speech_like: Clip, tmp_path: Path
):
    settings = LogMel()
    picture = tmp_path / "voice.wav"  # the content decides, not the name
    picture.write_bytes(to_png(settings(speech_like.waveform), settings))
    source = Source.from_file(picture)
    assert source.clip is None
    assert tiny_recognizer(source).label == tiny_recognizer(speech_like).label


def test_a_picture_without_a_spectrogram_is_refused_in_a_sentence(tiny_recognizer: Recognizer):
    source = Source.from_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100), "holiday.png")
    with pytest.raises(AudioError, match="damaged"):
        tiny_recognizer(source)


def test_a_missing_file_is_refused_in_a_sentence(tmp_path: Path):
    with pytest.raises(AudioError, match="cannot be opened"):
        Source.from_file(tmp_path / "nowhere.wav")


def test_features_of_one_setting_are_not_those_of_another(speech_like_wav: bytes):
    source, wide = Source.from_bytes(speech_like_wav), LogMel()
    narrow = replace(wide, n_mels=40)
    assert source.spectrogram(wide).log_mel.shape[0] == 80
    assert source.spectrogram(narrow).log_mel.shape[0] == 40


def test_a_stretch_has_the_samples_between_its_ends_bit_for_bit(speech_like_wav: bytes):
    whole = Source.from_bytes(speech_like_wav, "voice.wav", "happy", "By Anna.")
    stretch = whole.stretch(0.5, 1.25)
    assert (stretch.name, stretch.actual) == ("voice.wav", "happy")
    assert stretch.about == "By Anna. Only 0.50 to 1.25 s."
    np.testing.assert_array_equal(stretch.clip.waveform, whole.clip.waveform[8_000:20_000])
    assert len(whole.stretch(5.0, 6.0).clip.waveform) == 1, "never empty"
