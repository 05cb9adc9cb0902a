"""Progress reports of long jobs."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Follows a long job: a bar, a log, a list in a test."""

    def step(self, done: int, total: int, note: str = "") -> None:
        """Report that `done` of `total` parts are finished; a training epoch adds its figures."""

    def say(self, line: str) -> None:
        """Report a line that stays visible after the job."""


class Silent:
    """Reports nothing."""

    def step(self, done: int, total: int, note: str = "") -> None:
        pass

    def say(self, line: str) -> None:
        pass


SILENT: Progress = Silent()
