"""Files per second on all cores, and how near that comes to what the cores could do.

Four ways take turns over the same files, so that a busy moment of the machine affects all alike.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import numpy as np

from ser_core.features.source import Source
from ser_core.models.card import ModelCard
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import ZOO, checked_ir, load_card
from ser_core.runtime.in_order import in_order
from ser_core.runtime.places import IMPORT_ROOT
from ser_core.runtime.progress import SILENT, Progress


class Throughput(msgspec.Struct, frozen=True):
    """Files per second of one model; medians over the rounds.

    Attributes:
        one_by_one: a loop, with all cores for each file.
        processes: one process per core, each with such a loop on one thread.
        at_once: as `predict`, `evaluate` and Batch do it.
        limit: decoding, features and network of one file on one thread, times the cores.
    """

    model: str
    precision: str
    cores: int
    n_files: int
    one_by_one: float
    processes: float
    at_once: float
    limit: float

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
    rounds: int = 3,
    progress: Progress = SILENT,
    zoo: Path = ZOO,
) -> Throughput:
    """Measure one model, in the smallest precision that it has.

    Args:
        files: recordings that can be read.
        cores: threads to use, and processes to compare with.
        progress: steps by passes over the files.
    """
    precision = card.precisions[-1]
    xml = checked_ir(card, precision, zoo)
    plain, single, many = (
        Recognizer(xml, card, precision, threads=threads, at_once=at_once)
        for threads, at_once in ((cores, 1), (1, 1), (cores, cores))
    )
    for recognizer in (plain, single, many):
        recognizer.warm_up()
    with _processes(card.name, precision, files, cores, zoo) as run_processes:
        ways: dict[str, Callable[[], float]] = {
            "one_by_one": lambda: _seconds(plain, files, 1),
            "processes": run_processes,
            "at_once": lambda: _seconds(many, files, cores),
            "limit": lambda: _stages_s(single, files) / cores,
        }
        times: dict[str, list[float]] = {way: [] for way in ways}
        for number in range(rounds):
            for step, (way, run) in enumerate(ways.items(), start=1):
                times[way].append(run())
                progress.step(number * len(ways) + step, rounds * len(ways))
    rates = {way: round(len(files) / float(np.median(s)), 2) for way, s in times.items()}
    return Throughput(card.name, precision, cores, len(files), **rates)


def _seconds(recognizer: Recognizer, files: Sequence[Path], threads: int) -> float:
    start = time.perf_counter()
    for _ in in_order(lambda file: recognizer(Source.from_file(file)), files, threads):
        pass
    return time.perf_counter() - start


def _stages_s(recognizer: Recognizer, files: Sequence[Path]) -> float:
    """Time of the stages alone, without what lies between them."""
    return sum(sum(recognizer(Source.from_file(f)).latency_ms.values()) for f in files) / 1000


@contextmanager
def _processes(
    model: str, precision: str, files: Sequence[Path], n: int, zoo: Path
) -> Iterator[Callable[[], float]]:
    """Processes that are ready; call what this gives to let each work through its share."""
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", __name__, str(zoo), model, precision],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=IMPORT_ROOT,
                )
            )
            for _ in range(n)
        ]
        for number, child in enumerate(children):
            _say(child, msgspec.json.encode([str(f.resolve()) for f in files[number::n]]).decode())
        _wait_for(children)

        def run() -> float:
            start = time.perf_counter()
            for child in children:
                _say(child, "go")
            _wait_for(children)
            return time.perf_counter() - start

        yield run  # the end of their input ends them


def _say(child: subprocess.Popen[str], line: str) -> None:
    assert child.stdin is not None
    child.stdin.write(line + "\n")
    child.stdin.flush()


def _wait_for(children: Sequence[subprocess.Popen[str]]) -> None:
    for child in children:
        if child.stdout is None or not child.stdout.readline():
            raise RuntimeError("A process of the measurement has ended. Run it again.")


def _serve(zoo: str, model: str, precision: str) -> None:
    """A child: reads its files, then works through them for each line that it gets."""
    card = load_card(model, Path(zoo))
    recognizer = Recognizer(checked_ir(card, precision, Path(zoo)), card, precision, threads=1)
    recognizer.warm_up()
    files = [Path(name) for name in msgspec.json.decode(sys.stdin.readline(), type=list[str])]
    print("ready", flush=True)
    for _ in sys.stdin:
        _seconds(recognizer, files, 1)
        print("done", flush=True)


def throughput_table(rows: Sequence[Throughput]) -> str:
    """The rows as Markdown."""
    first = rows[0]
    lines = [
        f"Files per second, {first.n_files} files, {first.cores} cores.",
        "",
        "| model | precision | one by one | a process per core | at once | limit "
        "| at once / limit | at once / one by one |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row.model} | {row.precision} | {row.one_by_one:.0f} | {row.processes:.0f} "
            f"| {row.at_once:.0f} | {row.limit:.0f} | {row.share_of_limit:.0%} | {row.gain:.2f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
