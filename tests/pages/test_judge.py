"""A vote: nothing gives the answer away before the room has voted, and the tally is right.

What a browser shows before the vote is in `tests/browser/test_analyze.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from pages.shell import phones
from ser_core.voting.room import Room
from tests.pages.test_analyze_page import answers, choose, html, upload
from tools import tiny_model

ANGRY = "03-01-05-01-01-01-02.wav"


@pytest.fixture
def app(actors: AppTest) -> AppTest:
    """The page with actors 02 and 03, of whom the main model heard nothing."""
    return actors


def judge_first(app: AppTest) -> AppTest:
    return app.segmented_control(key="begin").set_value("A vote").run()


def vote(app: AppTest, **counts: int) -> AppTest:
    for label, count in counts.items():
        for _ in range(count):
            app.button(key=f"vote {label}").click().run()
    return app.button(key="close the vote").click().run()


def everything(block: Block) -> str:
    """All that is sent to the browser, except what the browser sends back."""
    sent = []
    for child in block.children.values():
        if isinstance(child, Block):
            sent.append(everything(child))
        sent.append(str(getattr(child, "proto", "")))
    return "\n".join(sent)


def said_by(app: AppTest) -> dict[str, str]:
    """What the panel says that the room, each model and the truth are."""
    cells = re.findall(r'data-who="(.*?)">(.*?)</div></div>', html(app), re.DOTALL)
    plain = {who: " ".join(re.sub("<[^>]*>", " ", text).split()) for who, text in cells}
    return {who: text.removeprefix(who).strip() for who, text in plain.items()}


def tally(app: AppTest) -> str:
    return next(block.value for block in app.markdown if "So far" in block.value)


def test_before_the_vote_nothing_gives_the_answer_away(
    app: AppTest, speech_like_wav: bytes
) -> None:
    upload(app, speech_like_wav, ANGRY)
    choose(app, "tiny, FP32", "tiny-mirrored, FP32")
    open_page = everything(app.main)
    for trace in ("03-01-05", "probability", "download", "agree", "listitem", "Actual"):
        assert trace in open_page, "the test looks for what is there otherwise"
    judge_first(app)
    assert not app.exception
    hidden = everything(app.main)
    for trace in (
        "03-01-05",
        "probability",
        "download",
        "agree",
        "listitem",
        "Actual",
        "\N{NO-BREAK SPACE}%",
    ):
        assert trace not in hidden
    assert app.query_params == {"begin": "vote"}
    player = app.get("bidi_component")[0].proto.json
    assert "angry" not in player
    # Each label appears alike: on its button and in the counts.
    assert len({hidden.count(label) for label in ("neutral", "calm", "happy", "angry")}) == 1


def test_the_uploader_that_shows_the_name_is_away_until_the_vote(
    app: AppTest, speech_like_wav: bytes
) -> None:
    judge_first(app)
    upload(app, speech_like_wav, ANGRY)
    assert not app.get("file_uploader")
    assert any("name is hidden" in caption.value for caption in app.caption)
    vote(app, angry=1)
    assert app.get("file_uploader")


def test_after_the_vote_room_model_and_truth_stand_side_by_side(
    app: AppTest, speech_like_wav: bytes
) -> None:
    answer = answers(upload(app, speech_like_wav, ANGRY))[0]
    judge_first(app)
    assert app.button(key="close the vote").disabled
    vote(app, angry=3, sad=1)
    said = said_by(app)
    assert said["The room"] == "◆ angry ✓ right · 3 of 4"
    assert said["Actual emotion"] == "◆ angry"
    mark = "✓ right" if answer == "angry" else "✗ wrong"
    assert said["tiny, INT8"].split(" ", 1)[1] == f"{answer} {mark}"
    assert answers(app) == [answer]
    model_right = int(answer == "angry")
    assert f"room right 1/1, tiny, INT8 right {model_right}/1" in tally(app)


def test_counts_can_be_entered_and_cleared(app: AppTest) -> None:
    judge_first(app)
    app.number_input(key="votes for happy").set_value(17).run()
    assert "happy · 17" in app.button(key="vote happy").label
    app.button(key="vote happy").click().run()
    assert app.number_input(key="votes for happy").value == 18
    app.button(key="clear votes").click().run()
    assert app.number_input(key="votes for happy").value == 0
    assert app.button(key="close the vote").disabled


def test_a_split_room_is_not_right(app: AppTest, speech_like_wav: bytes) -> None:
    judge_first(app)
    upload(app, speech_like_wav, ANGRY)
    vote(app, angry=1, sad=1)
    assert said_by(app)["The room"] == "– ✗ wrong · the room is split"
    assert "room right 0/1" in tally(app)


def test_the_tally_goes_on_over_clips_and_pages_until_it_is_reset(app: AppTest) -> None:
    judge_first(app)
    app.segmented_control(key="source").set_value("Actor").run()
    right, models_right = 0, 0
    for n in range(1, 4):
        vote(app, sad=1)
        said = said_by(app)
        right += said["Actual emotion"] == "▼ sad"
        models_right += "✓" in said["tiny, INT8"]
        assert f"room right {right}/{n}, tiny, INT8 right {models_right}/{n}" in tally(app)
        last = said
        app.button(key="next actor by number").click().run()
        assert not answers(app)
        assert "So far" not in everything(app.main)
    app.switch_page("pages/about.py").run()
    app.switch_page("streamlit_app.py").run()
    vote(app, sad=1)
    assert "/4, tiny, INT8 right" in tally(app)
    app.button(key="reset the tally").click().run()
    assert not answers(app), "this voice can be judged again"
    vote(app, happy=1)
    assert "/1, tiny, INT8 right" in tally(app)
    assert last["The room"].startswith("▼ sad")


def test_actors_are_drawn_at_random_and_named_by_a_number_only(app: AppTest) -> None:
    judge_first(app)
    app.segmented_control(key="source").set_value("Actor").run()
    heard = set()
    for _ in range(8):
        hidden = everything(app.main)
        assert not re.search(r"03-01-0|Actor 0|woman", hidden)
        vote(app, calm=1)
        heard.add(re.findall(r"RAVDESS ([\d-]+)", everything(app.main))[0])
        app.button(key="next actor by number").click().run()
    assert len(heard) == 8, "two actors, four emotions, each once"


def test_where_nobody_knows_the_truth_the_tally_counts_agreement(app: AppTest) -> None:
    answer = answers(app)[0]
    judge_first(app)
    vote(app, **{answer: 1})
    assert "Actual emotion" not in said_by(app)
    assert "room and first model agree 1/1" in tally(app)


def test_a_room_votes_in_the_labels_of_the_first_model(
    app: AppTest, zoo: Path, speech_like_wav: bytes
) -> None:
    tiny_model.write_model(zoo, "five", "comparison", task="negative-5")
    app.run()
    choose(app, "five, FP32", "tiny, FP32")
    judge_first(app)
    upload(app, speech_like_wav, ANGRY)
    vote(app, negative=1)
    assert said_by(app)["The room"] == "◣ negative ✓ right · 1 of 1"
    assert said_by(app)["Actual emotion"] == "◣ negative"


def test_a_file_that_cannot_be_read_is_said_before_the_vote(app: AppTest) -> None:
    judge_first(app)
    upload(app, b"no sound", "03-01-05-01-01-01-02.wav")
    assert not app.exception
    assert "not audio" in app.error[0].value
    assert "vote angry" not in [button.key for button in app.button]


# --- from phones ---------------------------------------------------------------------------------


def open_room(app: AppTest) -> Room:
    """The room of the session, after the switch to phones."""
    judge_first(app)
    app.toggle(key="vote from phones").set_value(True).run()
    assert not app.exception
    room: Room = app.session_state["room of phones"]
    assert phones.rooms().find(room.code) is room
    return room


def test_phones_vote_twice_and_both_rounds_are_beside_the_models(
    app: AppTest, speech_like_wav: bytes
) -> None:
    upload(app, speech_like_wav, ANGRY)
    room = open_room(app)
    assert room.code[:4] in html(app)
    assert "angry" not in str(room.view("anna").said)
    app.button(key="close").click().run()
    assert "Nobody has voted yet" in app.toast[0].value
    assert room.view("anna").phase == "open"
    room.vote("anna", "happy")
    room.vote("ben", "angry")
    app.run()
    assert "2</span> votes" in html(app)
    app.button(key="second round").click().run()
    assert not answers(app)
    room.vote("anna", "angry")
    room.vote("ben", "angry")
    app.run()
    app.button(key="close").click().run()
    assert said_by(app)["The room"] == "◆ angry ✓ right · 2 of 2"
    shown = room.view("anna")
    assert [said.label for said in shown.said[-1:]] == ["angry"]
    assert shown.counts[0]["happy"] == 1
    assert "before" in html(app)
    assert "vote again" not in [button.key for button in app.button], "two rounds are enough"


def test_a_second_round_can_follow_the_answers(app: AppTest) -> None:
    room = open_room(app)
    room.vote("anna", "sad")
    app.run()
    app.button(key="close").click().run()
    app.button(key="vote again").click().run()
    assert not answers(app)
    assert room.view("anna").phase == "open"
    room.vote("anna", "happy")
    app.run()
    app.button(key="close").click().run()
    assert said_by(app)["The room"].startswith("▲ happy")
    assert room.view("anna").before == "sad"


def test_another_voice_is_another_question_and_by_hand_the_phones_wait(app: AppTest) -> None:
    room = open_room(app)
    room.vote("anna", "sad")
    app.segmented_control(key="source").set_value("Actor").run()
    assert room.tally().n_votes == 0
    app.toggle(key="vote from phones").set_value(False).run()
    assert room.view("anna").phase == "waiting"


def test_where_the_host_has_turned_it_off_there_are_hands_only(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SER_PAGES_OFF", "vote")
    judge_first(app)
    assert not app.exception
    assert not app.error
    assert "vote from phones" not in [toggle.key for toggle in app.toggle]
    assert not app.button(key="vote sad").disabled


def test_the_session_can_be_taken_home_without_a_voice(
    app: AppTest, speech_like_wav: bytes
) -> None:
    upload(app, speech_like_wav, ANGRY)
    judge_first(app)
    vote(app, angry=3, sad=1)
    (download,) = [b for b in app.get("download_button") if "Take it home" in b.proto.label]
    assert download
    (judged,) = app.session_state["judged voices"].values()
    assert judged.outcome.votes["angry"] == 3
    assert "probability of each emotion" in judged.drawing
