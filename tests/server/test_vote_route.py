"""`/vote` over a real socket: a phone without Streamlit, within bounds."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from pages.shell import phones
from pages.shell.server import vote
from pages.shell.server.lifespan import _wake_at_the_end
from pages.shell.server.routes import routes
from ser_core.voting.room import Room, Said

LABELS = ("happy", "sad", "angry")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The routes alone, in this process, so that a test can be the projector."""
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes()), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    (socket,) = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    vote.wake_all()
    thread.join()


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    vote._limits.cache_clear()


@pytest.fixture
def room() -> Iterator[Room]:
    room = phones.rooms().open()
    room.ask("a voice", LABELS)
    yield room
    phones.rooms().end(room)


class Phone:
    """A phone that has opened the page of a room."""

    def __init__(self, address: str, room: Room):
        self.address, self.code = address, room.code
        self.http = requests.Session()
        self.page = self.http.get(f"{address}/vote?room={room.code}", timeout=10)

    def view(self, seen: object = "") -> requests.Response:
        where = f"{self.address}/vote/state?room={self.code}&seen={seen}"
        return self.http.get(where, timeout=60)

    def vote(self, label: object, **headers: str) -> requests.Response:
        where = f"{self.address}/vote/cast?room={self.code}"
        return self.http.post(where, json={"label": label}, headers=headers, timeout=10)


def test_a_phone_gets_one_small_page_that_fetches_and_runs_nothing_else(address: str, room: Room):
    phone = Phone(address, room)
    assert phone.page.status_code == 200
    assert len(phone.page.content) < 20_000
    policy = phone.page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    cookie = phone.page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "set-cookie" not in phone.http.get(f"{address}/vote", timeout=10).headers


def test_a_vote_counts_once_for_each_phone(address: str, room: Room):
    anna, ben = Phone(address, room), Phone(address, room)
    assert anna.vote("happy").json()["mine"] == "happy"
    anna.vote("sad")
    ben.vote("sad")
    assert room.counts() == {"happy": 0, "sad": 2, "angry": 0}
    view = anna.view().json()
    assert (view["phase"], view["mine"], view["counts"]) == ("open", "sad", [])


def test_news_wake_a_waiting_phone_and_the_result_is_on_it(address: str, room: Room):
    phone = Phone(address, room)
    seen = phone.view().json()["version"]
    views = []
    waiting = threading.Thread(target=lambda: views.append(phone.view(seen).json()))
    waiting.start()
    while not room.tally().n_phones:
        waiting.join(0.01)
    assert views == []
    room.vote("somebody", "happy")
    room.close()
    room.show("a voice", [Said("The room", "happy", "1 of 1", True), Said("cnn", "")])
    waiting.join(20)
    assert views[0]["phase"] == "shown"
    view = phone.view().json()
    assert view["counts"] == [{"happy": 1, "sad": 0, "angry": 0}]
    assert [said["name"] for said in view["said"]] == ["▲ happy", "–"]


def test_a_flood_from_one_phone_changes_nothing_for_the_others(address: str, room: Room):
    anna, flood = Phone(address, room), Phone(address, room)
    anna.vote("happy")
    statuses = [flood.vote(LABELS[n % 3]).status_code for n in range(600)]
    assert {200, 429} == set(statuses)
    assert statuses.count(200) < 60
    assert "Retry-After" in flood.vote("sad").headers
    assert room.tally().n_votes == 2
    assert anna.vote("sad").status_code == 200
    assert Phone(address, room).vote("sad").status_code == 200


def test_a_flood_without_tickets_leaves_alone_who_is_in_the_room(address: str, room: Room):
    anna = Phone(address, room)
    anna.vote("happy")
    statuses = [requests.get(f"{address}/vote", timeout=10).status_code for _ in range(600)]
    assert {200, 429} == set(statuses)
    assert anna.vote("sad").status_code == 200
    assert anna.view().status_code == 200


def test_without_a_ticket_of_this_server_no_vote_counts(address: str, room: Room):
    stranger = Phone(address, room)
    stranger.http.cookies.clear()
    assert stranger.vote("happy").status_code == 401
    stranger.http.cookies.set("ser_vote", "0" * 64)
    assert stranger.vote("happy").status_code == 401
    assert room.tally().n_votes == 0


