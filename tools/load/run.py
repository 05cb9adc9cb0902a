"""Visitors at once, and one after the other; their waits, results and costs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import ZOO, load_model
from ser_core.reports.rows import AnswerRow
from tools import voices
from tools.load.visitor import Visitor
from tools.server import Server

N_MODELS = 3
_PATIENCE_S = 300
TOLERANCE = 1e-4  # of a probability; the server may use another number of threads


class PageAnswer(NamedTuple):
    """The page's predictions for a clip, one row per model."""

    name: str
    data: bytes
    models: list[str]
    rows: list[AnswerRow]


@cache
def _recognizer(model: str, zoo: Path) -> Recognizer:
    name, precision = model.split(", ")
    return load_model(name, precision, zoo=zoo)


def wrong(page_answers: Iterable[PageAnswer], zoo: Path) -> list[str]:
    """Differences between the page's predictions and those of the models outside the app."""
    faults = []
    for name, data, models, rows in page_answers:
        names = [f"{row.model}, {row.precision}" for row in rows]
        if names != models:
            faults.append(f"{name}: answers of {names} instead of {models}")
            continue
        clip = Clip.from_bytes(data)
        for row, model in zip(rows, models, strict=True):
            expected = _recognizer(model, zoo)(clip).probabilities
            shares = [row.probabilities[label] for label in expected]
            if row.file != name:
                faults.append(f"{name}: got the answer for {row.file}")
            elif not np.allclose(shares, list(expected.values()), rtol=0, atol=TOLERANCE):
                faults.append(f"{name}: {model} has other probabilities outside the app")
    return faults


def clip_of(visitor: int, turn: int) -> tuple[str, bytes]:
    """The name and bytes of a 2.5 s clip that no other visitor has."""
    seed = 1000 * visitor + turn
    vowels = "".join(np.random.default_rng(seed).permutation(list("aiu")))
    waveform = voices.voice(2.5, 90 + 7 * (seed % 31), vowels, 3 + seed % 5, seed=seed)
    return clip_name(visitor, turn), voices.wav(waveform)


def clip_name(visitor: int, turn: int) -> str:
    return f"voice-of-{visitor:03d}-turn-{turn:03d}.wav"


@dataclass
class Crowd:
    """The experience of a number of visitors at once; times in seconds."""

    n_visitors: int
    waits_s: list[float]
    faults: list[str]
    rss_mb: float

    @property
    def median_s(self) -> float:
        return float(np.median(self.waits_s))

    def __add__(self, earlier: Crowd | None) -> Crowd:
        """Merge two measurements with the same number of visitors."""
        if earlier is None:
            return self
        waits_s, faults = earlier.waits_s + self.waits_s, earlier.faults + self.faults
        return Crowd(self.n_visitors, waits_s, faults, max(earlier.rss_mb, self.rss_mb))


def crowd(server: Server, n_visitors: int, zoo: Path = ZOO, n_turns: int = 3) -> Crowd:
    """Visitors who all upload their own clip at the same moment, several times."""
    begin = threading.Barrier(n_visitors)
    waits_s: list[float] = []
    page_answers: list[PageAnswer] = []
    faults: list[str] = []
    rss_mb: list[float] = []

    def visit(number: int) -> None:
        try:
            stay(number)
        except threading.BrokenBarrierError:
            pass  # another visitor failed, and reports it
        except Exception as error:
            faults.append(f"visitor {number}: {error!r}")
            begin.abort()

    def stay(number: int) -> None:
        with visiting(server.address) as (visitor, models):
            for turn in range(n_turns):
                name, data = clip_of(number, turn)
                begin.wait(_PATIENCE_S)
                start = time.perf_counter()
                rows = visitor.analyze(name, data)
                waits_s.append(time.perf_counter() - start)
                page_answers.append(PageAnswer(name, data, models, rows))
                strangers = (clip_name(n, turn) for n in range(n_visitors) if n != number)
                faults.extend(
                    f"{name}: its session was sent {stranger}"
                    for stranger in strangers
                    if stranger.encode() in visitor.traffic
                )
            begin.wait(_PATIENCE_S)
            rss_mb.append(server.rss_mb())
            begin.wait(_PATIENCE_S)  # nobody leaves before memory was measured

    with ThreadPoolExecutor(n_visitors) as pool:
        list(pool.map(visit, range(n_visitors)))
    # Only now, so that no visitor waits for it.
    return Crowd(n_visitors, waits_s, faults + wrong(page_answers, zoo), max(rss_mb, default=0.0))


@contextmanager
def visiting(address: str) -> Iterator[tuple[Visitor, list[str]]]:
    """A visitor who is about to upload a clip, and the models that will answer."""
    with Visitor(address) as visitor:
        visitor.choose_file()
        offered = visitor.models()
        selection = offered[:: max(1, len(offered) // N_MODELS)][:N_MODELS]
        visitor.choose_models(selection)
        yield visitor, selection


@dataclass
class Long:
    """The cost of many analyses by a few visitors.

    Attributes:
        rss_mb: the server's memory after each analysis.
    """

    rss_mb: list[float]
    faults: list[str]
    seconds: float

    @property
    def mb_per_100(self) -> float:
        """Growth over the second half, MB per 100 analyses."""
        half = self.rss_mb[len(self.rss_mb) // 2 :]
        return 100 * float(np.polyfit(range(len(half)), half, 1)[0])


def many(
    server: Server,
    n_analyses: int,
    n_visitors: int = 5,
    zoo: Path = ZOO,
    say: Callable[[int, float], None] = lambda n, rss_mb: None,
) -> Long:
    """Analyses one after the other, by visitors in turn, each with a new clip."""
    start = time.perf_counter()
    rss_mb: list[float] = []
    faults: list[str] = []
    with ExitStack() as stack:
        present = [stack.enter_context(visiting(server.address)) for _ in range(n_visitors)]
        for turn in range(n_analyses):
            number = turn % n_visitors
            visitor, models = present[number]
            name, data = clip_of(100 + number, turn)
            faults += wrong([PageAnswer(name, data, models, visitor.analyze(name, data))], zoo)
            rss_mb.append(server.rss_mb())
            say(turn + 1, rss_mb[-1])
    return Long(rss_mb, faults, time.perf_counter() - start)


def cold_start(server: Server) -> tuple[float, float]:
    """Seconds from the start of the process until it is healthy, and until a first full page."""
    healthy_s = time.monotonic() - server.started_s
    with Visitor(server.address):
        return healthy_s, time.monotonic() - server.started_s
