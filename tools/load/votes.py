"""Phones that vote, and the time from a tap until the projector shows it.

    python -m tools.load.votes                     # 200 phones on this machine
    python -m tools.load.votes --phones 200 400    # how the time grows
    python -m tools.load.votes --cores 0,1 --flood 1

Each phone is a client as light as the page: it loads the page, waits for news, and votes. The
projector is a session of Analyze over Streamlit's protocol. Prints a table for
docs/reliability.md; exit status 1 if a vote was lost, counted twice or seen too late.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import numpy as np

from ser_core.models.labels import EMOTIONS
from ser_core.models.zoo import ZOO
from tools.event_loop import run_coroutine
from tools.load.visitor import Visitor
from tools.server import Server, running_server

MAX_MEDIAN_S = 2.0
"""The projector counts once per second."""
_CODE = re.compile(r'class="code">([A-Z0-9]{4}-[A-Z0-9]{4})<')
_COUNT = re.compile(r'class="number">(\d+)<')
_TAP_EVERY_S = 0.1
_PATIENCE_S = 60.0


class Projector:
    """A session of Analyze that shows a room, watched in a thread.

    Attributes:
        code: of the room.
        counts: the number of votes on the screen, and since when.
    """

    def __init__(self, address: str):
        self._visitor = Visitor(address, query="begin=vote")
        self._visitor.switch("Vote from phones")
        found = _CODE.search(self._visitor.html())
        assert found, "the projector shows no room"
        self.code = found[1]
        self.counts: list[tuple[int, float]] = [(0, time.monotonic())]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def __enter__(self) -> Projector:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._visitor.__exit__()

    @property
    def html(self) -> str:
        """What is on the screen."""
        return self._visitor.html()

    @property
    def count(self) -> int:
        return self.counts[-1][0]

    def shown_s(self, n_votes: int) -> float:
        """When so many votes were on the screen for the first time, on the monotonic clock."""
        return next((then for count, then in self.counts if count >= n_votes), math.inf)

    def _watch(self) -> None:
        while not self._ended.is_set():
            # As a browser does for a fragment that runs every second.
            self._visitor.run_fragment()
            found = _COUNT.findall(self._visitor.html())
            if found and int(found[-1]) != self.count:
                self.counts.append((int(found[-1]), time.monotonic()))
            self._ended.wait(max(0.0, 1.0 - self._visitor.last_run_s))


@dataclass
class Votes:
    """What a number of phones saw; times in seconds.

    Attributes:
        taps_s: from a tap until the server has counted the vote.
        seen_s: from a tap until the projector shows as many votes.
        flooded: how many requests of a flood were answered, and how.
    """

    n_phones: int
    taps_s: list[float] = field(default_factory=list)
    seen_s: list[float] = field(default_factory=list)
    load_s: float = 0.0
    rss_mb: float = 0.0
    flooded: int = 0
    faults: list[str] = field(default_factory=list)


def votes(server: Server, n_phones: int, n_floods: int = 0) -> Votes:
    """Phones that enter a room together, then vote ten a second, each twice.

    Args:
        n_floods: clients that send votes as fast as they can, with one ticket each.
    """
    result = Votes(n_phones)
    with Projector(server.address) as projector:
        run_coroutine(_vote(server, projector, result, n_floods))
    return result


async def _vote(server: Server, projector: Projector, result: Votes, n_floods: int) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(server.address, connector=connector) as http:
        began = time.monotonic()
        phones = [Phone(http, projector.code) for _ in range(result.n_phones)]
        await asyncio.gather(*(phone.enter() for phone in phones))
        result.load_s = time.monotonic() - began
        listening = [asyncio.create_task(phone.listen()) for phone in phones]
        floods = [Phone(http, projector.code) for _ in range(n_floods)]
        flooding = [asyncio.create_task(flood.flood()) for flood in floods]
        await _until(lambda: projector.count >= n_floods)
        began_with = projector.count
        for turn, number in ((turn, n) for turn in range(2) for n in range(result.n_phones)):
            tapped = time.monotonic()
            await phones[number].vote(EMOTIONS[(number + turn) % len(EMOTIONS)])
            result.taps_s.append(time.monotonic() - tapped)
            if turn == 0:
                phones[number].tapped_s = tapped
            await asyncio.sleep(max(0.0, _TAP_EVERY_S - result.taps_s[-1]))
        expected = began_with + result.n_phones
        await _until(lambda: projector.count >= expected)
        await asyncio.sleep(2)
        if projector.count != expected:
            result.faults.append(f"{projector.count} votes are shown instead of {expected}")
        result.rss_mb = server.rss_mb()
        for task in (*listening, *flooding):
            task.cancel()
        await asyncio.gather(*listening, *flooding, return_exceptions=True)
    result.seen_s = [
        projector.shown_s(began_with + n + 1) - phone.tapped_s for n, phone in enumerate(phones)
    ]
    result.flooded = sum(flood.n_answers for flood in floods)
    result.faults += [fault for phone in phones for fault in phone.faults]


async def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE_S
    while not true() and time.monotonic() < end:
        await asyncio.sleep(0.05)


class Phone:
    """What the page on a phone does, without a browser."""

    def __init__(self, http: aiohttp.ClientSession, code: str):
        self._http, self._query = http, {"room": code}
        self._cookie: dict[str, str] = {}
        self.tapped_s, self.n_answers = 0.0, 0
        self.faults: list[str] = []

    async def enter(self) -> None:
        async with self._http.get("/vote", params=self._query) as answer:
            await answer.read()
            morsel = answer.cookies["ser_vote"]
        self._http.cookie_jar.clear()  # all phones share it
        self._cookie = {"Cookie": f"ser_vote={morsel.value}"}

    async def listen(self) -> None:
        """Ask for news, again and again."""
        seen = ""
        with suppress(aiohttp.ClientError, asyncio.CancelledError):
            while True:
                params = self._query | {"seen": str(seen)}
                async with self._http.get(
                    "/vote/state", params=params, headers=self._cookie
                ) as answer:
                    view = await answer.json()
                    if answer.status == 200:
                        seen = view["version"]
                    else:
                        self.faults.append(f"news: {answer.status} {view}")
                        await asyncio.sleep(2)

    async def vote(self, label: str) -> None:
        async with self._send(label) as answer:
            if answer.status != 200:
                self.faults.append(f"vote: {answer.status} {await answer.text()}")

    async def flood(self) -> None:
        await self.enter()
        with suppress(aiohttp.ClientError, asyncio.CancelledError):
            while True:
                async with self._send("disgust") as answer:
                    await answer.read()
                    self.n_answers += 1

    def _send(self, label: str) -> aiohttp.client._RequestContextManager:
        return self._http.post(
            "/vote/cast", params=self._query, json={"label": label}, headers=self._cookie
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--phones", type=int, nargs="+", default=[200])
    parser.add_argument("--flood", type=int, default=0, help="clients that flood the room")
    parser.add_argument("--cores", help="run the server on these alone, such as 0 or 0,1")
    args = parser.parse_args()
    before = ["taskset", "-c", args.cores] if args.cores else []
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for n_phones in args.phones:
            with running_server(ZOO, Path(folder) / "log", before=before) as server:
                results.append(votes(server, n_phones, args.flood))
    print(table(results))
    faults = [fault for result in results for fault in result.faults]
    faults += [
        f"{r.n_phones} phones: the median is {np.median(r.seen_s):.1f} s"
        for r in results
        if np.median(r.seen_s) > MAX_MEDIAN_S
    ]
    print(*faults[:20], sep="\n")
    return bool(faults)


def table(results: list[Votes]) -> str:
    """The results as a Markdown table."""
    lines = [
        "| phones | all have loaded the page | tap to server, median | tap to projector, median "
        "| 95 % | longest | memory of the server | flood | faults |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        median_s, most_s = np.percentile(r.seen_s, [50, 95])
        lines.append(
            f"| {r.n_phones} | {r.load_s:.1f} s | {1000 * np.median(r.taps_s):.0f} ms "
            f"| {median_s:.2f} s | {most_s:.2f} s | {max(r.seen_s):.2f} s | {r.rss_mb:.0f} MB "
            f"| {r.flooded} requests | {len(r.faults)} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
