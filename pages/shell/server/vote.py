"""`/vote`: what a phone needs to vote in a room.

A phone holds one small page and one waiting request, which ends when there is something new; it
has no session of Streamlit, no sound and no model.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from pages.shell.server.body import RequestError

if TYPE_CHECKING:
    from ser_core.voting.room import Room

WAIT_S = 25.0
"""After so long, a phone asks again: proxies end requests that wait for a minute."""
MAX_WAITING = 600
"""Phones of all rooms that wait for news."""
_FRONTEND = Path(__file__).parents[1] / "frontend"
_TICKET = "ser_vote"
_KEPT_S = 12 * 3600
_MAX_BYTES = 1000
_NO_ROOM = "There is no room with this code. It may have ended; look at the projector."

_waiting: set[asyncio.Event] = set()


# --- the three answers -------------------------------------------------------------------------


async def page(request: Request) -> Response:
    """The page itself; a phone that has no ticket gets one."""
    try:
        _check_turned_on()
        _check_rate(request)
    except RequestError as refused:
        return Response(str(refused), refused.status, refused.headers, "text/plain")
    html, policy = _page()
    headers = {
        "content-security-policy": policy,
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    response = HTMLResponse(html, headers=headers)
    if _voter(request) is None:
        from pages.shell.phones import tickets

        response.set_cookie(
            _TICKET,
            tickets().issue(),
            max_age=_KEPT_S,
            path=request.url.path,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    return response


async def state(request: Request) -> Response:
    """What a phone shows; waits while it is what the phone has seen."""
    try:
        _check_turned_on()
        _check_rate(request)
        if _room(request) is None:  # an answer, too: a browser would log an error
            return _json({"phase": "gone", "error": _NO_ROOM})
        voter, room = _known(request)
        if request.query_params.get("seen") == str(room.version):
            await _news(request, room, voter)
    except RequestError as refused:
        return _refusal(refused)
    return _json(_view(room, voter))


async def cast(request: Request) -> Response:
    """Take a vote."""
    from ser_core.voting.room import VoteError

    try:
        _check_turned_on()
        _check_rate(request)
        if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            raise RequestError(403, "Votes come from the page of this server only.")
        voter, room = _known(request)
        label = await _label(request)
        _check_pace(request, room, voter)
        room.vote(voter, label, _address(request))
    except RequestError as refused:
        return _refusal(refused)
    except VoteError as error:
        return _json({"error": str(error)}, 409)
    return _json(_view(room, voter))


def wake_all() -> None:
    """End what waits, so that the server can end."""
    for event in _waiting:
        event.set()


# --- waiting -----------------------------------------------------------------------------------


async def _news(request: Request, room: Room, voter: str) -> None:
    """Return when a room has changed, the phone has gone, or time is up."""
    if len(_waiting) >= MAX_WAITING:
        raise RequestError(
            503,
            f"{MAX_WAITING} phones vote on this server, and it takes no more. Show your hand "
            "instead.",
            {"retry-after": "20"},
        )
    changed, loop = asyncio.Event(), asyncio.get_running_loop()
    seen = room.version

    def wake() -> None:
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(changed.set)

    stop_listening = room.listen(voter, wake)
    _waiting.add(changed)
    waits = [asyncio.create_task(changed.wait()), asyncio.create_task(_gone(request))]
    try:
        if room.version == seen:  # it may have changed before it was listened to
            await asyncio.wait(waits, timeout=WAIT_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        _waiting.discard(changed)
        stop_listening()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


# --- who asks, and for what --------------------------------------------------------------------


def _check_turned_on() -> None:
    from pages.shell.phones import turned_on
    from ser_core.runtime.settings import SettingsError

    try:
        if turned_on():
            return
    except SettingsError as error:
        raise RequestError(500, str(error)) from error
    raise RequestError(404, "Voting from phones is turned off on this server.")


def _voter(request: Request) -> str | None:
    from pages.shell.phones import tickets

    return tickets().voter(request.cookies.get(_TICKET, ""))


def _room(request: Request) -> Room | None:
    from pages.shell.phones import rooms

    return rooms().find(request.query_params.get("room", ""))


def _known(request: Request) -> tuple[str, Room]:
    """Who asks, and in which room."""
    room = _room(request)
    if room is None:
        raise RequestError(404, _NO_ROOM)
    voter = _voter(request)
    if voter is None:
        raise RequestError(401, "Allow cookies for this page, and load it again.")
    return voter, room


async def _label(request: Request) -> str:
    text = b""
    try:
        async with asyncio.timeout(10):
            async for piece in request.stream():
                text += piece
                if len(text) > _MAX_BYTES:
                    raise RequestError(413, "This is too long to be a vote.")
        return str(json.loads(text)["label"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RequestError(400, "This is not a vote. Load the page again.") from None
    except (TimeoutError, ClientDisconnect):
        raise RequestError(408, "The vote did not arrive. Choose again.") from None


def _address(request: Request) -> str:
    from pages.shell.phones import tickets

    return tickets().pseudonym(request.client.host if request.client else "")


# --- how often ---------------------------------------------------------------------------------


@cache
def _limits() -> dict[str, Any]:
    from ser_core.runtime.rate import RateLimit

    return {
        # Of an address, which 200 phones may share, that have no ticket yet.
        "strangers": RateLimit(per_s=20, burst=400),
        "newcomers": RateLimit(per_s=10, burst=100),
        # Of a phone: who floods uses up only what is theirs.
        "requests": RateLimit(per_s=3, burst=30, max_keys=5000),
        "votes": RateLimit(per_s=1, burst=8, max_keys=5000),
    }


def _check_rate(request: Request) -> None:
    if voter := _voter(request):
        _spend("requests", voter)
    else:
        _spend("strangers", _address(request))


def _check_pace(request: Request, room: Room, voter: str) -> None:
    _spend("votes", voter)
    if room.is_new(voter):
        _spend("newcomers", _address(request))


def _spend(kind: str, key: str) -> None:
    if wait_s := _limits()[kind].wait_s(key):
        raise RequestError(
            429,
            "Too many votes at once. Your last one counts; go on in a moment.",
            {"retry-after": str(ceil(wait_s))},
        )


# --- what is sent ------------------------------------------------------------------------------


def _view(room: Room, voter: str) -> dict[str, Any]:
    from ser_core.models.labels import emotion_name

    view = asdict(room.view(voter))
    view["names"] = {label: emotion_name(label) for label in view["labels"]}
    view["said"] = [said._asdict() for said in room.view(voter).said]
    for said in view["said"]:
        said["name"] = emotion_name(said["label"]) if said["label"] else "–"
    return view


def _refusal(refused: RequestError) -> Response:
    return _json({"error": str(refused)}, refused.status, refused.headers)


def _json(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    always = {"cache-control": "no-store"}
    return Response(json.dumps(content), status, always | (headers or {}), "application/json")


@cache
def _page() -> tuple[str, str]:
    """The page with its style and script inside, and a policy that allows nothing else."""
    html, css, js = (
        (_FRONTEND / f"vote.{kind}").read_text("utf-8") for kind in ("html", "css", "js")
    )
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (css, js)
    ]
    policy = (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "img-src data:"
    )
    html = html.replace("/* vote.css */", css).replace("/* vote.js */", js)
    return html, policy
