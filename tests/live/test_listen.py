"""`python -m ser_core listen` as a person runs it, and the soak in short form."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.models.recognizer import Recognizer
from tools import voices
from tools.soak import soak

pytestmark = pytest.mark.slow

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def listen(ser_process: Run) -> Run:
    """Run `python -m ser_core listen …` on the tiny zoo, in an empty folder."""
    return partial(ser_process, "listen")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.wav"
    path.write_bytes(voices.wav(voices.voice(4.0)))
    return path


def rows(done: subprocess.CompletedProcess[str]) -> list[dict]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_file_is_played_at_the_pace_at_which_it_was_spoken(listen: Run, clip: Path) -> None:
    begin = time.monotonic()
    done = listen("--file", clip, "--json")
    assert time.monotonic() - begin > 4.0
    track = rows(done)
    assert [row["end_s"] for row in track] == [0.25 * n for n in range(2, 17)]
    assert "0 chunks dropped, 0 windows skipped" in done.stderr


def test_the_track_of_a_file_is_that_of_its_windows(
    listen: Run, clip: Path, tiny_recognizer: Recognizer
) -> None:
    waveform = Clip.from_file(clip).waveform
    answers = [row for row in rows(listen("--file", clip, "--json", "--fast")) if row["label"]]
    assert len(answers) > 10
    for row in answers:
        start, end = (round(row[k] * SAMPLE_RATE) for k in ("start_s", "end_s"))
        expected = tiny_recognizer(Clip(waveform[start:end]))
        assert row["label"] == expected.label
        assert row["answers"]["tiny"] == pytest.approx(expected.probabilities, abs=1e-5)


def test_real_time_and_fast_give_the_same_track(listen: Run, clip: Path) -> None:
    slow, fast = (rows(listen("--file", clip, "--json", *more)) for more in ((), ("--fast",)))
    assert [row["answers"] for row in slow] == [row["answers"] for row in fast]


def test_several_models_answer_and_people_read_words(listen: Run, clip: Path) -> None:
    done = listen("--file", clip, "--fast", "-m", "tiny", "-m", "tiny-mirrored")
    first, *_, last = done.stdout.splitlines()
    assert first.split() == ["0.50", "s", first.split()[2], *first.split()[3:]]
    assert last.count("%") == 2


def test_silence_is_listening(listen: Run, tmp_path: Path) -> None:
    (tmp_path / "quiet.wav").write_bytes(voices.wav(voices.noise(2.0, rms=1e-3)))
    done = listen("--file", "quiet.wav", "--fast")
    assert {line.split()[2] for line in done.stdout.splitlines()} == {"listening"}


def test_wrong_usage_and_bad_files_are_reported_in_a_sentence(listen: Run, tmp_path: Path) -> None:
    assert listen().returncode == 2
    assert listen("--mic", "--file", "x.wav").returncode == 2
    (tmp_path / "letter.wav").write_text("Dear voice,")
    done = listen("--file", "letter.wav")
    assert done.returncode == 1
    assert "not audio" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_sounddevice_or_a_microphone_one_sentence_says_so(listen: Run) -> None:
    done = listen("--mic")
    assert done.returncode == 1
    assert "sounddevice" in done.stderr or "microphone cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_short_soak_keeps_up_and_loses_nothing(tiny_recognizer: Recognizer) -> None:
    models = dict.fromkeys("abc", tiny_recognizer)
    report = soak(models, duration_s=6.0, every_s=1.0)
    assert report.n_lost == 0
    assert report.median_lag_ms < 250, "an answer is there before the next is due"
    assert len(report.samples) >= 4
