"""The walkthrough without a browser: every step and view, links to a step, the voice that stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.shell.walkthrough.steps import STEPS
from ser_core.audio.clip import Clip
from ser_core.evaluation.metrics import percent
from ser_core.models.zoo import load_model
from ser_core.reports.session_report import session_report
from ser_core.walkthrough.voice_map import VoiceMap
from tests.app import open_page, text
from tools import tiny_model, voices

PAGE = "pages/walkthrough.py"
VIEWS = {
    "decibels view": (5, ("Decibels", "Level")),
    "network view": (6, ("Feature maps", "Over time", "Hide a region", "What matters")),
    "training view": (8, ("Curves", "Augmentation", "Mean spectrograms")),
    "ir view": (9, ("Operations", "Weights", "Answers")),
    "unseen view": (10, ("The figures", "One left-out take")),
}


@pytest.fixture
def without_corpora(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SER_DATA", str(tmp_path))


def opened(step: str | int = 1, **views: str) -> AppTest:
    state = {f"{name} view": view for name, view in views.items()}
    return open_page(PAGE, {"step": str(step)}, dict(state))


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_a_link_opens_a_step_with_its_figure_numbers_and_question(
    number: int, without_corpora: None
):
    app = opened(number)
    assert [title.value for title in app.title] == [f"{number} · {STEPS[number - 1].title}"]
    assert not app.info
    assert app.get("plotly_chart")
    assert app.dataframe, "every figure has a table twin"
    (question,) = (e for e in app.expander if e.label.startswith("**Ask the class:**"))
    assert question.markdown[0].value == STEPS[number - 1].answer


@pytest.mark.parametrize("step", ["0", "12", "x", "-1", "3.5", ""])
def test_a_link_to_no_step_opens_the_first(step: str):
    assert opened(step).title[0].value.startswith("1 · ")


def test_next_and_back_go_through_all_steps():
    app = opened()
    for number in range(2, len(STEPS) + 1):
        button(app, "Next").click().run()
        assert app.title[0].value.startswith(f"{number} · ")
        assert app.query_params["step"] == str(number)
        assert not app.exception
    assert "Next" not in [b.label for b in app.button]
    button(app, "Back").click().run()
    assert app.title[0].value.startswith(f"{len(STEPS) - 1} · ")


@pytest.mark.parametrize(
    ("switch", "view"), [(name, view) for name, (_, views) in VIEWS.items() for view in views]
)
def test_every_view_of_a_step_shows_a_figure(switch: str, view: str, without_corpora: None):
    app = opened(VIEWS[switch][0])
    app.segmented_control(key=switch).set_value(view).run()
    assert not app.exception
    assert not app.info
    assert app.get("plotly_chart")
    assert app.dataframe


def test_a_moment_of_the_answer_stands_under_its_sound(without_corpora: None):
    app = opened(6)
    for view, panels in (("Over time", ("Amplitude", "Frequency (Hz)")), ("What matters", ())):
        app.segmented_control(key="network view").set_value(view).run()
        chart = json.loads(app.get("plotly_chart")[0].proto.spec)
        kinds = [trace["type"] for trace in chart["data"]]
        titles = json.dumps(chart["layout"])
        assert all(title in titles for title in panels)
        assert "heatmap" in kinds
    assert kinds == ["heatmap", "heatmap"], "the spectrogram beneath"


def test_the_lecture_can_be_taken_home_with_what_the_class_predicted(without_corpora: None):
    app = opened(10)
    app.segmented_control(key="unseen view").set_value("Cheat the split").run()
    app.slider[0].set_value(90)
    button(app, "This is our prediction").click().run()
    button(app, "Next").click().run()
    (download,) = app.get("download_button")[:1]
    assert download.proto.label == "Save"
    seen = app.session_state["seen steps"]
    assert list(seen) == [10, 11]
    home = session_report([], list(seen.values()), datetime.now(UTC))
    for step in (STEPS[9], STEPS[10]):
        assert step.question in unescape(home)
        assert step.answer in unescape(home)
    assert f"the class predicted a UAR of {percent(0.9)}" in home
    assert "Ours, unseen actors" in home


def test_the_voice_stays_when_the_step_or_the_page_changes():
    app = opened()
    app.segmented_control(key="sample group").set_value("Synthetic").run()
    app.selectbox(key="sample").set_value("whispered.flac").run()
    samples = app.metric[0].value
    button(app, "Next").click().run()
    button(app, "Back").click().run()
    assert app.metric[0].value == samples
    app.switch_page("pages/about.py").run()
    app.switch_page("pages/walkthrough.py").run()
    assert app.metric[0].value == samples


@pytest.mark.parametrize("number", [1, 5, 6, 7])
def test_silence_gets_a_sentence_and_keeps_the_question(number: int):
    app = with_file("silence.wav", voices.wav(0 * voices.voice()), number)
    if number >= 6:
        assert "no sound to classify" in text(app)
    assert any("Ask the class" in e.label for e in app.expander)


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_without_a_voice_no_step_breaks(number: int):
    app = opened(number)
    app.segmented_control(key="source").set_value("Microphone").run()
    assert not app.exception
    needs_voice = number <= 7
    assert ("Choose a voice" in text(app)) == needs_voice


def test_a_spectrogram_picture_is_asked_to_become_sound_where_sound_is_needed():
    from ser_core.features.spectrogram_image import to_png
    from ser_core.models.zoo import list_models

    settings = list_models()[0].features
    png = to_png(settings(voices.voice()), settings)
    assert "needs sound" in text(with_file("voice.png", png, 2))
    seeing = with_file("voice.png", png, 6)
    assert seeing.get("plotly_chart")


@pytest.mark.parametrize("seconds", [0.3, 25])
def test_short_and_long_voices_go_through_every_step(seconds: float, without_corpora: None):
    data = voices.wav(voices.voice(seconds))
    for number in range(1, len(STEPS) + 1):
        with_file("voice.wav", data, number)


def test_models_without_reports_say_what_is_missing(zoo: Path, without_corpora: None):
    missing = {6: "", 8: "without training curves", 9: "no conversion report", 10: "lacks a model"}
    for number, sentence in missing.items():
        assert sentence in text(opened(number, unseen="The figures"))


def test_the_curves_of_a_refit_model_say_what_became_of_the_clips_to_watch_with(
    zoo: Path, without_corpora: None
):
    folder = zoo / "tiny"
    names = "epoch,train_loss,validation_loss,validation_uar"
    (folder / "curves.csv").write_text(f"{names}\n1,1.5,1.2,0.5\n")
    card = json.loads((folder / "card.json").read_text())
    for refit in (False, True):
        card["training"] |= {"n_train": 20, "n_validation": 2, "refit": refit}
        (folder / "card.json").write_text(json.dumps(card))
        assert ("then retrained" in text(opened(8))) is refit


def test_a_model_without_epochs_shows_the_curves_of_the_small_one(zoo: Path, without_corpora: None):
    tiny_model.write_model(zoo, "a-small-one", "small")
    names = "epoch,train_loss,validation_loss,validation_uar"
    (zoo / "tiny" / "curves.csv").write_text(f"{names}\n1,1.5,1.2,0.5\n")
    assert "UAR is the recall" in text(opened(8))
    assert "curves of" not in text(opened(8))
    (zoo / "a-small-one" / "curves.csv").write_text(f"{names}\n1,1.5,1.2,0.5\n2,1.4,1.1,0.6\n")
    assert "These are the curves of *a-small-one*" in text(opened(8))


def button(app: AppTest, label: str):
    return next(b for b in app.button if b.label == label)


def with_file(name: str, data: bytes, number: int) -> AppTest:
    app = opened(number)
    app.segmented_control(key="source").set_value("File").run()
    mime = "image/png" if name.endswith("png") else "audio/wav"
    app.file_uploader(key="file_uploader").set_value((name, data, mime)).run()
    assert not app.exception
    return app


def test_a_model_with_a_map_shows_the_voice_among_others_and_plays_some_of_them(
    zoo: Path, without_corpora: None
):
    assert not any(c.key == "scores view" for c in opened(7).segmented_control)
    write_map(zoo / "tiny")
    app = opened(7)
    app.segmented_control(key="scores view").set_value("Voice map").run()
    assert not app.exception
    assert "Nearest to the **star**" in text(app)
    assert "1 actor" in text(app) or "one actor" in text(app)
    (heard,) = [o for o in app.selectbox(key="voice on the map").options if "actor 15" in o]
    app.selectbox(key="voice on the map").select(heard).run()
    assert not app.exception
    app.segmented_control(key="map by").set_value("Actor").run()
    assert not app.exception
    assert app.dataframe


def test_a_map_of_other_weights_says_how_to_make_it_again(zoo: Path, without_corpora: None):
    write_map(zoo / "tiny", of="other weights")
    app = opened(7)
    app.segmented_control(key="scores view").set_value("Voice map").run()
    assert "python -m tools.voice_map tiny" in text(app)


def test_ten_takes_of_one_sentence_stand_beside_an_actors_and_give_a_confusion_matrix(
    without_corpora: None,
):
    app = opened(11)
    app.segmented_control(key="limits view").set_value("Same sentence, many moods").run()
    assert app.get("plotly_chart")
    moods = [say(app) for _ in range(10)]
    assert moods[0] != moods[1], "the next mood comes by itself"
    assert len(app.dataframe[0].value) == 10
    app.segmented_control(key="view of moods").set_value("Confusion matrix").run()
    assert not app.exception
    button(app, "Forget the takes").click().run()
    assert not app.dataframe
    assert "10 takes give a confusion matrix" in text(app)


def test_a_silent_take_is_refused_in_a_sentence(without_corpora: None):
    app = opened(11)
    app.segmented_control(key="limits view").set_value("Same sentence, many moods").run()
    record(app, 0 * voices.voice())
    assert not app.exception
    assert any("no sound to classify" in error.value for error in app.error)
    assert not app.dataframe


def record(app: AppTest, waveform: np.ndarray) -> None:
    recording = ("take.wav", voices.wav(waveform), "audio/wav")
    app.get("audio_input")[0].set_value(recording).run()


def say(app: AppTest) -> str:
    """One take; the mood that was asked for."""
    mood = app.pills(key="mood to say").value
    record(app, voices.voice())
    assert not app.exception
    return mood


def write_map(folder: Path, of: str = "") -> None:
    recognizer = load_model(folder.name, zoo=folder.parent)
    card = recognizer.card
    assert card is not None
    size = len(recognizer(Clip(voices.voice())).embedding)
    noise = np.random.default_rng(0)
    VoiceMap(
        noise.normal(size=(size, 2)),
        np.zeros(2),
        noise.normal(size=(2, 2)),
        ("03-01-03-02-01-01-15", "unheard"),
        ("happy", "sad"),
        ("15", "15"),
        of or card.files[card.most_exact].sha256.bin,
    ).write(folder)


def test_without_measured_figures_nobody_is_asked_to_cheat_the_split(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, without_corpora: None
):
    monkeypatch.setattr("pages.shell.walkthrough.leaked_split.LEAKED_SPLIT", tmp_path / "absent")
    assert "Cheat the split" not in opened(10).segmented_control(key="unseen view").options


def test_the_class_predicts_before_it_sees_the_score_climb(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, without_corpora: None
):
    file = tmp_path / "figures.csv"
    file.write_text(
        "share_known,uar,low,high,accuracy,n_clips,command\n"
        "0,0.51,0.45,0.55,0.52,400,measure\n1,0.83,0.75,0.85,0.81,400,measure\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("pages.shell.walkthrough.leaked_split.LEAKED_SPLIT", file)
    app = opened(10)
    app.segmented_control(key="unseen view").set_value("Cheat the split").run()
    assert "What does the class predict?" in text(app)
    assert len(app.dataframe[0].value) == 1, "the table does not tell, either"
    app.slider[0].set_value(60)
    button(app, "This is our prediction").click().run()
    app.select_slider(key="cheated share").set_value(1.0).run()
    assert not app.exception
    assert f"The class said **{percent(0.6)}**" in text(app)
    assert app.metric[0].delta == "+32.0 points"
    assert list(app.dataframe[0].value["command"]) == ["measure", "measure"]
    button(app, "Predict again").click().run()
    assert "What does the class predict?" in text(app)
