"""Teaching a model one's own voice: takes, what they gain, before and after, the speaker file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.shell.teach import teaching as limits
from pages.shell.teach.teaching import Teaching
from ser_core.adaptation.learning import learn
from ser_core.adaptation.takes import Take
from ser_core.audio.clip import Clip
from ser_core.live.windows import chunks
from ser_core.models.zoo import load_model
from tests.app import SYNTHETIC_AT_ONCE, open_page, text
from tools import voices

OPEN = SYNTHETIC_AT_ONCE | {"teach": True}
WAV, JSON = "audio/wav", "application/json"


@pytest.fixture(autouse=True)
def no_server_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest has none for streamlit-webrtc to watch."""
    for module in ("component", "shutdown"):
        monkeypatch.setattr(f"streamlit_webrtc.{module}.get_this_session_info", lambda: None)


@pytest.fixture
def app(zoo: Path) -> AppTest:
    """Analyze with the card open."""
    return open_page(state=OPEN)


def spoken(seed: int, pitch_hz: float = 120.0, vowels: str = "aiu") -> bytes:
    return voices.wav(voices.voice(1.5, pitch_hz, vowels, seed=seed))


def teaching(app: AppTest) -> Teaching:
    return app.session_state["teaching"]


def drop(app: AppTest, mood: str, *sounds: bytes) -> AppTest:
    app.selectbox(key="mood of takes").set_value(mood).run()
    files = [(f"{mood} {n}.wav", sound, WAV) for n, sound in enumerate(sounds)]
    uploader = app.file_uploader(key=f"takes {teaching(app).round}")
    return uploader.set_value(files).run()


def record(app: AppTest, mood: str, sound: bytes) -> AppTest:
    app.selectbox(key="mood of takes").set_value(mood).run()
    recorder = app.audio_input(key=f"take {teaching(app).round}")
    return recorder.set_value(("recording.wav", sound, WAV)).run()


def load(app: AppTest, data: bytes) -> AppTest:
    uploader = app.file_uploader(key=f"speaker to load {teaching(app).round}")
    return uploader.set_value(("me.json", data, JSON)).run()


def before_and_after(app: AppTest) -> str:
    return next(block.value for block in app.html if "Untaught" in block.value)


def successes(app: AppTest) -> str:
    return "\n".join(block.value for block in app.success)


def taught(app: AppTest, dark: str = "angry", bright: str = "neutral") -> AppTest:
    """A voice whose dark takes are called one mood and whose bright ones another."""
    drop(app, dark, *(spoken(n, 90, "u") for n in range(3)))
    return drop(app, bright, *(spoken(n, 280, "i") for n in range(3)))


def test_takes_change_the_answer_and_say_what_they_gain(app: AppTest, zoo: Path) -> None:
    assert "No takes yet" in text(app)
    taught(app)
    assert not app.exception
    assert not app.error
    assert len(teaching(app).takes) == 6
    assert re.search(r"With your 6 labeled takes: [0-3] right before, 6 after\.", successes(app))
    assert "teaches **Tiny network (main), INT8**" in text(app)
    assert before_and_after(app).count('class="label"') == 2
    recognizer = load_model("tiny", "INT8", zoo=zoo)
    speaker = teaching(app).speaker(recognizer)
    dark = Clip.from_bytes(spoken(9, 90, "u"))
    assert recognizer(dark).label != "angry"
    assert recognizer(dark, speaker).label == "angry"


def test_a_recording_is_a_take_and_can_be_removed(app: AppTest) -> None:
    record(app, "happy", spoken(0))
    (take,) = teaching(app).takes
    assert (take.name, take.label) == ("Recording 1", "happy")
    assert "So far there is 1 take, which change little" in text(app)
    app.button(key="remove take 0 of 1").click().run()
    assert teaching(app).takes == []
    assert "No takes yet" in text(app)


def test_own_words_are_answered_alone(zoo: Path) -> None:
    app = open_page(state=OPEN | {"mood of takes": "bored!"})  # typed
    taught(app, "bored!")
    assert not app.exception
    assert "It now answers with these words alone: bored, neutral." in text(app)
    assert "bored" in before_and_after(app) or "neutral" in before_and_after(app)


def test_a_word_for_a_label_is_that_label(zoo: Path) -> None:
    app = open_page(state=OPEN | {"mood of takes": "Wut"})
    record(app, "Wut", spoken(0))
    assert teaching(app).takes[0].label == "angry"


def test_a_mood_in_the_name_counts_where_none_is_stated(app: AppTest) -> None:
    uploader = app.file_uploader(key="takes 0")
    uploader.set_value([("03-01-05-01-01-01-02.wav", spoken(0), WAV), ("x.wav", spoken(1), WAV)])
    uploader.run()
    assert [take.label for take in teaching(app).takes] == ["angry", ""]


