"""What cleaning leaves out, what it only lists, and that it agrees with the recognizer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.corpora.cleaning import clean
from ser_core.corpora.readers import load_clip, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.models.recognizer import Recognizer
from tests.recorder import Recorder
from tools import voices

# Whole numbers, since wav and flac round others differently.
VOICE = np.round(voices.voice(duration_s=1.0) * 32767).astype(np.int16)
SOUNDS = {
    "clipped": np.clip(VOICE / 4000, -1, 1),
    "good": VOICE,
    "other": voices.voice(duration_s=1.0, pitch_hz=200),
    "short": voices.tone(duration_s=0.1),
    "silent": np.zeros(16_000, np.float32),
    "hum": voices.tone(50),
    "hiss": voices.noise(rms=0.001),
}


@pytest.fixture
def recordings(tmp_path: Path) -> list[Utterance]:
    for name, waveform in SOUNDS.items():
        write(tmp_path / f"{name}.wav", voices.wav(waveform))
    # the same samples in another container, and a second empty recording
    write(tmp_path / "good again.flac", voices.encode(VOICE, "flac"))
    write(tmp_path / "silent again.wav", voices.wav(SOUNDS["silent"]))
    write(tmp_path / "broken.wav", b"RIFF and nothing more")
    return [
        Utterance(path.stem, path, "own", "", "", "sad")
        for path in sorted((tmp_path / "sad").iterdir(), key=lambda path: path.stem)
    ]


def write(path: Path, data: bytes) -> None:
    folder = path.parent / "sad"
    folder.mkdir(exist_ok=True)
    (folder / path.name).write_bytes(data)


def names(part: tuple[Utterance, ...]) -> list[str]:
    return [utterance.file for utterance in part]


def test_every_fault_is_listed_and_what_is_usable_is_left(recordings: list[Utterance]) -> None:
    report = clean(recordings)
    assert names(report.usable) == ["clipped", "good", "other"]
    assert names(report.clipped) == ["clipped"]
    assert names(report.silent) == ["hiss", "silent", "silent again"]
    assert names(report.too_short) == ["short"]
    assert names(report.no_voice) == ["hum"]
    assert [(copy.file, original.file) for copy, original in report.duplicates] == [
        ("good again", "good")
    ]
    ((broken, reason),) = report.unreadable
    assert broken.file == "broken"
    assert "not audio" in reason
    assert report.counts == {
        "usable": 3,
        "unreadable": 1,
        "silent": 3,
        "too_short": 1,
        "no_voice": 1,
        "duplicates": 1,
        "clipped": 1,
    }


def test_every_utterance_is_in_one_part(recordings: list[Utterance]) -> None:
    report = clean(recordings)
    left_out = [*report.silent, *report.too_short, *report.no_voice]
    left_out += [copy for copy, _ in (*report.unreadable, *report.duplicates)]
    assert sorted([*names(report.usable), *names(tuple(left_out))]) == names(tuple(recordings))


def test_progress_counts_to_the_end(recordings: list[Utterance]) -> None:
    progress = Recorder()
    clean(recordings, progress)
    assert progress.steps == [(n, len(recordings)) for n in range(1, len(recordings) + 1)]
    assert clean([]).counts["usable"] == 0


@pytest.mark.parametrize("name", SOUNDS)
def test_the_recognizer_reports_the_same(
    name: str, recordings: list[Utterance], tiny_recognizer: Recognizer
) -> None:
    report = clean([u for u in recordings if u.file == name])
    left_out = ("silent", "too_short", "no_voice")
    findings = [status for status in (*left_out, "clipped") if getattr(report, status)]
    status = tiny_recognizer(Clip.from_bytes(voices.wav(SOUNDS[name]))).status
    assert [status] == (findings or [status])
    assert (status in left_out) == (not report.usable)


def test_the_known_twin_of_ravdess_is_found(corpora: Path) -> None:
    pair = ("03-01-03-01-02-01-07", "03-01-03-01-02-02-07")
    twins = [u for u in read_corpora(corpora) if u.file in pair]
    if len(twins) < 2:
        pytest.skip("needs RAVDESS's actor 7")
    assert np.array_equal(*(load_clip(twin).waveform for twin in twins))
    report = clean(twins)
    assert [(copy.file, original.file) for copy, original in report.duplicates] == [pair[::-1]]
