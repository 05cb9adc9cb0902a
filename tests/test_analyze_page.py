"""The Analyze and About pages without a browser: every way in, and everything that goes wrong."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.shell.voices import SAMPLES
from ser_core.audio import Clip
from ser_core.features import LogMel
from ser_core.labels import EMOTIONS
from ser_core.spectrogram_image import to_png
from tests import voices

APP = Path(__file__).parent.parent / "streamlit_app.py"


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    yield
    st.cache_resource.clear()


@pytest.fixture
def app(own_zoo: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Analyze page, opened with the sample voice that it begins with."""
    monkeypatch.setattr("ser_core.zoo.ZOO", own_zoo)
    return AppTest.from_file(str(APP), default_timeout=30).run()


def upload(app: AppTest, data: bytes, name: str = "voice.wav") -> AppTest:
    if app.segmented_control(key="source").value != "File":
        app.segmented_control(key="source").set_value("File").run()
    return app.file_uploader(key="file_uploader").set_value((name, data, "audio/wav")).run()


def headline(app: AppTest) -> str:
    """The text of the large answer; empty where there is none."""
    found = [block.value for block in app.html if 'role="status"' in block.value]
    return found[0].split('nowrap">')[1].split("<")[0] if found else ""


def assert_answered(app: AppTest) -> None:
    assert not app.exception
    assert not app.error
    assert headline(app).split(" ")[1] in EMOTIONS
    assert len(app.get("plotly_chart")) == 2


def test_the_first_sample_is_analysed_at_once(app: AppTest) -> None:
    assert_answered(app)
    assert app.title[0].value == "Analyze"
    assert [metric.label for metric in app.metric][:3] == ["Length", "Decode", "Features"]


def test_every_sample_voice_is_listed_and_analysed(app: AppTest) -> None:
    manifest = json.loads((SAMPLES / "manifest.json").read_text())
    files = sorted(path.name for path in SAMPLES.glob("*.flac"))
    assert sorted(entry["file"] for entry in manifest) == files
    assert sum((SAMPLES / file).stat().st_size for file in files) < 500_000
    for file in files:
        app.selectbox(key="sample").set_value(file).run()
        assert_answered(app)


def test_an_uploaded_file_is_analysed(app: AppTest, speech_like_wav: bytes) -> None:
    assert_answered(upload(app, speech_like_wav))
    assert app.metric[0].value == "2.00 s"


def test_a_recording_is_analysed(app: AppTest, speech_like_wav: bytes) -> None:
    app.segmented_control(key="source").set_value("Microphone").run()
    assert "Nothing to analyse yet" in app.info[0].value
    app.audio_input(key="audio_input").set_value(("mic.wav", speech_like_wav, "audio/wav")).run()
    assert_answered(app)


def test_an_uploaded_file_survives_a_look_at_another_page(
    app: AppTest, speech_like_wav: bytes
) -> None:
    answer = headline(upload(app, speech_like_wav))
    app.switch_page("pages/about.py").run()
    assert app.title[0].value == "About"
    app.switch_page("streamlit_app.py").run()
    assert headline(app) == answer
    assert any("Still here from before: `voice.wav`" in caption.value for caption in app.caption)


def test_a_kept_file_can_be_removed(app: AppTest, speech_like_wav: bytes) -> None:
    upload(app, speech_like_wav)
    app.switch_page("pages/about.py").run()
    app.switch_page("streamlit_app.py").run()
    app.button(key="remove File").click().run()
    assert "Nothing to analyse yet" in app.info[0].value
    assert not headline(app)


def test_the_saved_spectrogram_gives_the_same_answer(
    app: AppTest, speech_like: Clip, speech_like_wav: bytes
) -> None:
    answer = headline(upload(app, speech_like_wav))
    settings = LogMel()
    picture = to_png(settings(speech_like.waveform), settings)
    upload(app, picture, "voice.png")
    assert_answered(app)
    assert headline(app) == answer


def test_another_model_and_precision_answer_too(app: AppTest) -> None:
    first = headline(app)
    app.segmented_control(key="precision of tiny").set_value("INT8").run()
    assert any(metric.label == "Inference, INT8 on CPU" for metric in app.metric)
    app.selectbox(key="model for main").set_value("tiny-mirrored").run()
    assert_answered(app)
    assert headline(app) != first


def _wav(waveform: np.ndarray, rate: int = voices.RATE, subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, waveform, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def _flac(waveform: np.ndarray) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, waveform, 8000, format="FLAC")
    return file.getvalue()


def _with_rate(data: bytes, rate: int) -> bytes:
    return data[:24] + struct.pack("<II", rate, 2 * rate) + data[32:]


def _nan() -> bytes:
    waveform = voices.voice()
    waveform[100] = np.nan
    return _wav(waveform, subtype="FLOAT")


