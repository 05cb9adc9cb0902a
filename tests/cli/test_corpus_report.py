"""What the commands say about a folder or zip file: what they read, and what they left out."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.command_line import Done
from tools import voices

Run = Callable[..., Done]


def write(folder: Path, *names: str) -> Path:
    for seed, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        clip = voices.voice(0.6, syllables_per_s=3 + seed, seed=seed)
        (folder / name).write_bytes(voices.wav(clip))
    return folder


def test_evaluate_counts_what_was_answered_and_states_the_rest(ser: Run, tmp_path: Path) -> None:
    data = write(tmp_path / "mine", "happy/1.wav", "sad/2.wav", "boredom/3.wav")
    (data / "sad" / "broken.wav").write_bytes(b"RIFF and nothing more")
    (data / "sad" / ".DS_Store").write_bytes(b"x")
    (data / "again").mkdir()
    (data / "again" / "happy").mkdir()
    (data / "again" / "happy" / "1.wav").write_bytes((data / "happy" / "1.wav").read_bytes())
    done = ser("evaluate", "--data", data, "--protocol", "all-clips", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["n"] == 2
    assert [*result["unread"]] == ["sad/broken"]
    for sentence in (
        "6 files: 3 recordings with a known emotion",
        "1 without a known emotion: boredom (1)",
        "1 hidden or system files: sad/.DS_Store",
        "1 copies of others: happy/1.wav (as again/happy/1.wav)",
    ):
        assert sentence in done.stderr


def test_evaluate_fails_if_nothing_could_be_read(ser: Run, tmp_path: Path) -> None:
    archive = tmp_path / "locked.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("happy/1.wav", voices.wav(voices.voice(0.3)))
    data = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    archive.write_bytes(data)
    done = ser("evaluate", "--data", archive, "--protocol", "all-clips")
    assert done.returncode == 1
    assert "None of the 1 recordings could be read" in done.stderr
    assert "password-protected" in done.stderr
    assert "Accuracy" not in done.stdout


def test_predict_finds_in_a_folder_what_it_answers_by_name(ser: Run, tmp_path: Path) -> None:
    folder = write(tmp_path / "in", "a.dat", "b.oga")
    (folder / "letter.txt").write_text("Dear voice,")
    done = ser("predict", folder, "--json")
    assert [Path(json.loads(line)["file"]).name for line in done.stdout.splitlines()] == [
        "a.dat", "b.oga",
    ]  # fmt: skip
    assert "1 not audio (letter.txt)" in done.stderr


def test_prepare_and_protocols_say_what_they_read(ser: Run, tmp_path: Path) -> None:
    data = write(tmp_path / "mine", "happy/1.wav", "sad/2.wav", "03-01-05-01-01-01-01.wav")
    for command in (("prepare", "--out", "out"), ("protocols",)):
        done = ser(*command, "--data", data)
        assert done.returncode == 0, done.stderr
        assert "A mixture of corpora: own and ravdess" in done.stderr
