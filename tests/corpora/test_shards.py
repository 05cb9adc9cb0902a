"""Shards: each file in exactly one, the same one everywhere, about as many in each."""

from __future__ import annotations

from itertools import chain

import pytest

from ser_core.corpora.shards import Shard

NAMES = [f"speaker {n % 40}/{n}.wav" for n in range(4000)]


@pytest.mark.parametrize("of", [1, 2, 7])
def test_each_file_is_in_exactly_one_shard_of_about_the_same_size(of: int) -> None:
    shards = [Shard.parse(f"{number}/{of}") for number in range(1, of + 1)]
    parts = [[name for name in NAMES if name in shard] for shard in shards]
    assert sorted(chain(*parts)) == sorted(NAMES)
    assert max(map(len, parts)) < 1.2 * len(NAMES) / of


def test_a_file_stays_in_its_shard_from_machine_to_machine() -> None:
    # As the first eight bytes of `printf a.wav | sha256sum` say.
    assert [name in Shard(1, 3) for name in ("a.wav", "b.wav", "ü.wav")] == [True, False, False]


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", ""])
def test_what_is_no_shard_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="is not a shard"):
        Shard.parse(text)
