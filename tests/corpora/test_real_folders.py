"""Folders, zip files and tables as people really have them: nothing is guessed or lost silently."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from ser_core.audio.clip import Clip
from ser_core.corpora.readers import EVERYTHING, Reading, load_clip, read
from tests.corpora.test_corpora import write, zipped
from tools import voices

PUBLIC_LAYOUTS = {
    "AudioWAV/1002_DFA_ANG_XX.wav": ("cremad", "1002", "F", "angry"),
    "TESS/OAF_Fear/OAF_back_fear.wav": ("tess", "OAF", "F", "fearful"),
    "TESS/YAF_pleasant_surprised/YAF_dog_ps.wav": ("tess", "YAF", "F", "surprised"),
    "SAVEE/DC_sa01.wav": ("savee", "DC", "M", "sad"),
    "AudioData/KL/a15.wav": ("savee", "KL", "M", "angry"),
    "ESD/0011/Angry/train/0011_000351.wav": ("esd", "0011", "", "angry"),
    "ESD/0012/Surprise/0012_001401.wav": ("esd", "0012", "", "surprised"),
    "EMOVO/f1/gio-f1-b1.wav": ("emovo", "f1", "F", "happy"),
    "JL(wav+txt)/female1_angry_10a_1.wav": ("jlcorpus", "female1", "F", "angry"),
    "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_M000.wav": (
        "iemocap", "Ses01M", "M", "sad",
    ),
}  # fmt: skip


def voice(seed: int = 0) -> bytes:
    return voices.wav(voices.voice(0.3, seed=seed))


def fill(folder: Path, *names: str) -> Path:
    """Different recordings of these names."""
    for seed, name in enumerate(names):
        write(folder / name, voice(seed))
    return folder


def labels(reading: Reading) -> dict[str, str]:
    return {u.file: u.label for u in reading.utterances}


def speakers(reading: Reading) -> dict[str, str]:
    return {u.file: u.speaker for u in reading.utterances}


def text(reading: Reading) -> str:
    return "\n".join(reading.report.lines())


# ---- which folder is the emotion ----


def test_the_nearest_folder_decides(tmp_path: Path) -> None:
    reading = read(fill(tmp_path, "study/Joy/sad/1.wav"))
    assert labels(reading) == {"study/Joy/sad/1": "sad"}
    assert "1 recording lies in folders of two emotions; the nearest one counts." in text(reading)


def test_a_person_called_joy_is_no_emotion(tmp_path: Path) -> None:
    names = ("sad/Joy/1.wav", "sad/Anna/1.wav", "angry/Joy/1.wav", "angry/Anna/1.wav")
    reading = read(fill(tmp_path, *names))
    assert {*labels(reading).values()} == {"sad", "angry"}
    assert {*speakers(reading).values()} == {"Joy", "Anna"}


def test_folders_that_leave_it_open_are_named_and_not_guessed(tmp_path: Path) -> None:
    reading = read(fill(tmp_path, "sad/Joy/1.wav", "sad/Anna/1.wav", "sad/Anna/2.wav"))
    assert [*labels(reading)] == ["sad/Anna/1", "sad/Anna/2"]
    assert "1 named after two emotions: sad/Joy/1.wav" in text(reading)


@pytest.mark.parametrize("folder", ["not_happy", "Inside Joy podcast", "happy or sad", "unhappy"])
def test_phrases_and_negations_are_no_labels(folder: str, tmp_path: Path) -> None:
    reading = read(fill(tmp_path, f"{folder}/1.wav", "happy/2.wav"))
    assert labels(reading) == {"happy/2": "happy"}
    assert f"1 without a known emotion: {folder} (1)" in text(reading)


def test_a_corpus_name_in_the_wrong_folder_is_named(tmp_path: Path) -> None:
    reading = read(fill(tmp_path, "sad/03-01-05-01-01-01-01.wav", "happy/1.wav"))
    assert labels(reading) == {"happy/1": "happy"}
    assert "sad/03-01-05-01-01-01-01.wav (angry by its name)" in text(reading)


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (
            "ANG HAP NEU SAD FEA DIS SUR CAL",
            "angry happy neutral sad fearful disgust surprised calm",
        ),
        ("W F T A E N", "angry happy sad fearful disgust neutral"),
        ("Freude Trauer Wut Ärger Angst Ekel", "happy sad angry angry fearful disgust"),
        ("joie tristesse colère peur dégoût", "happy sad angry fearful disgust"),
        ("alegría tristeza ira miedo asco", "happy sad angry fearful disgust"),
    ],
)
def test_usual_codes_and_other_languages_are_known(
    folders: str, expected: str, tmp_path: Path
) -> None:
    reading = read(fill(tmp_path, *(f"{folder}/1.wav" for folder in folders.split())))
    by_folder = {file.split("/")[0]: label for file, label in labels(reading).items()}
    assert by_folder == dict(zip(folders.split(), expected.split(), strict=True))


def test_unknown_emotions_are_listed_by_name_and_count(tmp_path: Path) -> None:
    reading = read(fill(tmp_path, "boredom/1.wav", "boredom/2.wav", "contempt/1.wav", "sad/1.wav"))
    assert "3 without a known emotion: boredom (2), contempt (1)" in text(reading)


# ---- who speaks ----


def test_parts_of_a_split_are_no_people(tmp_path: Path) -> None:
    reading = read(fill(tmp_path, "0011/Angry/train/x.wav", "0012/Angry/test/y.wav"))
    assert {*speakers(reading).values()} == {"0011", "0012"}
    assert "2 speakers (from the folder around that of the emotion)" in text(reading)


def test_both_orders_of_speaker_and_emotion_are_read(tmp_path: Path) -> None:
    inside = read(fill(tmp_path / "a", "happy/anna/1.wav", "sad/ben/1.wav"))
    around = read(fill(tmp_path / "b", "anna/happy/1.wav", "ben/sad/1.wav"))
    assert {*speakers(inside).values()} == {*speakers(around).values()} == {"anna", "ben"}


def test_a_collection_is_no_speaker_and_unknown_speakers_are_said(tmp_path: Path) -> None:
    reading = read(fill(tmp_path, "mine/happy/1.wav", "mine/sad/1.wav"))
    assert {*speakers(reading).values()} == {""}
    assert "speakers unknown, so a split cannot keep them apart" in text(reading)


# ---- mixtures and tables ----


def test_one_file_of_a_corpus_does_not_hide_own_recordings(tmp_path: Path) -> None:
    names = [f"happy/{i}.wav" for i in range(4)]
    fill(tmp_path, "03-01-05-01-01-01-01.wav", *names)
    everything = read(tmp_path, EVERYTHING)
    assert len(everything.utterances) == 5
    assert "A mixture of corpora: own and ravdess" in text(everything)
    assert "Not used here: 4 your own recordings" in text(read(tmp_path))


def test_a_table_wins_over_the_name_of_a_corpus(tmp_path: Path) -> None:
    fill(tmp_path, "03-01-05-01-01-01-01.wav", "b.wav")
    (tmp_path / "Labels.CSV").write_text("file,label\n03-01-05-01-01-01-01.wav,sad\nb.wav,calm\n")
    reading = read(tmp_path)
    assert [(u.corpus, u.label) for u in reading.utterances] == [("own", "sad"), ("own", "calm")]


TABLE = "file,label,gender\na.wav,Ärger,weiblich\nb.wav,joie,homme\n"


@pytest.mark.parametrize(
    "table",
    [
        TABLE.encode(),
        TABLE.replace(",", "\t").encode("utf-16"),
        TABLE.replace(",", ";").encode("cp1252"),
        ("sep=;\r\n" + TABLE.replace(",", ";").replace("\n", "\r\n")).encode("utf-8-sig"),
        (TABLE + ",,\n,,\n\n").encode(),
    ],
    ids=["commas", "tabs in UTF-16", "semicolons in Windows-1252", "sep=;", "empty rows"],
)
def test_tables_of_every_spreadsheet_are_read(table: bytes, tmp_path: Path) -> None:
    fill(tmp_path, "a.wav", "b.wav")
    (tmp_path / "labels.csv").write_bytes(table)
    rows = [(u.file, u.label, u.gender) for u in read(tmp_path).utterances]
    assert rows == [("a", "angry", "F"), ("b", "happy", "M")]


def test_what_a_table_cannot_say_is_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    fill(tmp_path, "a.wav", "b.wav", "c.wav", "d.wav", "e.wav")
    (tmp_path / "labels.csv").write_text(
        "file,label\na.wav,HAP\nb.wav,hungry\nc.wav,sad\nc.wav,angry\nz.wav,sad\nd,W\n"
    )
    reading = read(tmp_path)
    assert labels(reading) == {"a": "happy"}
    report = text(reading)
    assert "2 without a known emotion: hungry (1), W (1)" in report
    assert "1 listed with two labels: c.wav (angry and sad)" in report
    assert "1 listed but not there: z.wav" in report
    assert "1 not listed in labels.csv: e.wav" in report


def test_a_zip_brings_its_table_and_windows_its_backslashes(tmp_path: Path) -> None:
    members = {"mine\\a.wav": voice(), "mine\\b.wav": voice(1)}
    table = b"file,label,speaker\r\na.wav,sad,ann\r\nb.wav,calm,ben\r\n"
    archive = zipped(tmp_path / "x.zip", members | {"mine\\labels.csv": table})
    reading = read(archive)
    assert labels(reading) == {"mine/a": "sad", "mine/b": "calm"}
    assert load_clip(reading.utterances[0]).duration_s == pytest.approx(0.3)


def test_folders_in_a_windows_zip_are_folders(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", {"Joy\\ann\\1.wav": voice(), "Joy\\._1.wav": b"x"})
    assert labels(read(archive)) == {"Joy/ann/1": "happy"}


def test_umlauts_in_a_zip_that_does_not_declare_them_are_read(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("Xxrger/1.wav", voice())
    # As the Finder writes it: UTF-8 bytes, of which Ä takes two, without the flag.
    mac = data.getvalue().replace(b"Xxrger", "Ärger".encode())
    (tmp_path / "mac.zip").write_bytes(mac)
    assert labels(read(tmp_path / "mac.zip")) == {"Ärger/1": "angry"}


# ---- which files are recordings ----


@pytest.mark.parametrize("name", ["x.oga", "x.dat", "x", "x.mka", "x.wave"])
def test_recordings_are_known_by_their_content(name: str, tmp_path: Path) -> None:
    write(tmp_path / "sad" / name, voice())
    assert len(read(tmp_path).utterances) == 1


def test_what_is_no_recording_is_counted_by_its_reason(tmp_path: Path) -> None:
    fill(tmp_path, "sad/1.wav")
    for name in (".DS_Store", "Thumbs.db", "._1.wav", "desktop.ini", "letter.txt", "notes.ts"):
        write(tmp_path / "sad" / name, b"no sound at all")
    write(tmp_path / "sad" / "a.7z", b"7z\xbc\xaf\x27\x1c")
    reading = read(tmp_path)
    assert len(reading.utterances) == 1
    report = text(reading)
    assert "4 hidden or system files: sad/.DS_Store" in report
    assert "2 not audio: sad/letter.txt, sad/notes.ts" in report
    assert "1 archives that are not zip files: sad/a.7z" in report


# ---- copies ----


def test_a_folder_copied_into_itself_counts_once(tmp_path: Path) -> None:
    names = ("happy/1.wav", "sad/2.wav")
    fill(tmp_path, *names)
    fill(tmp_path / "again", *names)
    reading = read(tmp_path)
    assert len(reading.utterances) == 2
    assert "2 copies of others: happy/1.wav (as again/happy/1.wav)" in text(reading)


def test_different_recordings_of_one_name_count_twice(tmp_path: Path) -> None:
    write(tmp_path / "happy" / "anna" / "1.wav", voice(1))
    write(tmp_path / "happy" / "anna" / "1.flac", voices.encode(voices.voice(0.3, 200), "flac"))
    assert sorted(labels(read(tmp_path))) == ["happy/anna/1", "happy/anna/1.wav"]


def test_a_recording_at_another_rate_is_a_copy(tmp_path: Path) -> None:
    low = voices.voice(1.0, rate=48_000)
    name = "03-01-05-01-01-01-01"
    write(tmp_path / "a" / f"{name}.wav", voices.wav(low, 48_000))
    waveform = Clip.from_bytes(voices.wav(low, 48_000)).waveform
    write(tmp_path / "b" / f"{name} (1).flac", voices.encode(waveform, "flac"))
    reading = read(tmp_path)
    assert len(reading.utterances) == 1
    assert "1 copies of others" in text(reading)


def test_a_damaged_zip_and_a_locked_one_say_so(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x.zip", {"sad/1.wav": voice()})
    data = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    archive.write_bytes(data)
    (utterance,) = read(archive).utterances
    with pytest.raises(ValueError, match="password-protected"):
        load_clip(utterance)


# ---- public corpora ----


def test_public_corpora_are_known_by_their_names_and_layouts(tmp_path: Path) -> None:
    fill(tmp_path, *PUBLIC_LAYOUTS, "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F001.wav")
    evaluation = tmp_path / "Session1" / "dialog" / "EmoEvaluation"
    evaluation.mkdir(parents=True)
    (evaluation / "Ses01F_impro01.txt").write_text(
        "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n"
        "[6.2901 - 8.2357]\tSes01F_impro01_M000\tsad\t[2.5000, 2.5000, 2.5000]\n"
        "[9.1 - 10.2]\tSes01F_impro01_F001\tfru\t[2.5000, 2.5000, 2.5000]\n"
    )
    reading = read(tmp_path)
    rows = {(u.corpus, u.speaker, u.gender, u.label) for u in reading.utterances}
    assert rows == {*PUBLIC_LAYOUTS.values()}
    assert "1 without a known emotion: iemocap fru (1)" in text(reading)


@pytest.mark.parametrize(
    "name",
    [
        "03-01-05-01-01-01-01 (1).flac",
        "03-01-05-01-01-01-01_angry.wav",
        "Actor_01_03-01-05-01-01-01-01.wav",
        "03-01-05-01-01-01-01 - Copy.wav",
        "Copy of 03-01-05-01-01-01-01.wav",
    ],
)
def test_a_renamed_copy_keeps_its_name_in_the_corpus(name: str, tmp_path: Path) -> None:
    (utterance,) = read(fill(tmp_path, name)).utterances
    assert (utterance.corpus, utterance.file) == ("ravdess", "03-01-05-01-01-01-01")
