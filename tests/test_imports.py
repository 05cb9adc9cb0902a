"""A first prediction must not wait for, or need, what only training uses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests import voices

HEAVY = ("torch", "onnx", "onnxruntime", "nncf", "librosa", "numba", "sklearn", "streamlit")
REPOSITORY = Path(__file__).parent.parent


def heavy_modules_after(code: str, *arguments: str) -> list[str]:
    """Run code in a fresh interpreter and list what it should not have imported."""
    report = f"import json, sys; print(json.dumps([m for m in {HEAVY} if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_serving_half_imports_nothing_of_training():
    code = "import ser_core, ser_core.zoo, ser_core.recognizer, ser_core.audio"
    assert heavy_modules_after(code) == []


def test_a_prediction_imports_nothing_of_training(tiny_zoo: Path, tmp_path: Path):
    for container in ("wav", "m4a"):
        (tmp_path / f"voice.{container}").write_bytes(voices.encode(voices.voice(), container))
    code = """
import sys
from pathlib import Path
from ser_core import Clip, list_models, load_model
zoo, folder = map(Path, sys.argv[1:])
for card in list_models(zoo):
    recognizer = load_model(card.name, zoo=zoo)
    for path in folder.iterdir():
        assert recognizer(Clip.from_file(path)).label
"""
    assert heavy_modules_after(code, str(tiny_zoo), str(tmp_path)) == []
