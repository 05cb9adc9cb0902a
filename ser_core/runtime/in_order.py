"""Many pieces of work on several threads, with their results in the order given."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

AHEAD = 4
"""Pieces per thread that are under way or wait to be asked for; more would only take memory."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """The results of `work`, in the order of `items`.

    Threads, because what takes the time here (decoding, transforms, networks) leaves Python free
    meanwhile. Items are taken as they are needed, on the thread that asks for results.

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
    waiting: deque[Future[Result]] = deque()
    try:
        rest = iter(items)
        waiting.extend(pool.submit(work, item) for item in islice(rest, AHEAD * threads))
        while waiting:
            yield waiting.popleft().result()
            waiting.extend(pool.submit(work, item) for item in islice(rest, 1))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
