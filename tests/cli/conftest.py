"""The command line on the tiny zoo, in an empty folder, in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command_line import Done, call


@pytest.fixture
def ser(tiny_zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run `python -m ser_core …` in this process; `zoo=` names another zoo."""
    monkeypatch.chdir(tmp_path)
    return lambda *words, zoo=tiny_zoo: call(zoo, *words)
