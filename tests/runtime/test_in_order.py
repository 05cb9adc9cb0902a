"""Work on several threads: in order, at once, bounded, and stopped when nobody asks any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ser_core.runtime.in_order import AHEAD, in_order


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_given(threads: int) -> None:
    first_done = threading.Event()

    def work(number: int) -> int:
        if threads > 1 and number == 0:
            first_done.wait(5)  # the first is done last of those that are under way
        elif number == threads - 1:
            first_done.set()
        return -number

    assert [*in_order(work, range(50), threads)] == [-n for n in range(50)]
    assert [*in_order(work, [], threads)] == []


def test_as_many_are_under_way_as_there_are_threads() -> None:
    together = threading.Barrier(3, timeout=5)
    assert [*in_order(lambda _: together.wait() >= 0, range(6), 3)] == [True] * 6


def test_no_more_items_are_taken_than_are_needed_soon() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(10_000):
            taken += 1
            yield number

    results = in_order(abs, items(), 2)
    for asked_for in (1, 2, 3):
        next(results)
        assert taken <= 2 * AHEAD + asked_for


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_comes_at_the_place_of_its_item(threads: int) -> None:
    results = in_order(lambda number: 1 // number, [1, 1, 0, 1], threads)
    assert [next(results), next(results)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_what_nobody_asks_for_any_more_is_not_begun() -> None:
    begun: list[int] = []
    go_on = threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        if number:
            go_on.wait(5)

    results = in_order(work, range(100), 2)
    next(results)
    results.close()
    go_on.set()
    assert len(begun) <= 3
