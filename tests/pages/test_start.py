"""A fresh process answers its first clip soon: what is slow to import stays out of the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SLOW = ("scipy.signal", "scipy.stats", "scipy.spatial", "av", "PIL", "pandas", "plotly", "torch")

BARE = """
import ser_core
assert ser_core.load_model()(ser_core.Clip.from_file(sys.argv[1])).label
"""
COMMAND = """
from ser_core.cli import program
program(["predict", sys.argv[1], "--json"], standalone_mode=False)
"""


@pytest.mark.parametrize("code", [BARE, COMMAND], ids=["Python", "command line"])
def test_a_first_prediction_waits_for_no_slow_import(
    code: str, tiny_zoo: Path, tmp_path: Path, speech_like_wav: bytes
):
    (tmp_path / "voice.wav").write_bytes(speech_like_wav)
    report = f"print(json.dumps([m for m in {SLOW} if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", f"import json, sys\n{code}\n{report}", tmp_path / "voice.wav"],
        cwd=REPOSITORY,
        env=os.environ | {"SER_ZOO": str(tiny_zoo)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_a_page_comes_with_the_whole_of_pandas():
    """Half of it, imported by another session just then, once broke a figure of plotly."""
    code = "import sys, pages.shell.page\nprint(hasattr(sys.modules.get('pandas'), 'Series'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "True", done.stderr
