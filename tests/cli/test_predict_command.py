"""`predict` at the edge: any IR, any device there is, and a progress bar that spoils no output."""

from __future__ import annotations

import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import openvino as ov
import pytest
from pyarrow import dataset, parquet

from ser_core.models import many
from ser_core.models.recognizer import SIGNATURE_PATH
from ser_core.models.zoo import load_model
from ser_core.reports import parquet_table
from ser_core.reports.file_rows import FileReading
from ser_core.reports.parquet_table import ParquetTable
from tests.command_line import call
from tools import tiny_model, voices

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, speech_like_wav: bytes) -> Path:
    """Three recordings."""
    place = tmp_path / "recordings"
    place.mkdir()
    for name in "abc":
        (place / f"{name}.wav").write_bytes(speech_like_wav)
    return place


@pytest.mark.parametrize(
    "command",
    [
        "cat voice.wav | ser predict - --json",
        "ser predict /dev/stdin --json < voice.wav",
        "ser predict <(cat voice.wav) --json",
        "ser listen --file - --fast --json < voice.wav",
    ],
)
def test_a_pipe_is_read(command: str, tiny_zoo: Path, tmp_path: Path, speech_like_wav: bytes):
    (tmp_path / "voice.wav").write_bytes(speech_like_wav)
    done = subprocess.run(
        ["bash", "-c", f'ser() {{ "{sys.executable}" -m ser_core "$@"; }}; {command}'],
        cwd=tmp_path,
        env=os.environ | {"SER_ZOO": str(tiny_zoo), "PYTHONPATH": str(REPOSITORY)},
        text=True,
        timeout=60,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["label"]


def test_one_of_two_people_can_be_chosen_and_is_noticed(tiny_zoo: Path, tmp_path: Path):
    one, other = voices.voice(), voices.voice(pitch_hz=220, seed=1)
    pause = voices.noise(2.0, rms=1e-4)
    channels = np.concatenate([one, pause]), np.concatenate([pause, other])
    (tmp_path / "two.wav").write_bytes(voices.wav(np.stack(channels, axis=1)))
    (tmp_path / "one.wav").write_bytes(voices.wav(channels[0]))
    rows = {
        words: json.loads(predict(tiny_zoo, "--json", tmp_path / words[0], *words[1:]).stdout)
        for words in (("two.wav",), ("two.wav", "--stereo", "left"), ("one.wav",))
    }
    mixed, left, alone = rows.values()
    assert "two people" in mixed["note"]
    assert "note" not in left
    assert left["probabilities"] == pytest.approx(alone["probabilities"], abs=1e-3)
    assert predict(tiny_zoo, tmp_path / "two.wav", "--stereo", "both").returncode == 2


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


def test_shards_are_answered_apart_and_are_one_table_together(
    tiny_zoo: Path, tmp_path: Path, speech_like_wav: bytes
):
    for number in range(9):
        (tmp_path / "corpus" / str(number % 2)).mkdir(parents=True, exist_ok=True)
        (tmp_path / "corpus" / str(number % 2) / f"{number}.wav").write_bytes(speech_like_wav)
    whole = call(tiny_zoo, "predict", tmp_path / "corpus", "--csv").stdout
    parts = [
        call(tiny_zoo, "predict", tmp_path / "corpus", "--csv", "--shard", f"{number}/3").stdout
        for number in (1, 2, 3)
    ]
    assert all(parts)
    files = [row["file"] for row in csv.DictReader("".join(parts).splitlines())]
    assert sorted(files) == [row["file"] for row in csv.DictReader(whole.splitlines())]
    assert call(tiny_zoo, "predict", tmp_path, "--shard", "4/3").returncode == 1


def test_many_files_in_processes_get_what_each_gets_alone(
    tiny_zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in range(48):
        voice = voices.voice(pitch_hz=100 + 3 * number, seed=number)
        bad = number % 20 == 7
        (tmp_path / f"{number:03d}.wav").write_bytes(b"no audio" if bad else voices.wav(voice))
    monkeypatch.setattr("ser_core.cli.predict.available_cores", lambda: 2)
    monkeypatch.setattr(many, "MANY", 48)
    monkeypatch.setattr(many, "in_order", None)  # so this many are none for threads
    done = call(tiny_zoo, "predict", tmp_path, "--json")
    alone = FileReading(tiny_zoo)(load_model("tiny", zoo=tiny_zoo, threads=1))
    files = sorted(tmp_path.iterdir())
    expected = [msgspec.to_builtins(alone(file).answer) for file in files]
    assert [timeless(json.loads(line)) for line in done.stdout.splitlines()] == [
        timeless(row) for row in expected
    ]
    assert sum("error" in row for row in expected) == 3
    assert len({str(row.get("probabilities")) for row in expected}) == 46, "all differ"
    assert done.returncode == 1


def timeless(row: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in row.items() if key != "latency_ms"}


def test_parquet_parts_are_one_table_with_the_cells_of_the_csv(
    tiny_zoo: Path, tmp_path: Path, speech_like_wav: bytes
):
    corpus, parts = tmp_path / "corpus", tmp_path / "parts"
    corpus.mkdir()
    parts.mkdir()
    for number in range(7):
        (corpus / f"{number}.wav").write_bytes(speech_like_wav)
    (corpus / "silent.wav").write_bytes(voices.wav(np.zeros(16_000)))
    (corpus / "bad.wav").write_bytes(b"no audio")
    for n in (1, 2, 3):
        part = parts / f"part-{n}.parquet"
        words = ("predict", corpus, "--shard", f"{n}/3", "--parquet", part)
        assert call(tiny_zoo, *words).stdout == ""
    table = dataset.dataset(parts).to_table().sort_by("file")
    lines = call(tiny_zoo, "predict", corpus, "--csv").stdout.splitlines()
    rows = sorted(csv.DictReader(lines), key=lambda row: row["file"])
    assert table.column_names == [*rows[0]]
    for row, line in zip(table.to_pylist(), rows, strict=True):
        for name in {*row} - {"latency_ms", "decode_ms", "features_ms", "inference_ms"}:
            text = row[name] is None or isinstance(row[name], str)
            assert (row[name] or "") == line[name] if text else row[name] == float(line[name])
    assert {row["label"] for row in table.to_pylist()} > {None}
    assert call(tiny_zoo, "predict", corpus, "--csv", "--parquet", tmp_path / "x").returncode == 2
    nowhere = call(tiny_zoo, "predict", corpus, "--parquet", tmp_path / "nowhere" / "x.parquet")
    assert (nowhere.returncode, "cannot be used" in nowhere.stderr) == (1, True)


def test_an_interrupted_parquet_file_has_what_was_answered(
    tiny_zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speech_like_wav: bytes
):
    monkeypatch.setattr(parquet_table, "GROUP", 2)
    path = tmp_path / "some.parquet"
    with pytest.raises(KeyboardInterrupt), ParquetTable(path, ["file"], ["file"]) as table:
        for number in range(5):
            table.add({"file": f"{number}.wav", "other": 1})
        raise KeyboardInterrupt
    assert parquet.read_table(path).to_pydict() == {"file": [f"{n}.wav" for n in range(5)]}
    assert parquet.ParquetFile(path).num_row_groups == 3


def _heed_interruptions() -> None:
    """As at a terminal; what a shell runs in the background ignores Ctrl+C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interruption_leaves_what_was_answered(
    tiny_zoo: Path, tmp_path: Path, speech_like_wav: bytes
):
    for number in range(400):
        (tmp_path / f"{number:03d}.wav").write_bytes(speech_like_wav)
    process = subprocess.Popen(
        [sys.executable, "-m", "ser_core", "predict", str(tmp_path), "--json"],
        cwd=REPOSITORY,
        env=os.environ | {"SER_ZOO": str(tiny_zoo)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_heed_interruptions,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    first = process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, so the children get it, too
    # Not `communicate`, which would miss what was read ahead of the first line.
    rows = [json.loads(line) for line in [first, *process.stdout]]
    errors = process.stderr.read()
    process.wait(60)
    assert [Path(row["file"]).name for row in rows] == [f"{n:03d}.wav" for n in range(len(rows))]
    assert len(rows) < 400
    assert process.returncode not in (0, 1)
    assert "Traceback" not in errors


def test_an_interruption_while_processes_start_is_no_traceback(tiny_zoo: Path, tmp_path: Path):
    for number in range(many.MANY):
        (tmp_path / f"{number:03d}.wav").write_bytes(b"no audio")
    process = subprocess.Popen(
        [sys.executable, "-m", "ser_core", "predict", str(tmp_path), "--csv"],
        cwd=REPOSITORY,
        env=os.environ | {"SER_ZOO": str(tiny_zoo), "PYTHONUNBUFFERED": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_heed_interruptions,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("file,")  # the processes come next
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
