"""How often somebody may ask: token buckets, a bounded number of them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class RateLimit:
    """So many at once, then so many per second, for each key.

        >>> limit = RateLimit(per_s=1, burst=2, clock=lambda: 0.0)
        >>> [limit.wait_s("somebody") for _ in range(3)]
        [0.0, 0.0, 1.0]

    Args:
        per_s: how many a bucket regains per second.
        burst: how many a full bucket holds.
        max_keys: of more keys, those that asked longest ago are forgotten.
    """

    def __init__(
        self,
        per_s: float,
        burst: float,
        max_keys: int = 1000,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.per_s, self.burst, self.max_keys = per_s, burst, max_keys
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # content, when
        self._lock = threading.Lock()

    def wait_s(self, key: str = "") -> float:
        """Seconds until the key may ask; 0 if it may now, and then this counts as one."""
        now = self._clock()
        with self._lock:
            content, then = self._buckets.pop(key, (self.burst, now))
            content = min(self.burst, content + (now - then) * self.per_s)
            allowed = content >= 1
            self._buckets[key] = (content - allowed, now)
            while len(self._buckets) > self.max_keys:
                self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - content) / self.per_s
