"""The short form of `make fuzz`, and proof that it would notice."""

from __future__ import annotations

import os
import signal
import time
import zipfile
from pathlib import Path

import pytest

from ser_core.evaluation.batch import answer, gather, printable
from ser_core.features.source import Source
from ser_core.models.recognizer import Recognizer
from tools import voices
from tools.fuzz.bombs import bombs
from tools.fuzz.damage import NASTY_NAMES
from tools.fuzz.files import File, files, packed
from tools.fuzz.journey import check_table, travel
from tools.fuzz.process import MAX_PEAK_MB, Traveler
from tools.fuzz.run import fuzz, fuzz_irs


def test_the_files_are_good_before_they_are_damaged(tiny_recognizer: Recognizer):
    refused = {
        file.name: sentence for file in files() if (sentence := travel(file, tiny_recognizer))
    }
    assert {name: sentence for name, sentence in refused.items() if sentence != "answered"} == {
        "lzma.zip": "The archive uses a rare compression method. Create an ordinary zip file."
    }


def test_damaged_files_do_no_harm(tiny_zoo: Path):
    tally = fuzz(300, number=1, zoo=tiny_zoo)
    assert tally.faults == []
    assert tally.n_cases == 300
    assert tally.answers["answered"] > 30
    assert len(tally.answers) > 8  # sentences differ with what is wrong


def test_changed_irs_do_no_harm():
    tally = fuzz_irs(4, number=1)
    assert tally.faults == []
    assert tally.n_cases == 4


def test_bombs_are_refused_before_they_unfold(tiny_zoo: Path):
    readable = {"header of 4 GB.wav", "ten minutes, 48 kHz stereo.flac"}
    with Traveler(tiny_zoo) as traveler:
        for file in bombs():
            outcome = traveler.send(file)
            assert outcome.fault == "", file.name
            assert (outcome.answer == "answered") == (file.name in readable), file.name
            if file.name not in readable and "10 megapixels" not in file.name:
                assert outcome.peak_mb < 100, file.name


# --- what the suite would notice ------------------------------------------------------------------


def misbehave(file: File, recognizer: Recognizer) -> str:
    match file.name:
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "hang":
            time.sleep(60)
        case "hunger":
            return str(len(b"1" * int(1.2 * MAX_PEAK_MB) * 2**20))[:0]
        case "error":
            raise KeyError("not foreseen")
    return "answered"


def test_an_error_hunger_a_crash_and_a_hang_are_faults(tiny_zoo: Path):
    faults = {
        "good": "",
        "error": "KeyError: 'not foreseen'",
        "hunger": "MB above idle",
        "crash": "died with exit code -11",
        "hang": "no answer within 5 s",
    }
    with Traveler(tiny_zoo, misbehave, max_s=5) as traveler:
        for name, fault in faults.items():
            sentence = traveler.send(File("audio", name, b"")).fault
            assert (fault in sentence) if fault else sentence == ""


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NASTY_NAMES, ids=lambda name: ascii(name)[:30])
def test_no_name_does_harm_in_a_row_or_a_table(name: str, tiny_recognizer: Recognizer):
    data = voices.wav(voices.voice(0.5))
    row = answer(Source.from_bytes(data, name), tiny_recognizer)
    assert row.label
    assert row.name.isprintable()
    assert len(row.name) <= 200
    check_table([{"file": row.name, "label": row.label}, {"file": name, "label": "=1"}])
    assert all(line.isprintable() for line in gather([(name, data)]).report.lines())


def test_names_in_an_archive_reach_no_folder(
    tmp_path: Path, tiny_recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "deeper")
    before = sorted(tmp_path.rglob("*"))
    data = voices.wav(voices.voice(0.5))
    names = [*NASTY_NAMES, "../../slip.wav", str(tmp_path / "absolute.wav")]
    members = {name: data for name in names if name.endswith(".wav")}
    recordings, *_ = gather([("names.zip", packed(members, zipfile.ZIP_DEFLATED))])
    rows = [answer(recording, tiny_recognizer) for recording in recordings]
    # Files that begin with a dot are hidden; zipfile ends a name at a zero byte, suffix and all.
    unseen = {name for name in members if name.startswith(".wav")}
    assert len(rows) == len(members) - len(unseen)
    assert all(row.label and row.name == printable(row.name) for row in rows)
    assert sorted(tmp_path.rglob("*")) == before
