"""`adapt` learns a speaker from a folder; `predict` and `listen` take the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command_line import Done
from tools import voices

Run = Callable[..., Done]


def write(path: Path, pitch_hz: float, vowels: str, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(voices.wav(voices.voice(1.5, pitch_hz, vowels, seed=seed)))
    return path


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A voice whose dark takes lie in `angry` and whose bright ones in `neutral`."""
    for n in range(3):
        write(tmp_path / "mine" / "angry" / f"{n}.wav", 90, "u", n)
        write(tmp_path / "mine" / "neutral" / f"{n}.wav", 280, "i", n)
    (tmp_path / "mine" / "notes.txt").write_text("Recorded at home.")
    return tmp_path / "mine"


def label(done: Done) -> str:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])["label"]


def test_folders_of_emotions_teach_and_the_answers_change(ser: Run, mine: Path, tmp_path: Path):
    done = ser("adapt", "mine", "--out", "me.json")
    assert (done.returncode, done.stdout) == (0, "me.json\n"), done.stderr
    assert re.search(r"With your 6 labeled takes: [0-3] right before, 6 after\.", done.stderr)
    assert "Left out: 1" in done.stderr
    voice = write(tmp_path / "new.wav", 90, "u", 9)
    assert label(ser("predict", voice, "--json")) != "angry"
    assert label(ser("predict", voice, "--json", "--speaker", "me.json")) == "angry"
    heard = ser("listen", "--file", voice, "--fast", "--json", "--speaker", "me.json")
    assert label(heard) == "angry"


def test_a_flat_folder_teaches_without_labels(ser: Run, tmp_path: Path):
    for n in range(5):
        write(tmp_path / "flat" / f"{n}.wav", 90, "u", n)
    done = ser("adapt", "flat", "--out", "me.json")
    assert done.returncode == 0, done.stderr
    assert "5 recordings without labels." in done.stderr
    assert "5 of 5 takes sound" in done.stderr
    fields = json.loads((tmp_path / "me.json").read_text())
    assert (fields["model"], fields["n_takes"], fields["head"]) == ("tiny", 5, None)


def test_a_speaker_file_is_for_one_person(ser: Run, tmp_path: Path):
    for n, (mood, name) in enumerate((m, w) for m in ("sad", "happy") for w in ("anna", "ben")):
        write(tmp_path / "two" / mood / name / "1.wav", 100 + 40 * n, "aiu")
    done = ser("adapt", "two")
    assert done.returncode == 1
    assert "names 2 speakers (anna, ben)" in done.stderr
    assert ser("adapt", "two", "--who", "anna").returncode == 0
    assert "names no speaker 'eva'" in ser("adapt", "two", "--who", "eva").stderr


def test_what_cannot_be_used_gets_a_sentence(ser: Run, mine: Path, tmp_path: Path):
    (tmp_path / "silence").mkdir()
    (tmp_path / "silence" / "1.wav").write_bytes(voices.wav(0 * voices.voice()))
    ser("adapt", "mine", "--out", "me.json")
    voice = mine / "angry" / "0.wav"
    fields = json.loads((tmp_path / "me.json").read_text())
    (tmp_path / "old.json").write_text(json.dumps(fields | {"sha256": "0" * 64}))
    (tmp_path / "tampered.json").write_text(json.dumps(fields | {"offset": [1e99]}))
    for words, sentence in (
        (("adapt", "nowhere"), "There is no folder nowhere"),
        (("adapt", "silence"), "There is nothing to learn from"),
        (("adapt", "mine", "--out", "no/where.json"), "cannot be written"),
        (("predict", voice, "--speaker", "none.json"), "none.json cannot be read"),
        (("predict", voice, "--speaker", "old.json"), "a version of tiny that is not here"),
        (("predict", voice, "--speaker", "tampered.json"), "never learned"),
        (("predict", voice, "--speaker", "me.json", "-m", "tiny-mirrored"), "Choose that model"),
        (("listen", "--file", voice, "--speaker", "tampered.json"), "never learned"),
    ):
        done = ser(*words)
        assert done.returncode == 1
        assert sentence in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
