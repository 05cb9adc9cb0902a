"""Processes that do many pieces of work at once: Python runs one thread of a process at a time."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.synchronize import Event
from types import TracebackType
from typing import Any, Generic, TypeVar

from ser_core.runtime.child_process import without_interruption, without_main_script
from ser_core.runtime.in_order import in_order_by

TOGETHER = 4
"""Items that travel together, which for short ones saves most of the time on the way."""

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkerError(RuntimeError):
    """A process ended in the middle of its work; the message says what to do next."""


class Workers(Generic[Item, Result]):
    """Processes that prepare themselves once, then work on what they are given.

        >>> with Workers(partial(load_work, "se-resnet"), 2) as workers:
        ...     for result in workers.in_order(files):
        ...         print(result)

    Args:
        prepare: called in each process at its first piece of work; it returns what does the
            work. Picklable, as are items and results.
        n: how many processes. Each starts when there is work for it, which takes a second or two.
    """

    def __init__(self, prepare: Callable[[], Callable[[Item], Result]], n: int):
        context = get_context("spawn")  # a fork would inherit locks of threads that it lacks
        self._n, self._stop = n, context.Event()
        self._pool = _Pool(n, context, _begin, (prepare, self._stop))

    def __enter__(self) -> Workers[Item, Result]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        place: TracebackType | None,
    ) -> None:
        self._stop.set()  # some pieces are already on their way to a process
        # Waits for those under way; a process that still starts needs what this one keeps.
        self._pool.shutdown(cancel_futures=True)

    def in_order(self, items: Iterable[Item], together: int = TOGETHER) -> Iterator[Result]:
        """The results, in the order of the items, of which only the next few are taken.

        Args:
            together: how many a process gets at a time; 1 for a few that take long.

        Raises:
            What the work raises, at the place of its item.
            WorkerError: a process has ended.
        """
        try:
            for results, error in in_order_by(self._pool, _work, _parts(items, together), self._n):
                yield from results
                if error:
                    raise error
        except BrokenProcessPool as error:
            raise WorkerError(
                "A process of this command has ended, perhaps for lack of memory. Run it again on "
                "fewer cores: with taskset -c 0 in front, on one."
            ) from error


def _parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while part := [*islice(rest, size)]:
        yield part


class _Pool(ProcessPoolExecutor):
    """Starts its processes when they are needed, so when it is given work."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with without_main_script(), without_interruption():
            return super().submit(fn, *args, **kwargs)


# ---- in each process ----


def _begin(prepare: Callable[[], Callable[[Any], Any]], stop: Event) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    global _prepared, _stop
    _prepared, _stop = cache(prepare), stop  # here, an error would only end the process


def _work(items: list[Any]) -> tuple[list[Any], Exception | None]:
    """The results of some items, until one of them raises an error."""
    results: list[Any] = []
    try:
        for item in items:
            if _stop.is_set():
                break
            results.append(_prepared()(item))
    except Exception as error:
        error.add_note(traceback.format_exc())  # which does not travel with it
        return results, error
    return results, None


def _end_with_parent() -> None:
    """A process that is killed takes its workers along, which would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


_prepared: Callable[[], Callable[[Any], Any]]
_stop: Event
