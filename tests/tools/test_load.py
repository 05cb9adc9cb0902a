"""The short form of `make load`, proof that it would notice, and names that mean harm."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests

from pages.shell.server.vote import WAIT_S
from tools import voices
from tools.fuzz.damage import NASTY_NAMES
from tools.fuzz.journey import check_table
from tools.load.run import PageAnswer, clip_name, clip_of, cold_start, crowd, many, visiting, wrong
from tools.load.votes import Projector, votes
from tools.server import Server, running_server


@pytest.fixture(scope="module")
def server(tiny_zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("load") / "log"
    with running_server(tiny_zoo, log) as running:
        yield running
    assert "Traceback" not in log.read_text()


def test_a_cold_server_soon_shows_its_first_page(server: Server):
    healthy_s, page_s = cold_start(server)
    assert healthy_s < page_s < 60


def test_three_people_at_once_each_get_the_answers_for_their_own_clip(
    server: Server, tiny_zoo: Path
):
    met = crowd(server, 3, tiny_zoo, n_turns=2)
    assert met.faults == []
    assert len(met.waits_s) == 6


def test_analyses_one_after_the_other_are_right_and_keep_no_memory(server: Server, tiny_zoo: Path):
    long = many(server, 20, n_visitors=2, zoo=tiny_zoo)
    assert long.faults == []
    # A clip kept for each analysis would be 8 MB per 100; so few analyses waver by some MB.
    assert max(long.rss_mb) - long.rss_mb[4] < 15


def test_somebody_elses_answer_would_be_noticed(server: Server, tiny_zoo: Path):
    (mine, my_clip), (yours, your_clip) = clip_of(1, 0), clip_of(2, 0)
    with visiting(server.address) as (visitor, models):
        rows = visitor.analyze(mine, my_clip)
        assert mine.encode() in visitor.traffic  # so another name would be, too
        assert clip_name(2, 0).encode() not in visitor.traffic
    assert wrong([PageAnswer(mine, my_clip, models, rows)], tiny_zoo) == []
    (fault, *_) = wrong([PageAnswer(yours, my_clip, models, rows)], tiny_zoo)
    assert "got the answer for" in fault
    (fault, *_) = wrong([PageAnswer(mine, your_clip, models, rows)], tiny_zoo)
    assert "other probabilities" in fault
    (fault,) = wrong([PageAnswer(mine, my_clip, models[::-1], rows)], tiny_zoo)
    assert "answers of" in fault


def test_a_room_of_phones_votes_and_a_flood_from_one_of_them_is_one_vote(server: Server):
    result = votes(server, 6, n_floods=1)
    assert result.faults == []
    assert len(result.seen_s) == 6
    assert all(seen_s > 0 for seen_s in result.seen_s)
    assert result.flooded > 6


class Tags(HTMLParser):
    """Every tag with its attributes, and what scripts say."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(" ".join([tag, *(f"{name}={value}" for name, value in attributes)]))


def test_no_name_does_harm_in_the_downloads(server: Server):
    clip = voices.wav(voices.voice(1.0))
    with visiting(server.address) as (visitor, _):
        visitor.analyze("plain.wav", clip)
        harmless = Tags(visitor.download("(HTML)").decode()).tags
        for name in (*NASTY_NAMES, "y" * 4_000 + ".wav"):
            if len(name) > 8_000:  # Streamlit's server takes no longer header
                with pytest.raises(requests.HTTPError, match="400"):
                    visitor.analyze(name, clip)
                continue
            rows = visitor.analyze(name or "nameless.wav", clip)
            report = Tags(visitor.download("(HTML)").decode())
            assert len(report.tags) == len(harmless), name
            assert not any("onerror" in tag or "javascript:" in tag for tag in report.tags), name
            check_table([{"file": row.file, "label": row.label} for row in rows])
            assert visitor.download("(CSV)")
            assert visitor.download("(PNG)").startswith(b"\x89PNG")


def test_a_server_that_is_told_to_end_does_not_wait_for_the_phones(tiny_zoo: Path, tmp_path: Path):
    log = tmp_path / "log"
    with running_server(tiny_zoo, log) as server:
        with Projector(server.address) as projector:
            phone = requests.Session()
            phone.get(f"{server.address}/vote", timeout=10)
            state = f"{server.address}/vote/state?room={projector.code}"
            seen = phone.get(state, timeout=10).json()["version"]
            ended = []

            def wait() -> None:
                with suppress(requests.ConnectionError):
                    phone.get(f"{state}&seen={seen}", timeout=WAIT_S + 10)
                ended.append(True)

            waiting = threading.Thread(target=wait)
            waiting.start()
            while "1 phone is" not in projector.html:
                waiting.join(0.1)
        assert not ended
        server.process.terminate()
        server.process.wait(WAIT_S - 10)
        waiting.join()
    assert "Traceback" not in log.read_text()
