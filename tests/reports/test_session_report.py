"""A session of votes to take home: votes and answers, nothing that runs, no voice."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ser_core.reports.session_report import session_report
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


def plain(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html.split("<body", 1)[1]).split())


def test_both_rounds_the_models_and_who_was_right_are_in_it():
    text = plain(session_report([outcome(), outcome(actual="", right={"cnn": None})], MADE))
    assert "2 voices" in text
    assert "The room 1 of 1 cnn 0 of 1" in text, "of the voices whose emotion is known"
    assert "The room ▼ sad ✓ right · 3 of 4" in text
    assert "▲ happy 4 1" in text
    assert "▼ sad (actual) 0 3" in text


def test_nothing_runs_is_fetched_or_can_be_played():
    html = session_report([outcome()], MADE)
    assert "default-src 'none'" in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"<(audio|img|iframe|link|object)|https?://(?!eur-lex)", html)


def test_a_split_room_has_chosen_nothing():
    assert chosen_most({"happy": 2, "sad": 2}) == ""
    assert chosen_most({"happy": 2, "sad": 3}) == "sad"
    split = outcome(room="", votes={"happy": 2, "sad": 2}, before={})
    assert "the room is split" in plain(session_report([split], MADE))
    assert split.room_right is False
