"""Files per second: every way does all files; how fast it is, is no matter here."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.evaluation import throughput as module
from ser_core.evaluation.throughput import Throughput, throughput, throughput_table
from ser_core.models.zoo import load_card

pytestmark = pytest.mark.slow


@pytest.fixture
def files(tmp_path: Path, speech_like_wav: bytes) -> list[Path]:
    paths = [tmp_path / f"{number}.wav" for number in range(5)]
    for path in paths:
        path.write_bytes(speech_like_wav)
    return paths


def test_four_ways_take_turns(
    tiny_zoo: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[tuple[int, int]] = []
    seconds = module._seconds

    def counted(recognizer, given, threads):
        passes.append((recognizer.at_once, threads))
        return seconds(recognizer, given, threads)

    monkeypatch.setattr(module, "_seconds", counted)
    row = throughput(load_card(zoo=tiny_zoo), files, cores=2, rounds=2, zoo=tiny_zoo)
    assert passes == [(1, 1), (2, 2)] * 2
    assert (row.model, row.precision, row.cores, row.n_files) == ("tiny", "INT8", 2, 5)
    assert min(row.one_by_one, row.processes, row.at_once, row.limit) > 0


def test_shares_and_gains_are_ratios_of_what_was_measured() -> None:
    row = Throughput("small", "INT8", 2, 100, 500.0, 900.0, 850.0, 1000.0)
    assert (row.share_of_limit, row.gain) == (0.85, 1.7)
    assert throughput_table([row]).splitlines()[-1] == (
        "| small | INT8 | 500 | 900 | 850 | 1000 | 85% | 1.70 |"
    )
