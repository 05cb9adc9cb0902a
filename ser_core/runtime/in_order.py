"""Many pieces of work at once, with their results in the order given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

AHEAD = 4
"""Pieces per worker that are under way or wait to be asked for; more would only take memory."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """The results of `work` on several threads, in the order of `items`.

        >>> [*in_order(abs, [3, -2, 1], threads=2)]
        [3, 2, 1]

    Args:
        threads: how many pieces are worked on at once; with 1, each when it is asked for.

    Raises:
        What `work` raises, at the place of its item; what is under way is dropped then, as it is
        when nobody asks any more.
    """
    if threads == 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield from in_order_by(pool, work, items, threads)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def in_order_by(
    pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], n: int
) -> Iterator[Result]:
    """The same by a pool of `n` workers, which stays open.

    Items are taken as they are needed, on the thread that asks for results.
    """
    rest = iter(items)
    waiting: deque[Future[Result]] = deque()
    waiting.extend(pool.submit(work, item) for item in islice(rest, AHEAD * n))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(pool.submit(work, item) for item in islice(rest, 1))
