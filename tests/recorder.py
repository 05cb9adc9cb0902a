"""A progress that remembers what it was told."""

from __future__ import annotations

from ser_core.runtime.progress import Silent


class Recorder(Silent):
    """Keeps the steps, the lines, and which epochs ended."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        self.epochs: list[int] = []
        self.lines: list[str] = []

    def step(self, done: int, total: int, note: str = "") -> None:
        self.steps.append((done, total))
        if note:
            self.epochs.append(done)

    def say(self, line: str) -> None:
        self.lines.append(line)
