"""Files per second on all cores, and how near that comes to what the cores could do.

Four ways take turns over the same files, so that a busy moment of the machine affects all alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ser_core.features.source import Source
from ser_core.models.card import ModelCard
from ser_core.models.many import Answering, workers
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import ZOO, checked_ir
from ser_core.runtime.progress import SILENT, Progress


class Throughput(msgspec.Struct, frozen=True):
    """Files per second of one model; medians over the rounds.

    Attributes:
        one_by_one: a loop, with all cores for each file.
        processes: one process per core, each with such a loop on one thread.
        at_once: as `predict` and `evaluate` do it, once their processes are ready.
        limit: decoding, features and network of one file on one thread, times the cores.
        start_s: until the processes are ready.
    """

    model: str
    precision: str
    cores: int
    n_files: int
    one_by_one: float
    processes: float
    at_once: float
    limit: float
    start_s: float

    @property
    def share_of_limit(self) -> float:
        return self.at_once / self.limit

    @property
    def gain(self) -> float:
        """How many times faster than one file after the other."""
        return self.at_once / self.one_by_one


def throughput(
    card: ModelCard,
    files: Sequence[Path],
    cores: int,
    answering: Answering[Path, object],
    rounds: int = 3,
    progress: Progress = SILENT,
    zoo: Path = ZOO,
) -> Throughput:
    """Measure one model, in the smallest precision that it has.

    Args:
        files: recordings that can be read.
        cores: threads to use, and processes.
        answering: what is done with each file; picklable.
        progress: steps by files; says what each round has measured.
    """
    precision = card.precisions[-1]
    xml = checked_ir(card, precision, zoo)
    plain, single = (Recognizer(xml, card, precision, threads=threads) for threads in (cores, 1))
    shares = [files[number::cores] for number in range(cores)]
    progress.say(f"{card.name}, {precision}: {len(files)} files, four ways, {rounds} rounds")
    with (
        workers(answering, single, cores) as many,
        workers(partial(_looping, answering), single, cores) as loops,
    ):
        start_s = _seconds(many.in_order([files[0]] * cores, together=1))
        _seconds(loops.in_order([files[:1]] * cores, together=1))
        ways: dict[str, Callable[[_Follow], float]] = {
            "one_by_one": lambda follow: _seconds(follow(map(answering(plain), files))),
            "processes": lambda _: _seconds(loops.in_order(shares, together=1)),
            "at_once": lambda follow: _seconds(follow(many.in_order(files))),
            "limit": lambda follow: sum(follow(_stages_s(single, files))) / cores,
        }
        times = _times(ways, len(files), rounds, progress)
    rates = {way: round(len(files) / float(np.median(s)), 2) for way, s in times.items()}
    return Throughput(card.name, precision, cores, len(files), **rates, start_s=round(start_s, 2))


_Follow = Callable[[Iterable[Any]], Iterable[Any]]
"""Steps the progress with each of the results of a pass."""


def _times(
    ways: Mapping[str, Callable[[_Follow], float]], n_files: int, rounds: int, progress: Progress
) -> dict[str, list[float]]:
    """Seconds of each way in each round."""
    times: dict[str, list[float]] = {way: [] for way in ways}

    def follow(results: Iterable[Any]) -> Iterator[Any]:
        before = n_files * sum(map(len, times.values()))
        for done, result in enumerate(results, start=before + 1):
            progress.step(done, n_files * rounds * len(ways))
            yield result

    for number in range(1, rounds + 1):
        for way, run in ways.items():
            times[way].append(run(follow))
        rates = (f"{way.replace('_', ' ')} {n_files / s[-1]:.0f}" for way, s in times.items())
        progress.say(f"round {number} of {rounds}: {', '.join(rates)}")
    return times


def _seconds(results: Iterable[object]) -> float:
    """How long it takes until all are there."""
    start = time.perf_counter()
    for _ in results:
        pass
    return time.perf_counter() - start


def _stages_s(recognizer: Recognizer, files: Sequence[Path]) -> Iterator[float]:
    """Time of the stages of each file alone, without what lies between them."""
    for file in files:
        yield sum(recognizer(Source.from_file(file)).latency_ms.values()) / 1000


def _looping(
    answering: Answering[Path, object], recognizer: Recognizer
) -> Callable[[Sequence[Path]], float]:
    """What works through a share of the files on its own."""
    answer = answering(recognizer)
    return lambda share: _seconds(map(answer, share))


def throughput_table(rows: Sequence[Throughput]) -> str:
    """The rows as Markdown."""
    first = rows[0]
    lines = [
        f"Files per second, {first.n_files} files, {first.cores} cores; and what starting the "
        "processes takes.",
        "",
        "| model | precision | one by one | a process per core | at once | limit "
        "| at once / limit | at once / one by one | start |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row.model} | {row.precision} | {row.one_by_one:.0f} | {row.processes:.0f} "
            f"| {row.at_once:.0f} | {row.limit:.0f} | {row.share_of_limit:.0%} | {row.gain:.2f} "
            f"| {row.start_s:.1f} s |"
        )
    return "\n".join(lines)
