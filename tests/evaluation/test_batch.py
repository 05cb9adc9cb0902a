"""Batch work without a page: hostile archives, bad files, names, rows, CSV."""

from __future__ import annotations

import io
import time
import zipfile
from collections import deque

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.audio.encoding import flac_bytes
from ser_core.corpora.identity import Fingerprints, fingerprint
from ser_core.evaluation import batch as batch_module
from ser_core.evaluation.batch import Batch, answer, gather, labeled_answers, printable
from ser_core.evaluation.figures import Report, figures
from ser_core.evaluation.heard_in_training import Training
from ser_core.features.source import Source
from ser_core.models.card import Count
from ser_core.models.labels import EMOTIONS
from ser_core.models.recognizer import Recognizer
from ser_core.reports.csv_table import to_csv
from tools import voices


def packed(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A zip archive in memory."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def refusal(recording: Source) -> str:
    with pytest.raises(AudioError) as caught:
        recording.read()
    return str(caught.value)


def test_files_and_members_come_in_order_and_others_are_counted() -> None:
    archive = packed(
        {
            "happy/1.wav": b"a",
            "notes.txt": b"b",
            "__MACOSX/happy/._1.wav": b"c",
            "sad\\2.FLAC": b"d",
            "happy/.hidden.wav": b"e",
            "picture.png": b"f",
        }
    )
    upload = gather([("x.wav", b"1"), ("all.zip", archive), ("letter.txt", b"2")])
    names = ["x.wav", "happy/1.wav", "sad/2.FLAC", "picture.png"]
    assert [recording.name for recording in upload.recordings] == names
    assert [recording.read() for recording in upload.recordings] == [b"1", b"a", b"d", b"f"]
    assert [u.label for u in upload.utterances.values()] == ["happy", "sad"]
    assert upload.report.left_out == {
        "not audio": ["notes.txt", "letter.txt"],
        "hidden or system files": ["__MACOSX/happy/._1.wav", "happy/.hidden.wav"],
    }


def test_an_archive_is_known_by_its_content_too() -> None:
    recordings, *_ = gather([("voice.wav", packed({"a.wav": b"1"}))])
    assert [recording.name for recording in recordings] == ["a.wav"]


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed({f"{i}.wav": bytes(3_000_000) for i in range(10)}, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("was unfolded"))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("was unfolded"))
    (recording,), *_ = gather([("bomb.zip", bomb)])
    assert "unpack from 0.0 to 30 MB" in refusal(recording)


def test_a_bomb_of_plausible_ratio_is_refused_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_module, "MAX_UNFOLDED_BYTES", 1000)
    (recording,), *_ = gather([("large.zip", packed({"a.wav": bytes(range(256)) * 4}))])
    assert "was not opened" in refusal(recording)


def test_an_archive_of_too_many_files_is_refused_without_reading_its_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd = packed({f"{i}.wav": b"" for i in range(30)})
    monkeypatch.setattr(batch_module, "MAX_FILES", 20)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("was opened"))
    (recording,), *_ = gather([("crowd.zip", crowd)])
    assert "more than 20 files" in refusal(recording)


def test_more_recordings_than_the_limit_are_left_out_with_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch_module, "MAX_FILES", 2)
    recordings, _, report = gather([(f"{i}.wav", b"x") for i in range(3)])
    assert [recording.name for recording in recordings] == ["0.wav", "1.wav", "2.wav"]
    assert "At most 2 recordings" in refusal(recordings[-1])
    assert report.left_out == {"beyond 2 recordings": ["2.wav"]}


@pytest.mark.parametrize("inner", ["inner.zip", "deep/inner.7z", "inner.tar.gz"])
def test_an_archive_in_an_archive_is_not_opened(inner: str) -> None:
    recordings, *_ = gather(
        [("outer.zip", packed({inner: packed({"a.wav": b"1"}), "b.wav": b"2"}))]
    )
    assert "inside archives" in refusal(recordings[0])
    assert recordings[1].read() == b"2"


