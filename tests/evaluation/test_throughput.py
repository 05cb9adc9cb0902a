"""Files per second: every way does all files; how fast it is, is no matter here."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ser_core.evaluation.throughput import Throughput, throughput, throughput_table
from ser_core.models.zoo import load_card
from ser_core.reports.file_rows import FileReading
from tests.recorder import Recorder

pytestmark = pytest.mark.slow


@pytest.fixture
def files(tmp_path: Path, speech_like_wav: bytes) -> list[Path]:
    paths = [tmp_path / f"{number}.wav" for number in range(5)]
    for path in paths:
        path.write_bytes(speech_like_wav)
    return paths


def test_four_ways_take_turns_and_say_what_they_measure(tiny_zoo: Path, files: list[Path]) -> None:
    progress = Recorder()
    reading = FileReading(tiny_zoo)
    row = throughput(load_card(zoo=tiny_zoo), files, 2, reading, 2, progress, tiny_zoo)
    assert (row.model, row.precision, row.cores, row.n_files) == ("tiny", "INT8", 2, 5)
    assert min(row.one_by_one, row.processes, row.at_once, row.limit, row.start_s) > 0
    first, *rounds = progress.lines
    assert first == "tiny, INT8: 5 files, four ways, 2 rounds"
    for number, line in enumerate(rounds, start=1):
        assert re.fullmatch(
            rf"round {number} of 2: one by one \d+, processes \d+, at once \d+, limit \d+", line
        )
    done, totals = zip(*progress.steps, strict=True)
    assert {*totals} == {5 * 4 * 2}
    assert list(done) == sorted(done)
    assert done[-1] == 5 * 4 * 2


@pytest.mark.slow
def test_the_command_says_what_it_does_and_takes_no_more_files_than_asked(
    ser_process: Callable[..., subprocess.CompletedProcess[str]], files: list[Path]
) -> None:
    words = ("--folder", files[0].parent, "--files", 3, "--models", "tiny", "--json")
    done = ser_process("benchmark", "--throughput", *words)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["model"], row["n_files"]) == ("tiny", 3)
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "tiny, INT8", "round 1 of 3", "round 2 of 3", "round 3 of 3",
    ]  # fmt: skip


def test_a_folder_without_recordings_is_one_sentence(
    ser_process: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = ser_process("benchmark", "--throughput", "--folder", empty)
    assert done.returncode != 0
    assert "There are no recordings" in done.stderr
    assert "Traceback" not in done.stderr


def test_shares_and_gains_are_ratios_of_what_was_measured() -> None:
    row = Throughput("small", "INT8", 2, 100, 500.0, 900.0, 850.0, 1000.0, 1.5)
    assert (row.share_of_limit, row.gain) == (0.85, 1.7)
    assert throughput_table([row]).splitlines()[-1] == (
        "| small | INT8 | 500 | 900 | 850 | 1000 | 85% | 1.70 | 1.5 s |"
    )
