"""The file in a request, read within limits of size and time and kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import NamedTuple

from python_multipart.exceptions import FormParserError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

READ_S = 60
"""How long a file may take to arrive."""
_MANY_BYTES = 2**40
_FORM_BYTES = 10_000  # what a form adds to its file
_HOW = "Send it as the body of the request, or in a form (`curl -F file=@voice.wav`)."


class RequestError(Exception):
    """A request that is not answered.

    Attributes:
        status: of HTTP.
        headers: of the answer.
    """

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None):
        super().__init__(sentence)
        self.status, self.headers = status, headers or {}


class SentFile(NamedTuple):
    """A file as a program sends it; without a name, its name is empty."""

    name: str
    data: bytes


class _InMemory(MultiPartParser):
    spool_max_size = _MANY_BYTES  # what people say is never written to disk


async def read_file(request: Request, max_mb: int) -> SentFile:
    """The body of a request, or the first file in its form.

    Raises:
        RequestError: it is too large, too slow, or there is none.
    """
    try:
        async with asyncio.timeout(READ_S):
            if request.headers.get("content-type", "").startswith("multipart/"):
                return await _first_file(request, max_mb)
            pieces = [piece async for piece in _limited(request, max_mb)]
    except TimeoutError:
        raise RequestError(
            408, f"The file did not arrive within {READ_S} seconds. Send it again."
        ) from None
    except ClientDisconnect:
        raise RequestError(400, "The connection ended before the file had arrived.") from None
    return SentFile("", b"".join(pieces))


async def _first_file(request: Request, max_mb: int) -> SentFile:
    parser = _InMemory(request.headers, _limited(request, max_mb), max_files=1, max_fields=10)
    try:
        form = await parser.parse()
    except (MultiPartException, FormParserError, KeyError, ValueError) as error:
        raise RequestError(
            400, f"The form cannot be read as one with a single file. {_HOW}"
        ) from error
    for value in form.values():
        if isinstance(value, UploadFile):
            return SentFile(value.filename or "", await value.read())
    raise RequestError(400, f"There is no file in the form. {_HOW}")


async def _limited(request: Request, max_mb: int) -> AsyncGenerator[bytes, None]:
    """The body in pieces, as long as it is small enough."""
    limit = max_mb * 2**20 + _FORM_BYTES
    stated = request.headers.get("content-length", "")
    n_bytes = int(stated) if stated.isdecimal() else 0
    received = 0
    async for piece in request.stream():
        received += len(piece)
        if max(n_bytes, received) > limit:
            raise RequestError(
                413,
                f"The file is larger than {max_mb} MB. Save it as FLAC or MP3, or cut out the "
                "part you want.",
            )
        yield piece
