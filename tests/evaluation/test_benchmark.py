"""The benchmark: turns, figures, ratios and the table. How fast things are is no matter here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.evaluation import benchmark
from ser_core.evaluation.benchmark import (
    Benchmark,
    Task,
    Timing,
    machine,
    markdown,
    measure,
    memory_mb,
    race,
    ratios,
    slower_in_8_bits,
    spoken_wav,
)
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.card import PRECISIONS
from ser_core.models.zoo import ZOO, list_models

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
PARTS = {"decode", "features", "network"}
STAGES = PARTS | {"path", "inference", "compile", "compile_cached", "throughput"}


@pytest.fixture(scope="module")
def result(tiny_zoo: Path) -> Benchmark:
    return measure(list_models(tiny_zoo), spoken_wav(), threads=1, rounds=2, zoo=tiny_zoo)


def row(model: str, precision: str, runtime: str, stage: str, ms: float) -> Timing:
    return Timing(model, precision, runtime, stage, ms, 2 * ms)


def test_tasks_take_turns_and_each_turn_warms_up():
    calls: list[str] = []
    tasks = [Task(name, "FP32", "x", "run", lambda n=name: calls.append(n)) for name in "ab"]
    progress: list[tuple[int, int]] = []
    rows = race(tasks, 2, lambda *step: progress.append(step))
    assert re.fullmatch("(a{4,}b{4,}){2}", "".join(calls))
    assert progress == [(1, 2), (2, 2)]
    assert [r.model for r in rows] == ["a", "b"]


def test_a_short_task_warms_up_for_as_long_as_a_long_one_takes(monkeypatch):
    clock_s = 0.0

    def run() -> None:
        nonlocal clock_s
        clock_s += 0.004

    monkeypatch.setattr(time, "perf_counter", lambda: clock_s)
    race([Task("m", "FP32", "x", "run", run)], 1)
    assert clock_s == pytest.approx(0.004 * (5 + 3))  # 20 ms, then three that count


def test_stages_that_a_task_times_itself_become_rows_of_their_own(monkeypatch):
    monkeypatch.setattr(benchmark, "_WARM_UP_S", 0)
    times_ms = iter(range(100))
    task = Task("m", "INT8", "x", "path", lambda: {"decode": float(next(times_ms))})
    decode, path = race([task], 2)
    counted = [1, 2, 3, 5, 6, 7]  # 0 and 4 warmed up
    assert decode == Timing(
        "m", "INT8", "x", "decode", np.median(counted), np.quantile(counted, 0.9)
    )
    assert (path.stage, path.median_ms < 1) == ("path", True)


def test_every_model_and_precision_gets_every_stage(result: Benchmark):
    for model in ("tiny", "tiny-mirrored"):
        for precision in PRECISIONS:
            stages = {r.stage for r in result.rows if (r.model, r.precision) == (model, precision)}
            assert stages == STAGES
    assert all(0 < r.median_ms <= r.p90_ms for r in result.rows)


def test_the_json_is_the_contract(result: Benchmark):
    data = json.loads(result.to_json())
    assert set(data) == {"machine", "rows", "ratios", "rss_mb"}
    assert set(data["machine"]) == {"cpu", "cores", "threads", "versions"}
    assert set(data["rows"][0]) == {
        "model", "precision", "runtime", "stage", "median_ms", "p90_ms",
    }  # fmt: skip
    assert set(data["ratios"]) == {"fp32_over_int8"}  # there were no rivals
    assert 20 < data["rss_mb"] < 500


def test_ratios_say_how_many_times_slower_the_first_is():
    rows = [
        row("2020", "FP32", "PyTorch", "path", 60.0),
        row("main", "INT8", "OpenVINO", "path", 2.0),
        row("small", "INT8", "OpenVINO", "path", 1.0),
        row("small", "FP32", "PyTorch", "inference", 6.0),
        row("small", "FP32", "OpenVINO", "inference", 3.0),
        row("small", "INT8", "OpenVINO", "inference", 1.0),
        row("front end", "FP32", "librosa", "log_mel", 2.0),
        row("front end", "FP32", "SciPy", "log_mel", 0.5),
    ]
    assert ratios(rows, "main", "small") == {
        "path_2020_over_main_int8": 30.0,
        "path_2020_over_small_int8": 60.0,
        "torch_over_openvino_fp32": 2.0,
        "fp32_over_int8": 3.0,
        "librosa_over_front_end": 4.0,
    }
    assert ratios(rows[:2], "another", "third") == {}


def test_a_model_that_is_slower_in_8_bits_is_named():
    rows = [
        row("quick", "FP32", "OpenVINO", "inference", 2.0),
        row("quick", "INT8", "OpenVINO", "inference", 1.0),
        row("slow", "FP32", "OpenVINO", "inference", 2.0),
        row("slow", "INT8", "OpenVINO", "inference", 3.0),
    ]
    (sentence,) = slower_in_8_bits(rows)
    assert sentence.startswith("slow is slower in INT8")


def test_the_table_has_a_line_for_each_model_precision_and_runtime(result: Benchmark):
    lines = markdown(result).splitlines()
    for model in ("tiny", "tiny-mirrored"):
        for precision in PRECISIONS:
            assert (
                sum(line.startswith(f"| {model} | {precision} | OpenVINO") for line in lines) == 1
            )
    assert "| resample | soxr |" in markdown(result)
    assert "1 of" in lines[0]


def test_the_made_clip_is_four_seconds_and_one_model_window():
    clip = Clip.from_bytes(spoken_wav())
    assert clip.duration_s == 4.0
    assert len(Spectrogram.of(clip, LogMel()).model_windows(256)) == 1


def test_memory_is_that_of_a_process_of_its_own(tiny_zoo: Path):
    ballast = np.ones(100_000_000, np.float32)
    found_mb = memory_mb([tiny_zoo / "tiny" / "fp32.xml"])
    assert found_mb is not None
    assert found_mb < ballast.nbytes / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_shipped_models_are_light_to_carry():
    cards = list_models(ZOO)
    exact = [ZOO / card.name / card.files[card.most_exact].xml for card in cards]
    every = [ZOO / card.name / card.files[p].xml for card in cards for p in card.precisions]
    assert (memory_mb(exact) or 0) < 500
    assert (memory_mb(every) or 0) < 650


def test_the_machine_is_described():
    described = machine(2)
    assert described.threads == 2
    assert described.cpu
    assert {"python", "openvino", "numpy"} <= described.versions.keys()


def test_timing_the_zoo_needs_no_torch(tiny_zoo: Path):
    code = f"""
import sys
from pathlib import Path
from ser_core.evaluation.benchmark import measure, spoken_wav
from ser_core.zoo import list_models
zoo = Path({str(tiny_zoo)!r})
measure(list_models(zoo)[:1], spoken_wav(), rounds=1, zoo=zoo)
print([m for m in ("torch", "onnx", "onnxruntime", "librosa", "nncf") if m in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_the_command_names_what_is_not_there(tiny_zoo: Path):
    done = subprocess.run(
        [sys.executable, "-m", "ser_core", "benchmark", "-m", "huge"],
        cwd=REPOSITORY,
        env=os.environ | {"SER_ZOO": str(tiny_zoo)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "There is no model huge. Choose from: tiny, tiny-mirrored." in done.stderr
