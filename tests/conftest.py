"""What the tests share: a tiny zoo, a voice, the command line, and the corpora where they are."""

from __future__ import annotations

import os

# Threads of OpenMP wait for each other in a spin: two of them on a busy machine take ten times as
# long as one. Set before torch is imported, and for every process that a test starts.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

import ser_core
from ser_core.audio.clip import Clip
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model
from tools import tiny_model, voices

# How long an example takes says something about the machine, not about the code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def tiny_zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zoo of hand-written models, `tiny` (main) and `tiny-mirrored`; do not change it."""
    return tiny_model.write_zoo(tmp_path_factory.mktemp("zoo"))


@pytest.fixture
def own_zoo(tmp_path: Path) -> Path:
    """The same zoo, for a test that breaks it."""
    return tiny_model.write_zoo(tmp_path / "zoo")


@pytest.fixture(scope="session")
def tiny_recognizer(tiny_zoo: Path) -> Recognizer:
    return load_model("tiny", zoo=tiny_zoo)


@pytest.fixture(scope="session")
def speech_like() -> Clip:
    """Two seconds of a synthetic voice."""
    return Clip(voices.voice(), name="voice.wav")


@pytest.fixture(scope="session")
def speech_like_wav() -> bytes:
    """The same voice as the bytes of a wav file."""
    return voices.wav(voices.voice())


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of recorded corpora; tests that need it are skipped where there is none."""
    folder = os.environ.get("SER_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("needs recorded speech: set SER_DATA to a folder of corpora")
    return Path(folder)


@pytest.fixture(scope="session")
def ravdess_files(corpora: Path) -> list[Path]:
    """About 100 recordings of RAVDESS, recognized by their file names, spread over all of them."""
    digits = "-".join(["[0-9][0-9]"] * 7)
    files = sorted(corpora.rglob(f"{digits}.*"), key=lambda path: path.name)
    if not files:
        pytest.skip(f"no RAVDESS recordings in {corpora}")
    return files[:: max(1, len(files) // 100)]


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
