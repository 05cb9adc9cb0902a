"""`POST /api/predict`: a file in, the JSON of `predict --json` out.

The event loop, which also serves the pages, only reads and writes; files are decoded and answered
in a thread, one at a time, by the models that the pages have compiled.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from math import ceil
from typing import Any, NamedTuple, get_args

import msgspec
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from pages.shell.server.body import RequestError, SentFile, read_file

logger = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
"""All of them, so that each gets a sentence."""
_PATH = "/api/predict"
_MAX_MB = 120  # as on Analyze
_AT_ONCE = 4  # one is answered, the others arrive or wait
_LONGEST_NAME, _LONGEST_WORD = 200, 100
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
_PARAMETERS = ("model", "precision", "segments", "stereo", "name")


class Wish(NamedTuple):
    """What the address asks for; None for what the model decides."""

    model: str | None
    precision: str | None
    by_segment: bool
    stereo: Any
    name: str


async def predict(request: Request) -> Response:
    """Answer a request; whatever is wrong with it is said as `{"error": "…"}`."""
    try:
        _check_access(request)
        wish = _wish(request)
        with _place():
            _check_rate()
            file = await read_file(request, await to_thread.run_sync(_max_mb))
            rows = await to_thread.run_sync(_answer, file, wish, limiter=_one_at_a_time())
    except RequestError as refused:
        return _json({"error": str(refused)}, refused.status, refused.headers)
    except Exception:
        logger.exception("POST %s failed", _PATH)
        return _json({"error": "This failed on the server; its log says why."}, 500)
    return _json(rows)


def _json(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(content, allow_nan=False) + "\n"
    always = {"cache-control": "no-store"}
    return Response(text, status, always | (headers or {}), "application/json")


# --- who may ask, and how often ----------------------------------------------------------------


def _check_access(request: Request) -> None:
    # Imported here, as in all of this module: the server starts without the core.
    from pages.shell.settings import settings
    from ser_core.runtime.settings import SettingsError

    try:
        token = settings().api_token
    except SettingsError as error:
        raise RequestError(500, str(error)) from error
    if token is None:
        raise RequestError(
            404, "The API is turned off on this server. Its host sets SER_API_TOKEN."
        )
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(sent.strip().encode("latin-1", "replace"), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise RequestError(
            401,
            "The token is missing or wrong. Send the header `Authorization: Bearer TOKEN`, with "
            "the token that this server's host has set.",
            {"www-authenticate": "Bearer"},
        )
    if request.method != "POST":
        raise RequestError(405, f"Send a file with POST {_PATH}.", {"allow": "POST"})


def _check_rate() -> None:
    from pages.shell.settings import settings

    per_minute = settings().api_per_minute
    if wait_s := _limit(per_minute).wait_s():
        raise RequestError(
            429,
            f"This server answers {per_minute:g} files per minute. Try again in {ceil(wait_s)} s.",
            {"retry-after": str(ceil(wait_s))},
        )


@cache
def _limit(per_minute: float) -> Any:
    from ser_core.runtime.rate import RateLimit

    return RateLimit(per_minute / 60, burst=max(1.0, per_minute / 6))


_present: set[object] = set()
"""The requests that have a place."""


@contextmanager
def _place() -> Iterator[None]:
    """A bounded number of files in memory; only the event loop comes here, so there is no lock."""
    if len(_present) >= _AT_ONCE:
        raise RequestError(
            503, "The server is busy with other files. Try again in 2 s.", {"retry-after": "2"}
        )
    place = object()
    _present.add(place)
    try:
        yield
    finally:
        _present.remove(place)


@cache
def _one_at_a_time() -> CapacityLimiter:
    return CapacityLimiter(1)  # a network takes all cores, and the pages need them, too


# --- what is asked, and the answer -------------------------------------------------------------


def _wish(request: Request) -> Wish:
    sent = request.query_params
    if unknown := sorted(set(sent) - {*_PARAMETERS}):
        raise RequestError(
            400,
            f"There is no parameter {unknown[0][:_LONGEST_WORD]!r}. Use {', '.join(_PARAMETERS)}.",
        )
    from ser_core.audio.channels import Stereo

    segments, stereo = sent.get("segments", "").lower(), sent.get("stereo") or "mix"
    if segments not in _YES + _NO:
        raise RequestError(400, f"segments is {segments[:_LONGEST_WORD]!r}. Set it to 1 or 0.")
    if stereo not in get_args(Stereo):
        raise RequestError(
            400, f"stereo is {stereo[:_LONGEST_WORD]!r}. Set it to {', '.join(get_args(Stereo))}."
        )
    precision = sent.get("precision", "")
    return Wish(
        sent.get("model", "")[:_LONGEST_WORD] or None,
        precision.upper()[:_LONGEST_WORD] or None,
        segments in _YES,
        stereo,
        sent.get("name", ""),
    )


def _max_mb() -> int:
    from pages.shell.settings import upload_mb

    return upload_mb(_MAX_MB)


def _answer(file: SentFile, wish: Wish) -> Any:
    """The prediction as data; runs in a thread.

    Raises:
        RequestError: the file cannot be read, or there is no such model.
    """
    from pages.shell.models import served_by_name
    from ser_core.audio.decoding import AudioError
    from ser_core.features.source import Source
    from ser_core.models import zoo
    from ser_core.models.recognizer import ModelError
    from ser_core.reports.file_rows import answer_file, segment_rows

    try:
        card = zoo.load_card(wish.model, zoo.ZOO)
        precision = zoo.checked_precision(card, wish.precision)
    except ModelError as error:
        raise RequestError(400 if wish.model or wish.precision else 503, str(error)) from error
    name = (wish.name or file.name or "clip")[:_LONGEST_NAME]
    try:
        recognizer = served_by_name(card.name, precision)
        source = Source.from_bytes(file.data, name).of(wish.stereo)
        reader, row = answer_file(name, source, recognizer, served_by_name, zoo.ZOO)
        rows = segment_rows(source, reader, row) if wish.by_segment else row
    except AudioError as error:
        raise RequestError(422, str(error)) from error
    except ModelError as error:
        raise RequestError(503, str(error)) from error
    return msgspec.to_builtins(rows)
