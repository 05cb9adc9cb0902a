"""What a long job tells the person who waits for it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Follows a long job: a bar, a log, a list in a test."""

    def step(self, done: int, total: int, note: str = "") -> None:
        """So many of all parts are done; an epoch of training has a note on how it went."""

    def say(self, line: str) -> None:
        """A line that stays when the job is over."""


class Silent:
    """Nobody waits."""

    def step(self, done: int, total: int, note: str = "") -> None:
        pass

    def say(self, line: str) -> None:
        pass


SILENT: Progress = Silent()
