"""Work on several processes: in order, prepared once, bounded, and gone when the work is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ser_core.runtime.in_order import AHEAD
from ser_core.runtime.workers import TOGETHER, WorkerError, Workers


def preparing(folder: Path) -> Callable[[int], int]:
    """Leaves a file for each process that prepares itself; the work is one division."""
    (folder / str(os.getpid())).touch()
    return lambda number: 12 // number


def waiting(folder: Path | None = None) -> Callable[[float], int]:
    """Leaves a file for each piece that is begun."""

    def work(seconds: float) -> int:
        if folder:
            (folder / f"{os.getpid()}-{time.monotonic_ns()}").touch()
        time.sleep(seconds)
        return os.getpid()

    return work


def failing() -> Callable[[int], int]:
    raise ValueError("There is no model.")


def ending() -> Callable[[int], int]:
    def work(number: int) -> int:
        if number:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return work


def test_results_come_in_the_order_given_from_processes_that_prepare_once(tmp_path: Path) -> None:
    numbers = [1, 2, 3, 4, 6, 12] * 20
    with Workers(partial(preparing, tmp_path), 2) as workers:
        for _ in range(2):
            assert [*workers.in_order(numbers)] == [12 // number for number in numbers]
    prepared = {int(file.name) for file in tmp_path.iterdir()}
    assert 1 <= len(prepared) <= 2
    assert os.getpid() not in prepared


def test_as_many_are_under_way_as_there_are_processes() -> None:
    with Workers(waiting, 2) as workers:
        assert len({*workers.in_order([0.5] * 6, together=1)}) == 2


def test_no_more_items_are_taken_than_are_needed_soon(tmp_path: Path) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(1, 10_000):
            taken += 1
            yield number

    with Workers(partial(preparing, tmp_path), 2) as workers:
        results = workers.in_order(items())
        for asked_for in (1, 2, 3):
            next(results)
            assert taken <= 2 * AHEAD * TOGETHER + asked_for


@pytest.mark.parametrize("together", [1, 3, 4])
def test_an_error_comes_at_the_place_of_its_item(tmp_path: Path, together: int) -> None:
    with Workers(partial(preparing, tmp_path), 2) as workers:
        results = workers.in_order([1, 2, 0, 3], together)
        assert [next(results), next(results)] == [12, 6]
        with pytest.raises(ZeroDivisionError) as raised:
            next(results)
    assert "12 // number" in raised.value.__notes__[0], "where in the process it happened"


def test_what_cannot_be_prepared_says_why() -> None:
    with Workers(failing, 2) as workers, pytest.raises(ValueError, match="There is no model"):
        next(workers.in_order([1]))


def test_a_process_that_ends_is_one_sentence() -> None:
    with Workers(ending, 1) as workers:
        results = workers.in_order([0, 0, 1, 0])
        with pytest.raises(WorkerError, match="has ended, perhaps for lack of memory"):
            list(results)


def test_processes_end_when_the_work_does_and_begin_no_more_of_it(tmp_path: Path) -> None:
    before = {*multiprocessing.active_children()}
    with Workers(partial(waiting, tmp_path), 2) as workers:
        next(workers.in_order([0.01] + [2.0] * 8, together=1))
        own = {*multiprocessing.active_children()} - before
    assert own
    for process in own:
        process.join(30)
        assert process.exitcode == 0
    assert len([*tmp_path.iterdir()]) <= 4


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_that_is_killed_takes_its_workers_along() -> None:
    code = "from tests.runtime.test_workers import *\n" + (
        "with Workers(waiting, 2) as workers:\n"
        "    for pid in workers.in_order([0.2] * 1000, together=1):\n"
        "        print(pid, flush=True)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent:
        pids = {int(parent.stdout.readline()) for _ in range(6)}
        parent.kill()
    end = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < end:
        time.sleep(0.1)
    assert pids
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