def test_broken_empty_and_locked_archives_say_so() -> None:
    whole = packed({"a.wav": voices.wav(voices.voice(0.5))})
    locked = bytearray(packed({"a.wav": b"1"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(signature) + offset] |= 1
    broken, empty, without, behind_lock = (
        gather([("x.zip", data)])[0][0]
        for data in (whole[:-30], b"", packed({"a.txt": b"1"}), bytes(locked))
    )
    assert "zip file cannot be read" in refusal(broken)
    assert "zip file cannot be read" in refusal(empty)
    assert "no recording" in refusal(without)
    assert "password" in refusal(behind_lock)


def test_a_damaged_member_does_not_stop_the_others(tiny_recognizer: Recognizer) -> None:
    wav = voices.wav(voices.voice())
    archive = bytearray(packed({"1.wav": wav, "2.wav": wav, "3.wav": wav}))
    archive[archive.index(b"2.wav") + 1000] ^= 0xFF
    recordings, *_ = gather([("x.zip", bytes(archive))])
    batch = Batch(tiny_recognizer, recordings)
    batch.work(60)
    assert [row.status for row in batch.rows] == ["ok", "error", "ok"]
    assert "damaged in the archive" in batch.rows[1].sentence
    assert not batch.running


def test_bad_files_become_rows_and_the_last_good_one_is_answered(
    tiny_recognizer: Recognizer, speech_like_wav: bytes
) -> None:
    files = {
        "empty.wav": b"",
        "letter.wav": b"Dear voice," * 100,
        "silent.wav": voices.wav(np.zeros(16_000, np.float32)),
        "short.wav": voices.wav(voices.voice(0.05)),
        "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "good.wav": speech_like_wav,
    }
    batch = Batch(tiny_recognizer, gather(files.items())[0])
    batch.work(60)
    statuses = ["error", "error", "silent", "too_short", "error", "ok"]
    assert [row.status for row in batch.rows] == statuses
    assert all(row.sentence for row in batch.rows[:-1])
    assert batch.rows[-1].label in EMOTIONS


def test_what_nobody_foresaw_becomes_a_row_too(tiny_recognizer: Recognizer) -> None:
    def read() -> bytes:
        raise ZeroDivisionError

    row = answer(Source("odd.wav", read), tiny_recognizer)
    assert row.status == "error"
    assert "could not be analyzed" in row.sentence


def test_work_stops_at_its_time_and_goes_on_later(
    tiny_recognizer: Recognizer, speech_like_wav: bytes
) -> None:
    batch = Batch(tiny_recognizer, deque(Source("a.wav", lambda: speech_like_wav) for _ in "12345"))
    assert batch.remaining_s is None
    batch.work(0)
    assert (len(batch.rows), batch.n_total, batch.running) == (1, 5, True)
    assert batch.remaining_s == pytest.approx(4 * batch.busy_s)
    start = time.perf_counter()
    batch.work(60)
    assert time.perf_counter() - start < 30
    assert (len(batch.rows), batch.running, batch.stopped) == (5, False, False)


def test_a_stopped_batch_keeps_its_rows_and_lets_the_recordings_go(
    tiny_recognizer: Recognizer, speech_like_wav: bytes
) -> None:
    batch = Batch(tiny_recognizer, deque(Source("a.wav", lambda: speech_like_wav) for _ in "123"))
    batch.work(0)
    batch.stop()
    assert (len(batch.rows), len(batch.recordings), batch.stopped) == (1, 0, True)


def test_the_first_recordings_can_be_heard_and_no_more_than_the_memory_for_them(
    tiny_recognizer: Recognizer, speech_like: Clip, speech_like_wav: bytes, monkeypatch
) -> None:
    samples, kept = 2 * len(speech_like.waveform), len(flac_bytes(speech_like.waveform))
    monkeypatch.setattr(batch_module, "MAX_KEPT_BYTES", samples + round(1.5 * kept))
    files = {"bad.wav": b"no", **{f"{n}.wav": speech_like_wav for n in range(4)}}
    batch = Batch(tiny_recognizer, gather(files.items())[0])
    batch.work(60)
    assert [*batch.sounds] == [1, 2]
    sound = Clip.from_bytes(batch.sounds[2]).waveform
    np.testing.assert_allclose(sound, speech_like.waveform, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "actual"),
    [
        ("03-01-05-01-02-01-12.wav", "angry"),
        ("Actor_12/03-02-04-01-02-01-12.flac", "sad"),
        ("emodb/wav/03a01Fa.wav", "happy"),
        ("03a01La.wav", ""),
        ("mine/happy/anna/1.wav", "happy"),
        ("mine\\fearful\\1.wav", "fearful"),
        ("happy/sad/1.wav", "sad"),
        ("voice.wav", ""),
    ],
)
def test_names_and_folders_tell_the_emotion(
    tiny_recognizer: Recognizer, speech_like_wav: bytes, name: str, actual: str
) -> None:
    batch = Batch(tiny_recognizer, *gather([(name, speech_like_wav)]))
    batch.work(60)
    (row,) = batch.rows
    assert row.actual == actual
    assert row.right == ((row.label == actual) if actual else None)


def test_a_clip_of_the_models_training_is_marked(
    tiny_recognizer: Recognizer, speech_like_wav: bytes
) -> None:
    training = Training(frozenset({"ravdess/03-01-05-01-02-01-12"}))
    names = ("a/03-01-05-01-02-01-12.wav", "03-01-05-01-02-02-12.wav", "own.wav")
    rows = [
        answer(Source(n, lambda: speech_like_wav), tiny_recognizer, None, training) for n in names
    ]
    assert [row.heard_in_training for row in rows] == [True, False, False]


def test_the_figures_are_those_of_exactly_these_files(
    tiny_recognizer: Recognizer, speech_like_wav: bytes
) -> None:
    predicted = answer(Source("x.wav", lambda: speech_like_wav), tiny_recognizer).label
    other = next(label for label in EMOTIONS if label != predicted)
    files = [(f"{predicted}/1.wav", speech_like_wav), (f"{other}/2.wav", speech_like_wav)]
    files += [(f"{predicted}/3.wav", b""), ("unknown.wav", speech_like_wav)]
    files += [(f"{other}/silent.wav", voices.wav(np.zeros(16_000, np.float32)))]
    batch = Batch(tiny_recognizer, *gather(files))
    batch.work(60)
    result = figures(labeled_answers(batch.rows, EMOTIONS), EMOTIONS)
    assert (result.n, result.unanswered) == (3, 1), "the empty file is unread, so not wrong"
    assert result.per_class[predicted] == Count(correct=1, total=1)
    assert result.per_class[other] == Count(correct=0, total=2)


def test_names_are_printable_and_not_too_long() -> None:
    assert (
        printable("a\x00b\nc\u202ed.wav") == "a\N{REPLACEMENT CHARACTER}b"
        "\N{REPLACEMENT CHARACTER}c\N{REPLACEMENT CHARACTER}d.wav"
    )
    assert printable("x" * 500 + ".wav").endswith("x.wav")
    assert len(printable("x" * 500)) == 200


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_a_csv_runs_nothing_in_a_spreadsheet(name: str) -> None:
    lines = to_csv([{"file": name, "n": -1.5}, {"file": 'a";=1', "more": 2}]).splitlines()
    assert lines[0] == '"file","n","more"'
    assert lines[1] == f'"\'{name}",-1.5,""'
    assert lines[2] == '"a"";=1","",2'


def figures_of(recognizer: Recognizer, *files: tuple[str, bytes]) -> Report:
    batch = Batch(recognizer, *gather(files))
    batch.work(60)
    return figures(labeled_answers(batch.rows, EMOTIONS), EMOTIONS)


def test_a_doubled_corpus_counts_once(tiny_recognizer: Recognizer) -> None:
    names = [f"Actor_01/03-01-0{emotion}-01-01-01-01.wav" for emotion in range(1, 9)]
    clips = {name: voices.wav(voices.voice(0.5, seed=seed)) for seed, name in enumerate(names)}
    doubled = clips | {f"audio_speech_actors_01-24/{name}": data for name, data in clips.items()}
    assert figures_of(tiny_recognizer, ("kaggle.zip", packed(doubled))).n == 8


def test_copies_at_another_rate_or_in_another_codec_count_once(
    tiny_recognizer: Recognizer,
) -> None:
    high = voices.voice(2.0, rate=48_000)
    low = Clip.from_bytes(voices.wav(high, 48_000)).waveform
    files = {
        "happy/1.wav": voices.wav(high, 48_000),
        "happy/again.flac": voices.encode(low, "flac"),
        "happy/2.mp3": voices.encode(low, "mp3"),
        "happy/other.wav": voices.wav(voices.voice(2.0, syllables_per_s=3)),
    }
    assert figures_of(tiny_recognizer, *files.items()).n == 2


def test_different_recordings_of_one_name_count_both(tiny_recognizer: Recognizer) -> None:
    files = {
        "happy/anna/1.wav": voices.wav(voices.voice(1.0)),
        "happy/anna/1.flac": voices.encode(voices.voice(1.0, syllables_per_s=3), "flac"),
    }
    assert figures_of(tiny_recognizer, *files.items()).n == 2


def test_a_training_clip_is_known_by_its_sound_under_any_name(tiny_recognizer: Recognizer) -> None:
    clip = voices.voice(2.0)
    training = Training(frozenset({"ravdess/x"}), Fingerprints([fingerprint(clip)]))
    files = {"mine.mp3": voices.encode(clip, "mp3"), "other.wav": voices.wav(voices.voice(1.0))}
    batch = Batch(tiny_recognizer, *gather(files.items()), training)
    batch.work(60)
    assert [row.heard_in_training for row in batch.rows] == [True, False]


def test_a_zip_with_a_table_and_a_folder_with_one_have_labels(tiny_recognizer: Recognizer) -> None:
    members = {
        "mine/a.wav": voices.wav(voices.voice(1.0)),
        "mine/labels.csv": b"file;label\na.wav;ANG",
    }
    for files in ([("x.zip", packed(members))], [*members.items()]):
        (utterance,) = gather(files).utterances.values()
        assert utterance.label == "angry"


def test_a_folder_from_a_desktop_has_only_its_recordings(tiny_recognizer: Recognizer) -> None:
    junk = (".DS_Store", "Thumbs.db", "desktop.ini", "._a.wav", "notes.docx")
    files = [("sad/a.amr", b"#!AMR\n" + bytes(40)), *((f"sad/{name}", b"x") for name in junk)]
    upload = gather(files)
    assert [source.name for source in upload.recordings] == ["sad/a.amr"]
    assert upload.report.n_left_out == 5


def test_each_stretch_of_a_long_recording_has_a_row(tiny_recognizer: Recognizer) -> None:
    upload = gather([("long.wav", voices.wav(voices.voice(8.0)))])
    batch = Batch(tiny_recognizer, *upload, by_segment=True)
    batch.work(60)
    (row,) = batch.rows
    assert row.segments[0].start_s == 0
    assert row.segments[-1].end_s == pytest.approx(8)
    assert all(segment.label for segment in row.segments)
