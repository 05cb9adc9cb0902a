"""How much memory this process takes, and a cache that keeps it within a limit."""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from math import inf
from pathlib import Path
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


def resident_mb() -> float:
    """Memory that this process occupies, in MB; 0 where that is unknown (it is Linux's /proc)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Kept(Generic[Thing]):
    """Things that are made once; while memory is scarce, those used least recently are dropped.

    What is dropped, but in use somewhere, is found again rather than made twice.

        >>> kept = Kept()
        >>> kept.get("key", set) is kept.get("key", set)
        True

    Args:
        used_mb: the memory in use.
    """

    def __init__(self, used_mb: Callable[[], float] = resident_mb):
        self._used_mb = used_mb
        self._kept: OrderedDict[Hashable, Thing] = OrderedDict()
        self._alive: weakref.WeakValueDictionary[Hashable, Thing] = weakref.WeakValueDictionary()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._alive

    def get(
        self,
        key: Hashable,
        make: Callable[[], Thing],
        needs_mb: float = 0.0,
        limit_mb: float = inf,
    ) -> Thing:
        """The thing of this key, which is made if there is none, for all threads that wait for it.

        Args:
            needs_mb: what it will take, estimated.
            limit_mb: others are dropped before the process takes more than this.
        """
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:  # this key only, so that nobody else waits
            thing = self._alive.get(key)
            if thing is None:
                self._make_room(limit_mb - needs_mb)
                thing = make()
            with self._lock:
                self._alive[key] = self._kept[key] = thing
                self._kept.move_to_end(key)
            return thing

    def _make_room(self, limit_mb: float) -> None:
        with self._lock:
            while self._kept and self._used_mb() > limit_mb:
                self._kept.popitem(last=False)