def test_new_tickets_come_at_a_bounded_pace_and_not_at_all_into_a_locked_room(
    address: str, room: Room
):
    room.locked = True
    answer = Phone(address, room).vote("happy")
    assert answer.status_code == 409
    assert "closed to further phones" in answer.json()["error"]
    room.locked = False
    statuses = [Phone(address, room).vote("happy").status_code for _ in range(150)]
    assert 429 in statuses
    assert room.tally().n_votes < 150


@pytest.mark.parametrize("body", [b"", b"[]", b'{"label"', b"{}", b"[" * 900, b"\xff"])
def test_what_is_no_vote_is_refused(address: str, room: Room, body: bytes):
    phone = Phone(address, room)
    where = f"{address}/vote/cast?room={room.code}"
    assert phone.http.post(where, data=body, timeout=10).status_code == 400
    assert phone.http.post(where, data=b"x" * 5000, timeout=10).status_code == 413


def test_labels_that_are_none_and_other_sites_are_refused(address: str, room: Room):
    phone = Phone(address, room)
    assert phone.vote("bored").status_code == 409
    assert phone.vote(["happy"]).status_code == 409
    assert phone.vote("happy", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert phone.vote("happy", **{"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_a_room_that_is_not_there_is_said(address: str, room: Room):
    phone = Phone(address, room)
    phone.code = "2222-2222"
    assert phone.view().json()["phase"] == "gone"
    assert "no room with this code" in phone.vote("happy").json()["error"]


def test_the_host_can_turn_it_off(address: str, room: Room, monkeypatch: pytest.MonkeyPatch):
    phone = Phone(address, room)
    monkeypatch.setenv("SER_PAGES_OFF", "vote")
    assert not phones.turned_on()
    assert "turned off" in phone.view().json()["error"]
    assert phone.vote("happy").status_code == 404
    assert phone.http.get(f"{address}/vote", timeout=10).status_code == 404


def test_more_phones_than_the_server_takes_are_told_so(
    address: str, room: Room, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(vote, "MAX_WAITING", 0)
    phone = Phone(address, room)
    assert phone.view().status_code == 200
    answer = phone.view(room.version)
    assert answer.status_code == 503
    assert "takes no more" in answer.json()["error"]


def test_a_phone_that_goes_away_leaves_nothing_behind(address: str, room: Room):
    phone = Phone(address, room)
    seen = phone.view().json()["version"]
    with pytest.raises(requests.Timeout):
        phone.http.get(f"{address}/vote/state?room={room.code}&seen={seen}", timeout=(5, 0.3))
    phone.http.close()
    gone = threading.Event()
    while vote._waiting:
        gone.wait(0.01)


def test_the_address_of_a_room_is_one_that_phones_reach(
    room: Room, monkeypatch: pytest.MonkeyPatch
):
    code = f"{room.code[:4]}-{room.code[4:]}"
    monkeypatch.delenv("SER_PUBLIC_URL", raising=False)
    opened = phones.address_of(room, "https://lab.example.org/live?x=1")
    assert opened == f"https://lab.example.org/vote?room={code}"
    monkeypatch.setattr(phones, "_own_address", lambda: "192.0.2.7")
    for at in ("http://localhost:8501/", "http://127.0.0.1:8501/", "http://[::1]:8501/"):
        assert phones.address_of(room, at) == f"http://192.0.2.7:8501/vote?room={code}"
    assert not phones.unreachable(f"http://192.0.2.7:8501/vote?room={code}")
    monkeypatch.setattr(phones, "_own_address", lambda: "")
    assert phones.unreachable(phones.address_of(room, "http://localhost:8501/"))
    monkeypatch.setenv("SER_PUBLIC_URL", "https://vote.example.org/lab/")
    opened = phones.address_of(room, "http://localhost:8501/")
    assert opened == f"https://vote.example.org/lab/vote?room={code}"


def test_every_route_lies_below_the_path_that_the_host_has_chosen(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("streamlit.get_option", lambda _: "/lab/")
    paths = [route.path for route in routes() if isinstance(route, Route)]
    assert "/lab/vote" in paths
    assert all(path.startswith("/lab/") for path in paths)


def test_the_end_of_the_server_is_noticed_in_the_main_thread_only():
    thread = threading.Thread(target=_wake_at_the_end)  # would raise for want of a loop
    thread.start()
    thread.join()
