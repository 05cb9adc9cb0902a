"""`predict` at the edge: any IR, any device there is, and a progress bar that spoils no output."""

from __future__ import annotations

import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import openvino as ov
import pytest

from ser_core.models.recognizer import SIGNATURE_PATH
from tools import tiny_model

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, speech_like_wav: bytes) -> Path:
    """Three recordings."""
    place = tmp_path / "recordings"
    place.mkdir()
    for name in "abc":
        (place / f"{name}.wav").write_bytes(speech_like_wav)
    return place


def predict(zoo: Path, *words: object, **pipes: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ser_core", "predict", *map(str, words)],
        cwd=REPOSITORY,
        env=os.environ | {"SER_ZOO": str(zoo), "TERM": "xterm"},
        text=True,
        timeout=60,
        **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | pipes),
    )


@pytest.mark.parametrize("form", ["--json", "--csv", ""], ids=["JSON", "CSV", "lines"])
def test_results_reach_a_file_while_the_bar_is_on_the_terminal(
    tiny_zoo: Path, folder: Path, form: str
):
    terminal, other_end = pty.openpty()
    done = predict(tiny_zoo, folder, *([form] if form else []), stderr=other_end)
    os.close(other_end)
    screen = os.read(terminal, 10_000).decode()
    os.close(terminal)
    assert "Predicting" in screen
    assert "a.wav" not in screen
    lines = done.stdout.splitlines()
    assert "\x1b" not in done.stdout
    assert len(lines) == 3 + (form == "--csv")
    if form == "--json":
        assert [Path(json.loads(line)["file"]).name for line in lines] == [
            "a.wav", "b.wav", "c.wav",
        ]  # fmt: skip
    if form == "--csv":
        row = next(csv.DictReader(lines))
        assert row["file"].endswith("a.wav")
        stages = [float(row[f"{stage}_ms"]) for stage in ("decode", "features", "inference")]
        assert sum(stages) == pytest.approx(float(row["latency_ms"]), abs=0.01)


@pytest.mark.parametrize("device", ["CPU", "AUTO"])
def test_cpu_and_auto_answer(tiny_zoo: Path, folder: Path, device: str):
    done = predict(tiny_zoo, folder / "a.wav", "--json", "--device", device)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["label"]


def test_a_device_that_is_not_there_is_one_sentence(tiny_zoo: Path, folder: Path):
    if "NPU" in ov.Core().available_devices:
        pytest.skip("this machine has an NPU")
    done = predict(tiny_zoo, folder / "a.wav", "--device", "NPU")
    assert done.returncode == 1
    assert "cannot run on the device 'NPU'" in done.stderr
    assert "Traceback" not in done.stderr
    assert predict(tiny_zoo, folder / "a.wav", "--device", "TPU").returncode == 2


def test_the_help_says_which_devices_are_tested(tiny_zoo: Path):
    words = " ".join(predict(tiny_zoo, "--help").stdout.replace("│", " ").split())
    assert "CPU and AUTO are tested" in words
    assert "GPU and NPU are not" in words


@pytest.mark.parametrize("precision", ["FP32", "FP16"])
def test_an_ir_from_elsewhere_says_its_own_precision(
    tiny_zoo: Path, folder: Path, tmp_path: Path, precision: str
):
    model = tiny_model.network()
    model.set_rt_info(tiny_model.signature().to_json(), SIGNATURE_PATH)
    ov.save_model(model, tmp_path / "own.xml", compress_to_fp16=precision == "FP16")
    done = predict(tiny_zoo, "-m", tmp_path / "own.xml", folder / "a.wav", "--json")
    row = json.loads(done.stdout)
    assert (row["model"], row["precision"]) == (str(tmp_path / "own.xml"), precision)
