"""The Analyze and About pages without a browser: every way in, and everything that goes wrong.

`test_judge.py` has what the page hides while the room votes.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from ser_core.audio.clip import Clip
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram
from ser_core.features.spectrogram_image import to_png
from ser_core.models.card import PRECISIONS
from ser_core.models.labels import EMOTIONS, MERGED_NEGATIVE
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model
from ser_core.runtime.places import SAMPLES
from tests.app import SYNTHETIC_AT_ONCE, open_page
from tests.made_corpus import write_ravdess
from tools import tiny_model, voices


def upload(app: AppTest, data: bytes, name: str = "voice.wav") -> AppTest:
    if app.segmented_control(key="source").value != "File":
        app.segmented_control(key="source").set_value("File").run()
    return app.file_uploader(key="file_uploader").set_value((name, data, "audio/wav")).run()


def html(app: AppTest) -> str:
    return "".join(block.value for block in app.html)


def answers(app: AppTest) -> list[str]:
    """The label on each model's card, empty for no answer."""
    return re.findall(r'data-label="(\w*)"', html(app))


def cards(app: AppTest) -> list[str]:
    """The text of each model's card."""
    return [re.sub("<[^>]*>", " ", part) for part in html(app).split('role="listitem"')[1:]]


def assert_answered(app: AppTest) -> None:
    assert not app.exception
    assert not app.error
    assert answers(app)
    assert {*answers(app)} <= {*EMOTIONS}
    assert len(app.get("bidi_component")) == 1


def choose(app: AppTest, *models: str) -> AppTest:
    return app.multiselect(key="models for main").set_value([*models]).run()


def test_three_different_networks_are_compared_at_first(app: AppTest, zoo: Path) -> None:
    assert_answered(app)
    assert app.title[0].value == "Analyze"
    assert [metric.label for metric in app.metric][:3] == ["Length", "Decode", "Features"]
    assert app.multiselect(key="models for main").value == ["tiny, INT8"]
    for name, role in (("small", "small"), ("tcn", "comparison"), ("listener", "live")):
        tiny_model.write_model(zoo, name, role)
    fresh = open_page(state=SYNTHETIC_AT_ONCE)
    assert fresh.multiselect(key="models for main").value == [
        "tiny, INT8",
        "small, INT8",
        "tcn, FP32",
    ]
    assert len(answers(fresh)) == 3
    fresh.segmented_control(key="source").set_value("Microphone").run()
    assert fresh.multiselect(key="models for live").value[0] == "listener, INT8"


def test_every_sample_voice_is_listed_and_analyzed(app: AppTest) -> None:
    offered = []
    for group in ("English", "German", "Synthetic"):
        app.segmented_control(key="sample group").set_value(group).run()
        assert_answered(app)
        voices_of_group = app.selectbox(key="sample")
        offered += voices_of_group.options
        voices_of_group.select_index(len(voices_of_group.options) - 1).run()
        assert_answered(app)
    files = [*SAMPLES.glob("*.flac")]
    assert len(offered) == len(files) == 16 + 6 + 8
    assert sum(file.stat().st_size for file in files) < 1_500_000


def test_an_uploaded_file_is_analyzed(app: AppTest, speech_like_wav: bytes) -> None:
    assert_answered(upload(app, speech_like_wav))
    assert app.metric[0].value == "2.00 s"


def test_a_recording_is_analyzed(app: AppTest, speech_like_wav: bytes) -> None:
    app.segmented_control(key="source").set_value("Microphone").run()
    assert "Nothing to analyze yet" in app.info[0].value
    app.audio_input(key="audio_input").set_value(("mic.wav", speech_like_wav, "audio/wav")).run()
    assert_answered(app)


def test_an_uploaded_file_survives_a_look_at_another_page(
    app: AppTest, speech_like_wav: bytes
) -> None:
    answer = answers(upload(app, speech_like_wav))
    app.switch_page("pages/about.py").run()
    assert app.title[0].value == "About"
    app.switch_page("streamlit_app.py").run()
    assert answers(app) == answer
    assert any("Loaded earlier: `voice.wav`" in caption.value for caption in app.caption)


def test_a_kept_file_can_be_removed(app: AppTest, speech_like_wav: bytes) -> None:
    upload(app, speech_like_wav)
    app.switch_page("pages/about.py").run()
    app.switch_page("streamlit_app.py").run()
    app.button(key="remove File").click().run()
    assert "Nothing to analyze yet" in app.info[0].value
    assert not answers(app)