BAD_FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty"),
    "not audio": (lambda: b"Dear voice, I write to you. " * 100, "not audio"),
    "truncated": (lambda: _flac(voices.noise(5.0))[:9000], "damaged|ends early|not audio"),
    "header only": (lambda: _wav(voices.voice())[:44], "no sound"),
    "not a number": (_nan, "NaN"),
    "three hours": (lambda: _flac(np.zeros(3 * 3600 * 8000, np.int16)), "10 minutes"),
    "1 Hz": (lambda: _with_rate(_wav(voices.voice()), 1), "sample rate of 1 Hz"),
    "64 channels": (lambda: _wav(np.zeros((1600, 64), np.float32)), "64 channels"),
    "damaged picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "picture is damaged"),
}


@pytest.mark.parametrize("kind", [*BAD_FILES])
def test_a_bad_file_gives_one_sentence_and_the_next_file_works(
    app: AppTest, speech_like_wav: bytes, kind: str
) -> None:
    make, expected = BAD_FILES[kind]
    upload(app, make(), f"{kind}.wav")
    assert not app.exception
    assert len(app.error) == 1
    assert any(part in app.error[0].value for part in expected.split("|"))
    assert not headline(app)
    assert_answered(upload(app, speech_like_wav))


@pytest.mark.parametrize(
    ("waveform", "sentence"),
    [
        (np.zeros(16_000, np.float32), "no sound to classify"),
        (voices.voice(0.05), "too little sound"),
        (np.clip(10 * voices.voice(), -1, 1), "overdriven"),
    ],
    ids=["silent", "0.05 s", "clipped"],
)
def test_a_doubtful_recording_is_shown_with_a_sentence(
    app: AppTest, speech_like_wav: bytes, waveform: np.ndarray, sentence: str
) -> None:
    upload(app, _wav(waveform), "doubtful.wav")
    assert not app.exception
    assert not app.error
    assert sentence in app.warning[0].value
    assert headline(app)
    assert_answered(upload(app, speech_like_wav))


def test_an_empty_zoo_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ser_core.zoo.ZOO", tmp_path)
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not app.exception
    assert "no model" in app.error[0].value


def test_a_damaged_model_is_said_in_a_sentence_and_another_works(
    app: AppTest, own_zoo: Path
) -> None:
    weights = own_zoo / "tiny" / "int8.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    app.segmented_control(key="precision of tiny").set_value("INT8").run()
    assert not app.exception
    assert "int8.bin of tiny is damaged" in app.error[0].value
    app.segmented_control(key="precision of tiny").set_value("FP32").run()
    assert_answered(app)


def test_a_damaged_card_is_said_in_a_sentence(app: AppTest, own_zoo: Path) -> None:
    (own_zoo / "tiny" / "card.json").write_text("{")
    app.run()
    assert not app.exception
    assert "no model card" in app.error[0].value


def test_what_the_card_measured_on_unseen_actors_is_said(app: AppTest, own_zoo: Path) -> None:
    path = own_zoo / "tiny" / "card.json"
    card = json.loads(path.read_text())
    card["results"][0]["protocol"] = "actors-5fold"
    path.write_text(json.dumps(card))
    app.run()
    said = [caption.value for caption in app.caption if "never heard" in caption.value]
    assert len(said) == 1
    assert "75\N{NO-BREAK SPACE}%" in said[0]
    card["results"][0]["protocol"] = "random-80-20"
    path.write_text(json.dumps(card))
    app.run()
    assert not any("never heard" in caption.value for caption in app.caption)


def test_a_recording_from_the_models_own_training_is_marked(
    app: AppTest, own_zoo: Path, speech_like_wav: bytes
) -> None:
    (own_zoo / "tiny" / "heard.txt").write_text("ravdess/03-01-01-01-01-01-01\n")
    upload(app, speech_like_wav, "03-01-01-01-01-01-01.wav")
    assert "Heard in training" in app.info[0].value
    upload(app, speech_like_wav, "03-01-01-01-01-01-02.wav")
    assert not app.info


def test_every_chart_has_a_table_twin(app: AppTest) -> None:
    probabilities, over_time = (table.value for table in app.table)
    assert list(probabilities["Emotion"].str.split(" ").str[1]) == list(EMOTIONS)
    assert len(over_time) == 11, "2.73 s in steps of a quarter of a second"


def test_about_says_what_is_prohibited_and_lists_the_models(app: AppTest) -> None:
    app.switch_page("pages/about.py").run()
    assert not app.exception
    text = " ".join(block.value for block in app.markdown)
    assert "Article 5(1)(f)" in text
    assert "2 February 2025" in text
    assert list(app.table[1].value["Model"]) == ["Tiny network (main)", "Tiny network (comparison)"]


def test_the_pages_need_no_training_libraries() -> None:
    code = (
        "import sys; sys.path.insert(0, '.');"
        "import pages.shell.result, pages.shell.models, pages.shell.voices;"
        "print(sorted({'torch', 'librosa', 'matplotlib', 'onnx', 'nncf'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=APP.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
