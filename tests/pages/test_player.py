"""The Python half of the player: what it takes from a browser, and a stretch on Analyze."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell.player import Stretch
from ser_core.audio.clip import Clip
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.places import SAMPLES

PLAIN = SAMPLES / "plain.flac"


@pytest.mark.parametrize(
    "span", [None, 3, "0-1", [1], [1, 2, 3], ["a", "b"], [-1, 1], [1, 1], [2, 1], [9, 10],
             [float("nan"), 1], {"start": 0}]
)  # fmt: skip
def test_nonsense_from_a_browser_is_no_stretch(span: object) -> None:
    assert Stretch.checked(span, 5.0) is None


def test_a_stretch_ends_with_the_recording() -> None:
    assert Stretch.checked([1, 7.5], 5.0) == (1.0, 5.0)


def test_the_answers_are_of_the_stretch_and_the_player_still_plays_the_whole(
    app: AppTest, tiny_recognizer: Recognizer
) -> None:
    whole = Clip.from_file(PLAIN)
    app.session_state["analyzed stretch"] = (PLAIN.read_bytes(), Stretch(1.0, 2.0))
    app.run()
    assert not app.exception
    assert "16,000 of 43,640 samples" in app.info[0].value
    alone = tiny_recognizer(Clip(whole.waveform[16_000:32_000]))
    shares = app.table[0].value["tiny, INT8"]
    assert [float(text.split("\N{NO-BREAK SPACE}")[0]) for text in shares] == pytest.approx(
        [100 * p for p in alone.probabilities.values()], abs=0.06
    )
    data = json.loads(app.get("bidi_component")[0].proto.json)
    assert data["duration_s"] == pytest.approx(whole.duration_s)
    assert data["stretch"] == [1.0, 2.0]
    assert 0.9 <= data["emotions"]["start_s"] < data["emotions"]["end_s"] <= 2.1


def test_another_voice_is_whole_again(app: AppTest) -> None:
    app.session_state["analyzed stretch"] = (PLAIN.read_bytes(), Stretch(1.0, 2.0))
    app.selectbox(key="sample").select_index(1).run()
    assert not app.exception
    assert not app.info
