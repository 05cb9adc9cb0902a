"""A session to take home: votes, questions and pictures, nothing that runs, no voice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from ser_core.audio.clip import Clip
from ser_core.charts.accuracy import Bar
from ser_core.features.log_mel import LogMel
from ser_core.reports.session_report import (
    Judged,
    Kept,
    SeenStep,
    session_report,
    share_list,
)
from ser_core.reports.sound_svg import sound_svg
from ser_core.voting.outcome import Outcome, chosen_most

MADE = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>.wav"


def outcome(**changes: object) -> Outcome:
    facts: dict[str, object] = {
        "room": "sad",
        "votes": {"happy": 1, "sad": 3},
        "actual": "sad",
        "models": {"cnn": "happy"},
        "right": {"cnn": False},
        "before": {"happy": 4, "sad": 0},
        "voice": HOSTILE,
    }
    return Outcome(**(facts | changes))  # type: ignore[arg-type]


def report(*outcomes: Outcome, steps: Sequence[SeenStep] = ()) -> str:
    return session_report([Judged(one, Markup()) for one in outcomes], steps, MADE)


def plain(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html.split("<body", 1)[1]).split())


def test_both_rounds_the_models_and_who_was_right_are_in_it():
    text = plain(report(outcome(), outcome(actual="", right={"cnn": None})))
    assert "Voice 1: " in text
    assert "Voice 2: " in text
    assert "The room 1 of 1 cnn 0 of 1" in text, "of the voices whose emotion is known"
    assert "The room ▼ sad ✓ right · 3 of 4" in text
    assert "▲ happy 4 1" in text
    assert "▼ sad (actual) 0 3" in text


def test_nothing_runs_is_fetched_or_can_be_played():
    html = report(outcome(), steps=[SeenStep(HOSTILE, HOSTILE, HOSTILE, Kept(HOSTILE))])
    assert "default-src 'none'" in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"<(audio|img|iframe|link|object)|https?://(?!eur-lex)", html)


def test_a_split_room_has_chosen_nothing():
    assert chosen_most({"happy": 2, "sad": 2}) == ""
    assert chosen_most({"happy": 2, "sad": 3}) == "sad"
    split = outcome(room="", votes={"happy": 2, "sad": 2}, before={})
    assert "the room is split" in plain(report(split))
    assert split.room_right is False


def test_a_voice_is_seen_and_not_heard(speech_like: Clip):
    settings = LogMel()
    drawing = sound_svg(speech_like, settings(speech_like.waveform), settings)
    html = session_report([Judged(outcome(), drawing)], [], MADE)
    assert html.count("<svg xmlns") == 1
    kinds = set(re.findall(r"data:([\w/+-]+)", html.partition("<body")[2]))
    assert kinds == {"image/png"}
    assert len(html) < 100_000


def test_each_step_has_its_question_what_the_class_said_the_answer_and_a_picture():
    bars = [Bar("random split", 0.98), Bar("chance", 0.125, ours=False, digits=1)]
    shares = share_list(bars, "Accuracy")
    first = SeenStep("1 · Sound", "Why *two*?", "An *s* needs it.")
    last = SeenStep("10 · Splits", "What?", "That.", Kept("The class predicted 90 %.", shares))
    html = report(steps=[first, last])
    assert "Why <em>two</em>?" in html
    assert (
        "1 · Sound Why two ? An s needs it. 10 · Splits What? The class predicted 90 %. That. "
        "random split 98 % chance 12.5 %"
    ) in plain(html)
