"""Analyze opens on a question: nothing gives the answer away before the guess."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ser_core.corpora.readers import utterance_from_name
from ser_core.models.labels import EMOTIONS, emotion_name
from ser_core.runtime.places import SAMPLES
from tests.app import open_page
from tests.pages.test_analyze_page import answers, html
from tests.pages.test_judge import everything, said_by

REAL = {path.stem: utterance_from_name(path.name) for path in SAMPLES.glob("[01]*.flac")}


@pytest.fixture
def app(zoo: Path) -> AppTest:
    """The page as a stranger opens it."""
    return open_page()


def guess(app: AppTest, label: str) -> AppTest:
    return app.button(key=f"guess {label}").click().run()


def test_the_page_opens_on_a_voice_and_eight_buttons_and_tells_nothing_else(app: AppTest) -> None:
    assert app.header[0].value == "Which emotion is it?"
    buttons = [button for button in app.button if str(button.key).startswith("guess ")]
    assert [button.label for button in buttons] == [emotion_name(label) for label in EMOTIONS]
    assert len(app.get("audio")) == 1
    sent = everything(app.main)
    assert not any(name in sent for name in REAL)
    assert len({sent.count(f" {label}") for label in EMOTIONS}) == 1, "each label appears alike"
    assert not app.multiselect, "no model is named yet"
    assert not answers(app)
    assert app.segmented_control(key="source").options == ["Sample", "File", "Microphone", "Actor"]


def test_after_the_guess_you_model_and_actor_stand_side_by_side(app: AppTest) -> None:
    guess(app, "happy")
    assert not app.exception
    said = said_by(app)
    actual = said["Actor"].split()[1]
    model = answers(app)[0]
    assert said["You"] == f"▲ happy {'✓ right' if actual == 'happy' else '✗ wrong'}"
    verdict = "✓ right" if model == actual else "✗ wrong"
    assert f"{model} {verdict}" in said["Model"]
    name = re.findall(r"RAVDESS ([\d-]+)", everything(app.main))[0]
    assert REAL[name] is not None
    assert REAL[name].label == actual
    app.button(key="my voice").click().run()
    assert app.segmented_control(key="source").value == "Microphone"
    assert app.get("audio_input")


def test_every_next_voice_is_a_question_until_it_was_guessed(app: AppTest) -> None:
    heard = set()
    for _ in range(16):
        assert not answers(app)
        guess(app, "calm")
        heard.add(re.findall(r"RAVDESS ([\d-]+)", everything(app.main))[0])
        app.button(key="next sample of English").click().run()
    assert heard == {name for name in REAL if name.startswith("03-")}
    assert answers(app), "the first voice again, which was guessed"


def test_the_analysis_is_one_click_away_and_the_choice_is_remembered(app: AppTest) -> None:
    app.button(key="skip").click().run()
    assert answers(app)
    assert "data-actual" in html(app)
    assert app.query_params == {"begin": "analysis"}
    app.switch_page("pages/about.py").run()
    app.switch_page("streamlit_app.py").run()
    assert answers(app)
    reloaded = open_page(query={"begin": "analysis"})
    assert answers(reloaded)


def test_a_synthetic_voice_is_no_question(app: AppTest) -> None:
    app.segmented_control(key="sample group").set_value("Synthetic").run()
    assert answers(app)
    assert any("Nobody feels anything here" in caption.value for caption in app.caption)


def test_a_sample_from_a_models_training_is_marked(app: AppTest, zoo: Path) -> None:
    (zoo / "tiny" / "heard.txt").write_text("\n".join(f"ravdess/{name}" for name in REAL) + "\n")
    guess(app, "happy")
    assert "Heard in training" in html(app)