@pytest.mark.parametrize(
    ("sound", "sentence"),
    [
        (voices.wav(np.zeros(32_000, np.float32)), "no sound to classify"),
        (b"Dear voice,", "This is not audio"),
        (voices.wav(voices.voice(limits.MAX_S + 1.0)), "A take has at most 30 s"),
    ],
    ids=["silence", "a letter", "too long"],
)
def test_what_cannot_be_a_take_gets_a_sentence(app: AppTest, sound: bytes, sentence: str) -> None:
    drop(app, "sad", sound)
    assert not app.exception
    assert sentence in app.error[0].value
    assert teaching(app).takes == []
    drop(app, "sad", spoken(0))
    assert not app.error


def test_a_take_counts_once_and_the_list_is_bounded(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_TAKES", 2)
    drop(app, "sad", spoken(0), spoken(0))
    assert "among the takes already" in app.error[0].value
    drop(app, "happy", spoken(1), spoken(2))
    assert "2 takes are enough" in app.error[0].value
    assert len(teaching(app).takes) == 2


def test_the_speaker_file_teaches_another_session_until_it_is_forgotten(
    app: AppTest, zoo: Path
) -> None:
    taught(app)
    recognizer = load_model("tiny", "INT8", zoo=zoo)
    data = teaching(app).speaker(recognizer).to_json()
    compared = before_and_after(app)
    other = load(open_page(state=OPEN), data)
    assert "The loaded speaker file counts; it knows 6 takes" in successes(other)
    assert before_and_after(other) == compared
    other.button(key="forget my voice").click().run()
    assert teaching(other).file is None
    assert not successes(other)


def test_a_speaker_file_that_does_not_fit_gets_a_sentence(app: AppTest, zoo: Path) -> None:
    mirrored = load_model("tiny-mirrored", "INT8", zoo=zoo)
    takes = [Take.of(mirrored(Clip.from_bytes(spoken(n)))) for n in range(2)]
    stranger = learn(mirrored, takes).to_json()
    assert "learned with tiny-mirrored" in load(app, stranger).error[0].value
    fields = json.loads(stranger)
    fields["sha256"] = load_model("tiny", "INT8", zoo=zoo).weights_sha256
    for change, sentence in (
        ({"offset": fields["offset"][1:]}, "another network"),
        ({"offset": [1e99] * 8}, "never learned"),
        ({"offset": None}, "not a valid speaker file"),
    ):
        load(app, json.dumps(fields | change).encode())
        assert not app.exception
        assert sentence in app.error[0].value
        assert teaching(app).file is None


def test_live_knows_the_takes_of_analyze_and_shows_both_answers(app: AppTest) -> None:
    taught(app)
    app.switch_page("pages/live.py").run()
    session = app.session_state["live session"]
    dark = Clip.from_bytes(spoken(9, 90, "u"))
    for chunk in chunks(dark):
        session.stream.push(chunk, dark.sample_rate)
    session.stream.finish()
    answers = session.stream.snapshot().moments[-1].answers
    name = "Tiny network (main), FP32"
    assert [*answers] == [name, f"{name}, untaught"]
    assert max(answers[name], key=answers[name].get) == "angry"
    assert max(answers[f"{name}, untaught"], key=answers[f"{name}, untaught"].get) != "angry"
    assert "Taught with 6 takes" in text(app)
    app.session_state["teach"] = True
    app.run()
    app.button(key="forget my voice").click().run()
    assert session.speaker is None
    assert [*session.answering()] == [name]


def test_live_gets_to_know_a_voice_while_it_speaks(zoo: Path) -> None:
    app = open_page("pages/live.py")
    app.toggle(key="adapt while speaking").set_value(True).run()
    session = app.session_state["live session"]
    voice = Clip(voices.voice(4.0))
    for chunk in chunks(voice):
        session.stream.push(chunk, voice.sample_rate)
    session.stream.finish()
    first, *_, last = session.stream.snapshot().moments
    app.run()
    assert not app.exception
    assert session.adapting.known_s > 2
    assert f"Knows {session.adapting.known_s:.0f} s of your voice" in text(app)
    name = "Tiny network (main), FP32"
    assert first.answers[name] == first.answers[f"{name}, untaught"]
    assert last.answers[name] != last.answers[f"{name}, untaught"]


def test_the_walkthrough_teaches_with_the_recordings_of_the_class(zoo: Path) -> None:
    app = open_page("pages/walkthrough.py", {"step": "10"}, {"unseen view": "Your own voice"})
    assert "what ten recordings do" in text(app)
    taught(app)
    assert not app.exception
    assert "6 after" in successes(app)
    assert "Untaught" in before_and_after(app)
