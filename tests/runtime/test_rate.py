"""How often somebody may ask."""

from __future__ import annotations

from ser_core.runtime.rate import RateLimit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_allowed_and_then_so_many_per_second():
    clock = Clock()
    limit = RateLimit(per_s=2, burst=3, clock=clock)
    assert [limit.wait_s() for _ in range(5)] == [0, 0, 0, 0.5, 0.5]
    clock.now += 0.5
    assert limit.wait_s() == 0
    assert limit.wait_s() == 0.5
    clock.now += 100
    assert [limit.wait_s() for _ in range(4)] == [0, 0, 0, 0.5], "a bucket holds no more"


def test_everybody_has_a_bucket_of_their_own_but_there_are_so_many_only():
    limit = RateLimit(per_s=1, burst=1, max_keys=2, clock=lambda: 0.0)
    assert limit.wait_s("a") == limit.wait_s("b") == 0
    assert limit.wait_s("a") == limit.wait_s("b") == 1
    limit.wait_s("c")
    assert limit.wait_s("b") == 1
    assert limit.wait_s("a") == 0, "forgotten, as it asked longest ago"