def test_the_saved_spectrogram_gives_the_same_answer(
    app: AppTest, speech_like: Clip, speech_like_wav: bytes
) -> None:
    answer = answers(upload(app, speech_like_wav))
    settings = LogMel()
    picture = to_png(settings(speech_like.waveform), settings)
    upload(app, picture, "voice.png")
    assert_answered(app)
    assert answers(app) == answer


def test_each_chosen_model_answers_on_a_card_of_its_own(app: AppTest, zoo: Path) -> None:
    choose(app, "tiny-mirrored, INT8", "tiny, FP16", "tiny, FP32")
    assert_answered(app)
    shown = cards(app)
    assert [("tiny-mirrored, INT8" in shown[0]), ("tiny, FP16" in shown[1])] == [True, True]
    for card, name in zip(shown, ("tiny-mirrored", "tiny", "tiny"), strict=True):
        recognizer = load_model(name, zoo=zoo)
        probabilities = recognizer(Clip.from_file(SAMPLES / "plain.flac")).probabilities
        assert re.findall(r"(\d+)\xa0%", card)[1:9] == [
            f"{100 * share:.0f}" for share in probabilities.values()
        ]


def test_a_busy_moment_does_not_make_a_model_slow(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    times_ms = iter([50.0, 3.0, 4.0])
    predict = Recognizer.predict

    def timed(self: Recognizer, spectrogram: Spectrogram, *speaker: None) -> Prediction:
        prediction = predict(self, spectrogram)
        prediction.latency_ms["inference"] = next(times_ms)
        return prediction

    choose(app, "tiny, FP32")
    monkeypatch.setattr(Recognizer, "predict", timed)
    app.selectbox(key="sample").set_value("flat.flac").run()
    assert not app.exception
    assert re.search(r"tiny, FP32\s+3\.0 ms", cards(app)[0])


def test_models_that_disagree_are_said_to_disagree(app: AppTest) -> None:
    choose(app, "tiny, FP32", "tiny-mirrored, FP32")
    assert "They disagree: tiny says" in html(app)
    choose(app, "tiny, FP32", "tiny, INT8")
    assert not {"agree", "disagree"} & {*html(app).split()}, "one network is one voice"


def test_a_model_of_another_task_stands_beside_the_others(app: AppTest, zoo: Path) -> None:
    tiny_model.write_model(zoo, "five", "comparison", task="negative-5")
    app.run()
    choose(app, "tiny, FP32", "five, FP32")
    assert not app.exception
    assert answers(app)[1] in MERGED_NEGATIVE
    table = app.table[0].value
    assert list(table["Emotion"].str.split(" ").str[1]) == [*EMOTIONS, "negative"]
    assert table["five, FP32"].tolist().count("–") == 4
    assert table["tiny, FP32"].tolist().count("–") == 1


def test_any_model_supplies_the_emotion_over_time(app: AppTest) -> None:
    choose(app, "tiny, FP32", "tiny-mirrored, FP32")
    first = app.table[1].value["Predicted emotion"].tolist()
    app.selectbox(key="track").set_value("tiny-mirrored, FP32").run()
    assert app.table[1].value["Predicted emotion"].tolist() != first
    choose(app, "tiny, FP32")
    assert app.table[1].value["Predicted emotion"].tolist() == first


def test_the_chosen_models_survive_a_look_at_another_page(app: AppTest) -> None:
    choose(app, "tiny-mirrored, FP16", "tiny, INT8")
    app.switch_page("pages/about.py").run()
    app.switch_page("streamlit_app.py").run()
    assert app.multiselect(key="models for main").value == ["tiny-mirrored, FP16", "tiny, INT8"]
    assert len(answers(app)) == 2


def test_a_chosen_model_that_left_the_zoo_is_forgotten(app: AppTest, zoo: Path) -> None:
    choose(app, "tiny-mirrored, FP32", "tiny, FP32")
    (zoo / "tiny-mirrored" / "card.json").unlink()
    app.run()
    assert not app.exception
    assert len(answers(app)) == 1


def test_without_a_model_the_page_asks_for_one(app: AppTest) -> None:
    choose(app)
    assert not app.exception
    assert "at least one model" in app.info[0].value


def test_nine_models_in_three_precisions_are_shown(app: AppTest, zoo: Path) -> None:
    names = ["tiny", "tiny-mirrored", *(f"other-{n}" for n in range(7))]
    for name in names[2:]:
        shutil.copytree(zoo / "tiny", zoo / name)
        text = (zoo / name / "card.json").read_text()
        card = json.loads(text) | {"name": name, "role": "comparison"}
        (zoo / name / "card.json").write_text(json.dumps(card))
    app.run()
    choose(app, *(f"{name}, {precision}" for name in names for precision in PRECISIONS))
    assert_answered(app)
    assert len(answers(app)) == 27


def test_a_voice_is_decoded_and_transformed_once_for_all_models(
    app: AppTest, speech_like_wav: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(app, "tiny, FP32", "tiny, INT8", "tiny-mirrored, FP32")
    calls: list[str] = []
    transform, decode = LogMel.__call__, Clip.from_bytes
    monkeypatch.setattr(
        LogMel, "__call__", lambda self, x: calls.append("transform") or transform(self, x)
    )
    monkeypatch.setattr(Clip, "from_bytes", lambda *a: calls.append("decode") or decode(*a))
    upload(app, speech_like_wav)
    app.selectbox(key="track").set_value("tiny-mirrored, FP32").run()
    assert calls == ["decode", "transform"]


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
    "truncated": (lambda: voices.encode(voices.voice(), "m4a")[:3000], "damaged or ends early"),
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
    assert expected in app.error[0].value
    assert not answers(app)
    assert_answered(upload(app, speech_like_wav))


@pytest.mark.parametrize(
    ("waveform", "sentence"),
    [
        (np.zeros(16_000, np.float32), "no sound to classify"),
        (voices.voice(0.05), "too little sound"),
        (np.clip(10 * voices.voice(), -1, 1), "is clipped"),
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
    assert answers(app)
    assert_answered(upload(app, speech_like_wav))


def test_an_empty_zoo_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ser_core.models.zoo.ZOO", tmp_path)
    app = open_page()
    assert not app.exception
    assert "no model" in app.error[0].value


def test_a_damaged_model_is_said_in_a_sentence_and_the_others_answer(
    app: AppTest, zoo: Path
) -> None:
    weights = zoo / "tiny" / "fp16.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    choose(app, "tiny, FP16", "tiny, FP32")
    assert not app.exception
    assert [error.value for error in app.error] == [
        "fp16.bin of tiny is damaged. Clone the repository again."
    ]
    assert len(answers(app)) == 1


def test_a_damaged_card_is_one_warning_and_the_other_models_answer(app: AppTest, zoo: Path) -> None:
    (zoo / "tiny" / "card.json").write_text("{")
    app.run()
    assert not app.exception
    assert len(app.warning) == 1
    assert "A model was skipped. tiny/card.json is not a valid model card" in app.warning[0].value
    choose(app, "tiny-mirrored, FP32")
    assert_answered(app)


def test_a_zoo_of_damaged_cards_ends_the_page_with_a_warning_for_each(
    app: AppTest, zoo: Path
) -> None:
    for path in zoo.glob("*/card.json"):
        path.write_text("{")
    app.run()
    assert not app.exception
    assert len(app.warning) == 2
    assert not answers(app)


def test_what_the_card_measured_on_unseen_actors_is_said(app: AppTest, zoo: Path) -> None:
    path = zoo / "tiny" / "card.json"
    card = json.loads(path.read_text())
    card["results"][0]["protocol"] = "actors-5fold"
    path.write_text(json.dumps(card))
    choose(app, "tiny, FP32")
    said = [caption.value for caption in app.caption if "actors that it was" in caption.value]
    assert len(said) == 1
    assert "on the 5 actors that it was tested on: 75\N{NO-BREAK SPACE}% UAR, 64 clips" in said[0]
    # Each label was said 8 times, 6 of them rightly.
    sentence = (
        "On voices it never heard, this model is right 75\N{NO-BREAK SPACE}% of the time when it "
        f"predicts {answers(app)[0]} (6/8)."
    )
    assert sentence in cards(app)[0]
    card["results"][0]["protocol"] = "random-80-20"
    path.write_text(json.dumps(card))
    app.run()
    assert not any("UAR" in caption.value for caption in app.caption)
    assert "never heard" not in cards(app)[0]


def test_the_headline_is_that_of_the_recipe_and_the_file_is_small_print(
    app: AppTest, zoo: Path
) -> None:
    path = zoo / "tiny" / "card.json"
    card = json.loads(path.read_text())
    (file,) = card["results"]
    recipe = file | {"protocol": "actors-5fold", "fold": None, "of": "recipe", "uar": 0.612}
    card["results"] = [file | {"protocol": "actors-5fold", "uar": 0.9}, recipe]
    path.write_text(json.dumps(card))
    app.run()
    headline, small_print = [c.value for c in app.caption if "UAR" in c.value]
    assert headline.startswith("**New voices: 61.2\N{NO-BREAK SPACE}%** UAR")
    assert "5 actors" in small_print
    assert "90\N{NO-BREAK SPACE}%" in small_print
    assert "On new voices, networks trained like this one are right" in cards(app)[0]
    # A model that heard every actor has no result of its own, and is not left without a figure.
    path.write_text(json.dumps(card | {"results": [recipe]}))
    app.run()
    (headline,) = [c.value for c in app.caption if "UAR" in c.value]
    assert headline.startswith("**New voices: 61.2\N{NO-BREAK SPACE}%** UAR")


def test_a_recording_from_a_models_own_training_is_marked_on_its_card_alone(
    app: AppTest, zoo: Path, speech_like_wav: bytes
) -> None:
    (zoo / "tiny" / "heard.txt").write_text("ravdess/03-01-01-01-01-01-01\n")
    choose(app, "tiny, FP32", "tiny-mirrored, FP32")
    upload(app, speech_like_wav, "03-01-01-01-01-01-01.wav")
    assert ["Heard in training" in card for card in cards(app)] == [True, False]
    upload(app, speech_like_wav, "03-01-01-01-01-01-02.wav")
    assert "Heard in training" not in html(app)


def test_a_file_name_that_tells_the_emotion_is_taken_at_its_word(
    app: AppTest, speech_like_wav: bytes
) -> None:
    upload(app, speech_like_wav, "03-01-05-01-01-01-09.wav")
    assert 'data-actual="angry"' in html(app)
    right = [label == "angry" for label in answers(app)]
    assert ["✓ right" in card for card in cards(app)] == right
    upload(app, speech_like_wav, "my voice.wav")
    assert "data-actual" not in html(app)
    assert not {"✓", "✗"} & {*html(app)}


def test_actors_that_the_main_model_never_heard_speak_with_the_actual_emotion_beside(
    actors: AppTest,
) -> None:
    actors.segmented_control(key="source").set_value("Actor").run()
    assert_answered(actors)
    assert actors.selectbox(key="actor").options == [
        "Actor 02, female",
        "Actor 03, male",
        "Actor 01, male · heard in training",
    ]
    pills = next(g for g in actors.get("button_group") if g.key == "emotion of the actor")
    assert [option.split(" ")[1] for option in pills.options] == [
        "neutral",
        "happy",
        "sad",
        "angry",
    ]
    pills.set_value("sad").run()
    assert 'data-actual="sad"' in html(actors)
    assert any("“Kids are talking by the door”" in c.value for c in actors.caption)
    right = [label == "sad" for label in answers(actors)]
    assert ["✓ right" in card for card in cards(actors)] == right
    assert "Heard in training" not in html(actors)


def test_without_a_corpus_the_actors_of_the_samples_speak(
    zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_DATA", str(tmp_path / "nothing"))
    app = open_page(state={"source": "Actor"})
    assert_answered(app)
    assert [o[:8] for o in app.selectbox(key="actor").options] == [
        f"Actor {number}" for number in ("02", "05", "15", "16")
    ]
    assert any("python -m ser_core download" in caption.value for caption in app.caption)


def test_all_24_actors_are_offered_where_ravdess_lies_in_the_data(
    zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_DATA", str(write_ravdess(tmp_path / "data")))
    app = open_page(state={"source": "Actor"})
    assert len(app.selectbox(key="actor").options) == 24
    assert not any("python -m ser_core download" in caption.value for caption in app.caption)


def test_every_chart_has_a_table_twin(app: AppTest) -> None:
    probabilities, over_time = (table.value for table in app.table)
    assert list(probabilities.columns) == ["Emotion", "tiny, INT8"]
    assert list(probabilities["Emotion"].str.split(" ").str[1]) == list(EMOTIONS)
    assert len(over_time) == 11, "2.73 s in steps of a quarter of a second"


def test_about_says_what_is_prohibited_and_lists_the_models(app: AppTest) -> None:
    app.switch_page("pages/about.py").run()
    assert not app.exception
    text = " ".join(block.value for block in app.markdown)
    assert "Article 5(1)(f)" in text
    assert "February 2, 2025" in text
    for corpus in ("RAVDESS", "EMO-DB", "nEMO", "ETOD", "EmoSpeech"):
        assert corpus in text
    assert list(app.table[1].value["Model"]) == ["Tiny network (main)", "Tiny network (comparison)"]


def test_of_two_people_on_two_channels_one_can_be_chosen():
    one, other = voices.voice(), voices.voice(pitch_hz=220, seed=1)
    pause = voices.noise(2.0, rms=1e-4)
    channels = np.concatenate([one, pause]), np.concatenate([pause, other])
    app = upload(open_page(), voices.wav(np.stack(channels, axis=1)))
    (note,) = (info.value for info in app.info if "channels" in info.value)
    assert "two people" in note
    app.segmented_control(key="channel of voice.wav").set_value("left").run()
    assert_answered(app)
    assert not [info for info in app.info if "channels" in info.value]
    assert app.segmented_control(key="channel of voice.wav").value == "left"
