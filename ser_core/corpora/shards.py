"""A list of files split into shards, for a corpus that several machines share."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple


class Shard(NamedTuple):
    """One of `count` parts, counted from 1.

    A file belongs to the same shard on every machine, whatever lies beside it: its name decides.

        >>> [name for name in ("a.wav", "b.wav", "c/a.wav") if name in Shard.parse("1/2")]
        ['a.wav', 'c/a.wav']
    """

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """A shard as it is typed, such as 3/8.

        Raises:
            ValueError: it is not of that form, or there is no such part.
        """
        found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", text)
        if not found or int(found[1]) > int(found[2]):
            raise ValueError(f"{text} is not a shard. Enter one of them as 1/8, up to 8/8.")
        return cls(int(found[1]), int(found[2]))

    def __contains__(self, name: object) -> bool:
        """Whether a file belongs to it, by its name relative to the folder, with `/` in it."""
        # Not Python's hash, which differs from process to process.
        digest = hashlib.sha256(str(name).encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") % self.of == self.number - 1
