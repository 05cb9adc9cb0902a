"""Reading corpora in all their layouts, one's own folders, and clips from inside zip files."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ser_core.audio import decoding as audio
from ser_core.audio.decoding import AudioError
from ser_core.corpora import files as files_module
from ser_core.corpora import readers
from ser_core.corpora.readers import (
    CorpusError,
    label_from_name,
    load_clip,
    read_corpora,
    read_folder,
)
from ser_core.corpora.utterance import Utterance
from tools import voices

SPEECH = ("03-01-05-02-01-01-01", "03-01-08-01-02-02-02", "03-01-01-01-01-01-24")
SONG = ("03-02-03-01-02-01-01", "03-02-06-02-01-02-02")


def write(path: Path, data: bytes | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(voices.wav(voices.tone(duration_s=0.3)) if data is None else data)
    return path


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def files(utterances: list[Utterance]) -> list[str]:
    return [utterance.file for utterance in utterances]


def write_ravdess(layout: str, data: Path) -> None:
    """A small RAVDESS in one of the layouts in which people have it."""
    tone = voices.wav(voices.tone(duration_s=0.3))
    named = [(name, f"Actor_{name[-2:]}/{name}.wav") for name in (*SPEECH, *SONG)]
    if layout == "flat":
        for name, _ in named:
            write(data / "ravdess" / f"{name}.wav", tone)
    elif layout == "actor folders":
        for _, path in named:
            write(data / path, tone)
    elif layout == "unpacked":
        for name, path in named:
            kind = "Speech" if name in SPEECH else "Song"
            write(data / f"Audio_{kind}_Actors_01-24" / path, tone)
    else:
        for kind, names in (("Speech", SPEECH), ("Song", SONG)):
            members = {path: tone for name, path in named if name in names}
            zipped(data / f"Audio_{kind}_Actors_01-24.zip", members)


LAYOUTS = ("flat", "actor folders", "unpacked", "zip files")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ravdess_reads_the_same_and_decodes_in_every_layout(layout: str, tmp_path: Path) -> None:
    write_ravdess(layout, tmp_path)
    utterances = read_corpora(tmp_path)
    assert files(utterances) == sorted(SPEECH + SONG)
    song = next(utterance for utterance in utterances if utterance.file == SONG[1])
    expected = Utterance(
        SONG[1], song.path, "ravdess", "02", "F", "fearful", "song", "strong", "01", "02"
    )
    assert song == expected
    assert load_clip(song).duration_s == pytest.approx(0.3)
    assert load_clip(song).name == f"{SONG[1]}.wav"


def test_a_file_in_several_layouts_is_read_once_and_rather_unpacked(tmp_path: Path) -> None:
    for layout in LAYOUTS:
        write_ravdess(layout, tmp_path)
    utterances = read_corpora(tmp_path)
    assert files(utterances) == sorted(SPEECH + SONG)
    assert not any(".zip!" in str(utterance.path) for utterance in utterances)


def test_videos_hidden_files_and_unknown_names_are_not_utterances(tmp_path: Path) -> None:
    write(tmp_path / f"{SPEECH[0]}.wav")
    for name in (
        "01-01-05-02-01-01-01.mp4",  # film with sound
        "02-01-05-02-01-01-02.mp4",  # film without
        "03-01-09-01-01-01-01.wav",  # no ninth emotion
        "03-01-05-01-01-01-25.wav",  # no such actor
        "._03-01-05-01-01-01-02.wav",  # left by macOS
    ):
        write(tmp_path / name)
    write(tmp_path / "03-01-05-01-01-01-03.txt", b"Dear actor,")
    assert files(read_corpora(tmp_path)) == [SPEECH[0]]


def test_links_in_a_circle_are_read_once(tmp_path: Path) -> None:
    write(tmp_path / "Actor_01" / f"{SPEECH[0]}.wav")
    (tmp_path / "Actor_01" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert files(read_corpora(tmp_path)) == [SPEECH[0]]


def test_every_corpus_speaks_our_words(tmp_path: Path) -> None:
    write(tmp_path / "emodb" / "wav" / "03a01Fa.wav")
    write(tmp_path / "emodb" / "wav" / "16b10Lb.wav")  # boredom
    write(tmp_path / "samples" / "KS0_happiness_87.wav")
    write(tmp_path / "samples" / "KS0_boredom_87.wav")
    write(tmp_path / "etodkorean" / "nea00001.ogg")
    (tmp_path / "etodkorean.csv").write_text(
        "file,corpus,speaker,gender,emotion,intensity,statement,repetition,duration_s\n"
        "nea00001.ogg,etodkorean,nea,F,neutral,,emotional001,,5.8\n"
        "nea00002.ogg,etodkorean,nea,F,neutral,,emotional002,,5.8\n"
    )
    rows = [
        (u.corpus, u.file, u.speaker, u.gender, u.label, u.statement)
        for u in read_corpora(tmp_path)
    ]
    assert rows == [
        ("emodb", "03a01Fa", "03", "M", "happy", "a01"),
        ("etodkorean", "nea00001", "nea", "F", "neutral", "emotional001"),
        ("nemo", "KS0_happiness_87", "KS0", "M", "happy", "87"),
    ]
    assert [u.corpus for u in read_corpora(tmp_path, ["nemo"])] == ["nemo"]
    # one corpus alone, also as the current folder
    assert files(read_corpora(tmp_path / "etodkorean")) == ["nea00001"]


def test_the_current_folder_can_be_a_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "emospeechcmd" / "go.ogg")
    (tmp_path / "emospeechcmd.csv").write_text("file,speaker,emotion\ngo.ogg,s1,fearful\n")
    monkeypatch.chdir(tmp_path / "emospeechcmd")
    (utterance,) = read_corpora(".")
    assert (utterance.corpus, utterance.speaker, utterance.label) == (
        "emospeechcmd",
        "s1",
        "fearful",
    )


def test_a_corpus_without_its_table_says_what_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "emospeechcmd" / "go.ogg")
    write(tmp_path / f"{SPEECH[0]}.wav")
    with pytest.raises(CorpusError, match=r"put emospeechcmd\.csv beside the folder"):
        read_corpora(tmp_path)
    assert len(read_corpora(tmp_path, ["ravdess"])) == 1


def test_own_folders_name_emotion_and_speaker(tmp_path: Path) -> None:
    write(tmp_path / "happy" / "anna" / "1.wav")
    write(tmp_path / "Anger" / "1.wav")
    write(tmp_path / "OAF_Pleasant_surprise" / "1.flac")
    write(tmp_path / "unsorted" / "1.wav")
    rows = [(u.file, u.corpus, u.speaker, u.label) for u in read_corpora(tmp_path)]
    assert rows == [
        ("Anger/1", "own", "", "angry"),
        ("OAF_Pleasant_surprise/1", "own", "", "surprised"),
        ("happy/anna/1", "own", "anna", "happy"),
    ]


def test_own_folders_may_lie_deeper_or_in_a_zip_file(tmp_path: Path) -> None:
    tone = voices.wav(voices.tone(duration_s=0.3))
    archive = zipped(tmp_path / "a.zip", {"mine/sad/bob/1.wav": tone, "mine/notes/1.wav": tone})
    write(tmp_path / "train" / "joy" / "2.wav")
    rows = [(u.file, u.speaker, u.label) for u in read_corpora(tmp_path)]
    assert rows == [("mine/sad/bob/1", "bob", "sad"), ("train/joy/2", "", "happy")]
    (utterance,) = read_corpora(archive)
    assert load_clip(utterance).duration_s == pytest.approx(0.3)


def test_own_recordings_are_read_beside_other_corpora_where_they_are_asked_for(
    tmp_path: Path,
) -> None:
    write_ravdess("flat", tmp_path)
    write(tmp_path / "own" / "happy" / "1.wav", voices.wav(voices.voice(0.3)))
    assert {u.corpus for u in read_corpora(tmp_path)} == {"ravdess"}
    (utterance,) = read_corpora(tmp_path, ["own"])
    assert utterance == read_corpora(tmp_path / "own")[0]  # alike wherever they are read from
    assert {u.corpus for u in read_corpora(tmp_path, ["own", "ravdess"])} == {"own", "ravdess"}


def test_files_of_another_corpus_are_not_own_recordings(tmp_path: Path) -> None:
    write(tmp_path / "sad" / f"{SPEECH[0]}.wav")
    write(tmp_path / "sad" / "1.wav")
    assert files(read_corpora(tmp_path, ["own"])) == ["sad/1"]


def test_own_table_may_come_from_a_spreadsheet(tmp_path: Path) -> None:
    write(tmp_path / "a" / "1.wav")
    write(tmp_path / "2.wav")
    (tmp_path / "labels.csv").write_text(
        "File;Emotion;Speaker;Gender;Repetition\na/1.wav;Fear;ann;female;01\n\n2.wav;calm\n",
        encoding="utf-8-sig",
    )
    second, first = read_folder(tmp_path)
    assert (first.file, first.label, first.speaker, first.gender, first.repetition) == (
        "a/1",
        "fearful",
        "ann",
        "F",
        "01",
    )
    assert (second.file, second.label, second.speaker) == ("2", "calm", "")
    other = tmp_path / "other.csv"
    other.write_text("file,label\n2.wav,sad\n")
    assert [u.label for u in read_folder(tmp_path, other)] == ["sad"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"file,label\n1.wav,hungry\n", "Line 2 .* 'hungry'. Use one of neutral, calm"),
        (b"file,label\n9.wav,sad\n", "Line 2 .* '9.wav', which is not in"),
        (b"name,label\n1.wav,sad\n", "needs the columns file and label"),
        (b"", "needs the columns file and label"),
        (b"file,label\n", "lists no recordings"),
        (b"file,label\n1.wav,\0\n", "Save it as a CSV file in UTF-8"),
        (b"file,label\n,sad\n", "Line 2 .* ''"),
    ],
)
def test_a_faulty_table_says_how_to_mend_it(text: bytes, message: str, tmp_path: Path) -> None:
    write(tmp_path / "1.wav")
    (tmp_path / "labels.csv").write_bytes(text)
    with pytest.raises(CorpusError, match=message):
        read_corpora(tmp_path)


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no folder"):
        read_corpora(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match="subfolders named neutral, calm"):
        read_corpora(tmp_path)
    with pytest.raises(CorpusError, match="There is no corpus 'msp'"):
        read_corpora(tmp_path, ["msp"])
    write(tmp_path / "happy" / "1.wav")
    with pytest.raises(CorpusError, match="contains nothing of ravdess"):
        read_corpora(tmp_path, ["ravdess"])
    write(tmp_path / "broken.zip", b"PK but no more")
    with pytest.raises(CorpusError, match="its download broke off"):
        read_corpora(tmp_path)


def test_a_zip_file_can_be_given_itself(tmp_path: Path) -> None:
    write_ravdess("zip files", tmp_path)
    assert files(read_corpora(tmp_path / "Audio_Song_Actors_01-24.zip")) == sorted(SONG)


def test_a_replaced_zip_file_is_opened_again(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    for duration_s in (0.2, 0.4):
        tone = voices.wav(voices.tone(duration_s=duration_s))
        zipped(archive, {f"{SPEECH[0]}.wav": tone})
        (utterance,) = read_corpora(tmp_path)
        assert load_clip(utterance).duration_s == pytest.approx(duration_s)


def test_damaged_and_unfolding_zip_members_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = voices.wav(voices.noise(duration_s=0.3))
    archive = zipped(tmp_path / "a.zip", {f"{SPEECH[0]}.wav": noise})
    (utterance,) = read_corpora(tmp_path)
    monkeypatch.setattr(files_module, "MAX_BYTES", 1000)
    with pytest.raises(AudioError, match="unpacks to"):
        load_clip(utterance)
    monkeypatch.undo()
    data = bytearray(archive.read_bytes())
    data[200:1200] = bytes(1000)
    archive.write_bytes(data)
    with pytest.raises(AudioError, match="download the archive again"):
        load_clip(utterance)
    archive.unlink()
    with pytest.raises(AudioError, match="cannot be read from"):
        load_clip(utterance)


def test_a_missing_file_is_an_audio_error(tmp_path: Path) -> None:
    path = write(tmp_path / f"{SPEECH[0]}.wav")
    (utterance,) = read_corpora(tmp_path)
    path.unlink()
    with pytest.raises(AudioError, match="cannot be opened"):
        load_clip(utterance)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("03-01-05-02-01-01-01.wav", "angry"),
        ("folder/03-02-02-01-01-01-12.flac", "calm"),
        ("16b10Wb.wav", "angry"),
        ("16b10Lb.wav", None),  # boredom
        ("EB0_sadness_3.opus", "sad"),
        ("happy/anna/1.wav", "happy"),
        ("mine\\Fear\\1.wav", "fearful"),
        ("happy/sad/1.wav", "sad"),  # the nearest folder
        ("happy.wav", None),
        ("", None),
    ],
)
def test_a_name_tells_its_label_or_none(name: str, label: str | None) -> None:
    assert label_from_name(name) == label


def test_all_labels_are_ours() -> None:
    from ser_core.models.labels import EMOTIONS

    labels = {label for words in readers.CORPUS_LABELS.values() for label in words.values()}
    assert labels == {*EMOTIONS, None}


def test_takes_share_a_group_and_speakers_differ_between_corpora(tmp_path: Path) -> None:
    for name in ("03-01-03-01-02-01-07", "03-01-03-01-02-02-07", "03-02-03-01-02-01-07"):
        write(tmp_path / f"{name}.wav")
    first, second, song = read_corpora(tmp_path)
    assert first.take_group == second.take_group != song.take_group
    assert first.speaker_id == song.speaker_id == "ravdess/07"


def test_importing_the_corpora_brings_nothing_heavy() -> None:
    code = (
        "import sys, ser_core.corpora, ser_core.corpora.cleaning, ser_core.corpora.download;"
        "print({'torch', 'librosa', 'streamlit'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_shared_corpora_are_all_there(corpora: Path) -> None:
    utterances = read_corpora(corpora)
    counts = Counter((u.corpus, u.channel) for u in utterances)
    expected = {
        ("ravdess", "speech"): 1440,
        ("ravdess", "song"): 1012,
        ("nemo", "speech"): 4481,
        ("etodkorean", "speech"): 300,
        ("emospeechcmd", "speech"): 2017,
        ("emodb", "speech"): 535 - 81,  # without boredom
    }
    # Elsewhere SER_DATA may hold fewer corpora; those that are there are whole.
    assert counts == {key: n for key, n in expected.items() if key in counts}
    speakers = Counter(corpus for corpus, _ in {(u.corpus, u.speaker) for u in utterances})
    n_speakers = {"ravdess": 24, "nemo": 9, "etodkorean": 15, "emospeechcmd": 105, "emodb": 10}
    assert speakers == {corpus: n_speakers[corpus] for corpus in speakers}
    clip = load_clip(utterances[-1])
    assert clip.sample_rate == audio.SAMPLE_RATE
    assert np.isfinite(clip.waveform).all()
