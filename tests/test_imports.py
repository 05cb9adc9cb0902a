"""A first prediction must not wait for, or need, what only training uses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_rooms import imported
from tools import voices

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
    code = (
        "import ser_core, ser_core.models.zoo, ser_core.models.recognizer, ser_core.audio.decoding"
    )
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


def files(*patterns: str) -> list[Path]:
    return [path for pattern in patterns for path in sorted(REPOSITORY.glob(pattern))]


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        (
            [
                path
                for path in files("ser_core/**/*.py")
                if not {"training", "cli"} & {*path.relative_to(REPOSITORY).parts}
            ],
            {"torch", "onnx", "nncf", "streamlit"},
        ),
        (
            [
                path
                for path in files("streamlit_app.py", "pages/**/*.py", "ser_core/**/*.py")
                if "training" not in path.relative_to(REPOSITORY).parts
            ],
            {"librosa", "numba"},
        ),
        (
            [
                path
                for path in files("ser_core/training/**/*.py", "ser_core/cli/*.py")
                if path.stem != "app"  # the command that starts the app
            ],
            {"streamlit"},
        ),
        (
            files("streamlit_app.py", "pages/**/*.py"),
            {"torch", "onnx", "nncf", "ser_core.training"},
        ),
        (
            [p for p in files("pages/**/*.py", "ser_core/**/*.py") if p.stem != "microphone"],
            {"streamlit_webrtc", "aiortc"},
        ),
    ],
    ids=[
        "serving half",
        "all but training",
        "training and all commands but app",
        "pages",
        "all but the microphone",
    ],
)
def test_no_room_imports_what_it_must_not(room: list[Path], forbidden: set[str]):
    assert room
    broken = {
        f"{path.relative_to(REPOSITORY)} imports {name}"
        for path in room
        for name in imported(path)
        if any(name == module or name.startswith(f"{module}.") for module in forbidden)
    }
    assert broken == set()


@pytest.mark.parametrize(
    "modules",
    [
        ("analyze.result", "analyze.judge", "models", "voices"),
        ("accuracy.result", "accuracy.comparison", "accuracy.cost", "accuracy.corpus"),
        ("batch.result",),
    ],
    ids=["Analyze", "Accuracy", "Batch"],
)
def test_the_pages_need_neither_training_libraries_nor_matplotlib(modules: tuple[str, ...]):
    imports = "".join(f"import pages.shell.{module};" for module in modules)
    code = (
        f"import sys; sys.path.insert(0, '.'); {imports}"
        "print(sorted({'torch', 'librosa', 'matplotlib', 'onnx', 'nncf'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
