"""The command line on the tiny zoo, in an empty folder: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import ser_core
from tests.command_line import Done, call


@pytest.fixture
def ser(tiny_zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run `python -m ser_core …` in this process; `zoo=` names another zoo."""
    monkeypatch.chdir(tmp_path)
    return lambda *words, zoo=tiny_zoo: call(zoo, *words)


@pytest.fixture
def ser_process(tiny_zoo: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run it as a person does."""

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        root = str(Path(ser_core.__file__).parent.parent)
        return subprocess.run(
            [sys.executable, "-m", "ser_core", *map(str, words)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"SER_ZOO": str(tiny_zoo), "PYTHONPATH": root},
            timeout=120,
        )

    return run
