"""Things are made once, and dropped in time while memory is scarce."""

from __future__ import annotations

import sys
import threading
import time
from math import inf

import numpy as np
import pytest

from ser_core.runtime.memory import Kept, resident_mb


class Model:
    """Takes 10 MB of an imagined memory while it lives."""

    alive = 0

    def __init__(self) -> None:
        Model.alive += 1

    def __del__(self) -> None:
        Model.alive -= 1


@pytest.fixture
def kept() -> Kept[Model]:
    Model.alive = 0
    return Kept(used_mb=lambda: 100 + 10 * Model.alive)


def test_the_least_recently_used_leave_before_memory_is_exceeded(kept: Kept[Model]) -> None:
    for key in "abcbd":
        kept.get(key, Model, needs_mb=10, limit_mb=130)
        assert 100 + 10 * Model.alive <= 130
    assert [key for key in "abcd" if key in kept] == ["b", "c", "d"]


def test_all_stay_without_a_limit(kept: Kept[Model]) -> None:
    models = {kept.get(number, Model) for number in range(9) for _ in range(2)}
    assert len(models) == Model.alive == 9


def test_one_that_fits_in_no_way_is_still_made_and_alone(kept: Kept[Model]) -> None:
    for key in "ab":
        kept.get(key, Model, needs_mb=500, limit_mb=130)
    assert ("a" in kept, "b" in kept) == (False, True)


def test_one_in_use_is_found_again_and_not_made_twice(kept: Kept[Model]) -> None:
    in_use = kept.get("a", Model)
    kept.get("b", Model, needs_mb=10, limit_mb=50)
    assert Model.alive == 2
    assert kept.get("a", Model, needs_mb=10, limit_mb=50) is in_use


def test_many_threads_get_the_same_while_others_do_not_wait(kept: Kept[Model]) -> None:
    go_on, models = threading.Event(), []

    def slow() -> Model:
        go_on.wait(5)
        return Model()

    threads = [
        threading.Thread(target=lambda: models.append(kept.get("slow", slow))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    kept.get("quick", Model)
    assert models == []
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(models) == 4
    assert len({*models}) == 1


def test_what_cannot_be_made_is_tried_again(kept: Kept[Model]) -> None:
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert "a" not in kept
    assert kept.get("a", Model)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_resident_memory_grows_and_shrinks_with_what_is_used() -> None:
    before = resident_mb()
    data = np.ones(8_000_000)
    assert 50 < resident_mb() - before < 80
    del data
    time.sleep(0.1)
    assert resident_mb() - before < 20
    assert 0 < before < inf
