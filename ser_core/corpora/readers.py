"""Corpora on disk as utterances: RAVDESS, EMO-DB, nEMO and others, or a folder of one's own.

RAVDESS, EMO-DB and nEMO are recognized by their file names, in any folder and inside zip files.
ETOD and EmoSpeech are recognized by the CSV beside their folder, which has their labels. If
nothing is recognized, the subfolders name the emotions.
"""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AUDIO_SUFFIXES, MAX_BYTES, AudioError
from ser_core.corpora.utterance import Utterance
from ser_core.models.labels import EMOTIONS

RAVDESS_STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
"""The spoken sentences, by the code in a file name."""

CORPUS_LABELS: dict[str, dict[str, str | None]] = {
    "ravdess": {f"{code:02}": label for code, label in enumerate(EMOTIONS, start=1)},
    "emodb": {
        "N": "neutral",
        "F": "happy",
        "T": "sad",
        "W": "angry",
        "A": "fearful",
        "E": "disgust",
        # Boredom is left out: none of our labels means it, and calling it calm would be a guess.
        "L": None,
    },
    "nemo": {
        "neutral": "neutral",
        "happiness": "happy",
        "sadness": "sad",
        "anger": "angry",
        "fear": "fearful",
        "surprised": "surprised",
    },
    "etodkorean": {"neutral": "neutral", "happy": "happy", "sad": "sad", "angry": "angry"},
    "emospeechcmd": {"calm": "calm", "happy": "happy", "angry": "angry", "fearful": "fearful"},
    "own": {
        **{label: label for label in EMOTIONS},
        **dict.fromkeys(("calmness", "relaxed"), "calm"),
        **dict.fromkeys(("happiness", "joy", "joyful"), "happy"),
        **dict.fromkeys(("sadness",), "sad"),
        **dict.fromkeys(("anger",), "angry"),
        **dict.fromkeys(("fear", "afraid", "scared"), "fearful"),
        **dict.fromkeys(("disgusted",), "disgust"),
        **dict.fromkeys(("surprise",), "surprised"),
    },
}
"""The words or codes of each corpus, and our labels for them; None for what is left out."""

CORPUS_LICENSES = {
    "ravdess": "CC BY-NC-SA 4.0",
    "nemo": "CC BY-NC-SA 4.0",
    "etodkorean": "CC BY-NC-SA 4.0",
    "emospeechcmd": "CC BY-NC-SA 4.0",
    "emodb": "CC0 1.0",
    "own": "of the recordings' owner",
}

OWN = "own"
"""One's own recordings: a corpus whose files are identified by their path alone."""

CORPORA = tuple(corpus for corpus in CORPUS_LABELS if corpus != OWN)

_BY_CSV = ("etodkorean", "emospeechcmd")
# Modality 03 is audio only; 01 (video with sound) would add the same audio a second time.
_RAVDESS = re.compile(r"03-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(0[1-9]|1\d|2[0-4])")
_IN_ZIP = re.compile(r"(.+?\.zip)!(.+)", re.IGNORECASE)
# File name pattern of a corpus, and its female speakers.
_PATTERNS = (
    (
        "emodb",
        re.compile(
            r"(?P<speaker>\d\d)(?P<statement>[ab]\d\d)(?P<emotion>[NFTWAEL])(?P<version>[a-z])"
        ),
        ("08", "09", "13", "14", "16"),
    ),
    (
        "nemo",
        re.compile(r"(?P<speaker>[A-Z]{2}\d)_(?P<emotion>[a-z]+)_(?P<statement>\d+)"),
        ("EB0", "IC0", "KD0", "MK0"),
    ),
)


class CorpusError(ValueError):
    """The recordings cannot be read or used this way; the message says what to do next."""


def default_data() -> Path:
    """Default folder of the corpora: `$SER_DATA`, else `data/`."""
    return Path(os.environ.get("SER_DATA") or "data")


def read_corpora(data: str | Path, corpora: Collection[str] | None = None) -> list[Utterance]:
    """Read every corpus in a folder, sorted by corpus and file.

    A file name that occurs several times (two layouts, unpacked beside its zip file) is read
    once. One's own recordings are read by `read_folder`: if there is no other corpus or, beside
    other corpora, on request.

    Args:
        data: a folder of corpora, one corpus, or a zip file.
        corpora: which of `CORPORA` and `OWN` to keep; by default all of `CORPORA`. Own recordings
            are those in the folder `own`, if there is one, else all files that do not belong to
            another corpus.

    Raises:
        CorpusError: no such folder or corpus, or nothing usable in it.
    """
    data = Path(data)
    unknown = sorted(set(corpora or ()) - set(CORPUS_LABELS))
    if unknown:
        names = ", ".join(CORPUS_LABELS)
        raise CorpusError(f"There is no corpus {unknown[0]!r}. Choose one of: {names}.")
    paths = _audio_paths(data)
    selection = CORPORA if corpora is None else corpora
    from_csv = _utterances_from_csv(paths, selection)
    utterances: dict[tuple[str, str], Utterance] = {}
    for path in paths:
        utterance = from_csv.get(path) or _from_name(path)
        if utterance and utterance.label and utterance.corpus in selection:
            utterances.setdefault((utterance.corpus, utterance.file), utterance)
    if OWN in selection:
        folder = data / OWN if (data / OWN).is_dir() else data
        utterances |= {(OWN, u.file): u for u in read_folder(folder) if not _from_name(u.path)}
    if utterances:
        return [utterances[key] for key in sorted(utterances)]
    if corpora is None:
        return read_folder(data)
    raise CorpusError(
        f"{data} contains nothing of {', '.join(sorted(corpora))}. Choose another folder, or fetch "
        "RAVDESS with `python -m ser_core download`."
    )


def read_folder(folder: str | Path, table: str | Path | None = None) -> list[Utterance]:
    """Read one's own recordings, as corpus `own`, sorted by file.

    Either one subfolder per emotion (RAVDESS words or common synonyms), optionally with a
    subfolder per speaker: `happy/anna/1.wav`. Or a CSV with the columns `file` (relative to the
    folder) and `label` (or `emotion`), and optionally `speaker`, `gender`, `channel`,
    `intensity`, `statement` and `repetition`.

    Args:
        folder: folder of the recordings; without a CSV, also a zip file.
        table: the CSV; by default `labels.csv` in the folder, if there is one.

    Raises:
        CorpusError: no such folder or table, nothing usable in it, or a row that names a missing
            file or an unknown emotion.
    """
    folder = Path(folder)
    if table is None and (folder / "labels.csv").is_file():
        table = folder / "labels.csv"
    if table is not None:
        return _read_table(folder, Path(table))
    utterances: dict[str, Utterance] = {}
    for path in _audio_paths(folder):
        match = _IN_ZIP.fullmatch(path.as_posix())
        relative = PurePosixPath(match[2] if match else path.relative_to(folder).as_posix())
        *folders, _ = relative.parts
        labels = [_label_of_folder(name) for name in folders]
        label = next(filter(None, labels), None)
        if label:
            # the emotion's folder may itself lie in others, the speaker's lies in it
            speaker = "".join(folders[labels.index(label) + 1 :][:1])
            file = relative.with_suffix("").as_posix()
            utterances.setdefault(file, Utterance(file, path, "own", speaker, "", label))
    if not utterances:
        raise CorpusError(
            f"{folder} contains no recordings with a known emotion. Put them into subfolders named "
            f"{', '.join(EMOTIONS)}, add a labels.csv with the columns file and label, or fetch "
            "RAVDESS with `python -m ser_core download`."
        )
    return _by_file(utterances)


def label_from_name(name: str) -> str | None:
    """The emotion in a file's name, or None; as in `utterance_from_name`."""
    utterance = utterance_from_name(name)
    return utterance.label if utterance else None


def utterance_from_name(name: str) -> Utterance | None:
    """The utterance that a file's name describes, or None if the name gives no emotion.

    Names of RAVDESS, EMO-DB and nEMO give it, and so does a folder: `happy/anna/1.wav`. Folders
    with different emotions cancel each other out.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    utterance = _from_name(Path(path))
    if utterance:
        return utterance if utterance.label else None
    labels = {_label_of_folder(folder) for folder in path.parts[:-1]} - {None}
    label = labels.pop() if len(labels) == 1 else None
    file = str(path.parent / path.stem)
    return Utterance(file, Path(path), "own", "", "", label) if label else None


def load_clip(utterance: Utterance) -> Clip:
    """Decode an utterance, also from inside a zip file.

    Raises:
        AudioError: the file cannot be opened or is not usable audio.
    """
    if not _IN_ZIP.fullmatch(utterance.path.as_posix()):
        return Clip.from_file(utterance.path)
    return Clip.from_bytes(load_bytes(utterance), utterance.path.name)


def load_bytes(utterance: Utterance) -> bytes:
    """The raw bytes of an utterance's file, also from inside a zip file.

    Raises:
        AudioError: the file cannot be opened.
    """
    match = _IN_ZIP.fullmatch(utterance.path.as_posix())
    try:
        if not match:
            return utterance.path.read_bytes()
        archive, member = match.groups()
        file = _open_zip(archive, Path(archive).stat().st_mtime_ns, os.getpid())
        size = file.getinfo(member).file_size
        if size > MAX_BYTES:
            raise AudioError(
                f"{member} unpacks to {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB can "
                "be read. Leave it out."
            )
        # zipfile stops at the stated size, so a false one cannot unfold to more.
        return file.read(member)
    except (OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        # RuntimeError: encrypted, or compressed by a method that Python does not support.
        if not match:
            raise AudioError(f"{utterance.path.name} cannot be read. Copy it again.") from error
        raise AudioError(
            f"{match[2]} cannot be read from {match[1]}. Download the zip file again."
        ) from error


@lru_cache(maxsize=4)
def _open_zip(archive: str, mtime_ns: int, process: int) -> zipfile.ZipFile:
    # Kept open, since listing its 1440 members costs more than decoding one. Forked processes
    # would share one file position, hence one each; and a new one when the file changes.
    return zipfile.ZipFile(archive)


def _audio_paths(data: Path) -> list[Path]:
    """Audio files below a folder and, after them, inside its zip files; each part sorted."""
    if data.suffix.lower() == ".zip" and data.is_file():
        return list(_zip_members(data))
    if not data.is_dir():
        raise CorpusError(
            f"There is no folder {data}. Choose a folder of recordings, or fetch RAVDESS with "
            "`python -m ser_core download`."
        )
    files, archives = [], []
    visited = set()
    for folder, subfolders, names in os.walk(data, followlinks=True):
        real = os.path.realpath(folder)
        if real in visited:  # a link back up would never end
            subfolders.clear()
            continue
        visited.add(real)
        # Hidden files are skipped: what macOS leaves beside copies ("._name.wav") is not audio.
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in names:
            suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 (Path costs ten times more)
            if name.startswith("."):
                continue
            if suffix in AUDIO_SUFFIXES:
                files.append(Path(folder, name))
            elif suffix == ".zip":
                archives.append(Path(folder, name))
    members = [member for archive in sorted(archives) for member in _zip_members(archive)]
    return sorted(files) + members


def _zip_members(archive: Path) -> Iterator[Path]:
    try:
        with zipfile.ZipFile(archive) as file:
            names = sorted(file.namelist())
    except (OSError, zipfile.BadZipFile) as error:
        raise CorpusError(
            f"{archive} is not a readable zip file; perhaps its download broke off. "
            "Download it again or move it away."
        ) from error
    for name in names:
        path = PurePosixPath(name)
        if path.suffix.lower() in AUDIO_SUFFIXES and not path.name.startswith("."):
            yield Path(f"{archive}!{name}")


def _from_name(path: Path) -> Utterance | None:
    """The utterance that a file name of RAVDESS, EMO-DB or nEMO describes; no label if left out."""
    name = path.stem.rpartition("!")[2]  # at the top of a zip file: `archive.zip!name.wav`
    if match := _RAVDESS.fullmatch(name):
        channel, emotion, intensity, statement, repetition, actor = match.groups()
        return Utterance(
            file=name,
            path=path,
            corpus="ravdess",
            speaker=actor,
            gender="M" if int(actor) % 2 else "F",
            label=CORPUS_LABELS["ravdess"][emotion] or "",
            channel="speech" if channel == "01" else "song",
            intensity="normal" if intensity == "01" else "strong",
            statement=statement,
            repetition=repetition,
        )
    for corpus, pattern, women in _PATTERNS:
        match = pattern.fullmatch(name)
        if match and match["emotion"] in CORPUS_LABELS[corpus]:
            return Utterance(
                file=name,
                path=path,
                corpus=corpus,
                speaker=match["speaker"],
                gender="F" if match["speaker"] in women else "M",
                label=CORPUS_LABELS[corpus][match["emotion"]] or "",
                statement=match["statement"],
                repetition=match.groupdict().get("version", ""),
            )
    return None


def _utterances_from_csv(paths: list[Path], corpora: Collection[str]) -> dict[Path, Utterance]:
    """Utterances of the corpora whose labels are in `<corpus>.csv` beside their folder."""
    # The absolute path also has the folder's name when `data` is ".".
    folders = {path.parent: Path(os.path.abspath(path.parent)) for path in paths}  # noqa: PTH100
    available = set(paths)
    utterances = {}
    for folder, absolute in folders.items():
        corpus = absolute.name
        if corpus not in _BY_CSV or corpus not in corpora or not absolute.is_dir():
            continue
        table = absolute.with_name(f"{corpus}.csv")
        if not table.is_file():
            raise CorpusError(
                f"{folder} needs its labels: put {table.name} beside the folder, or move the "
                "folder elsewhere."
            )
        for _, row in _rows(table):
            path, label = folder / row["file"], CORPUS_LABELS[corpus].get(row.get("emotion", ""))
            if path in available and label:
                utterances[path] = replace(_from_row(row, path, label), corpus=corpus)
    return utterances


def _by_file(utterances: dict[str, Utterance]) -> list[Utterance]:
    return [utterances[file] for file in sorted(utterances)]


def _read_table(folder: Path, table: Path) -> list[Utterance]:
    utterances: dict[str, Utterance] = {}
    for number, row in _rows(table):
        word = row.get("label") or row.get("emotion") or ""
        label = CORPUS_LABELS["own"].get(word.lower())
        if not label:
            raise CorpusError(
                f"Line {number} of {table} has the emotion {word!r}. "
                f"Use one of {', '.join(EMOTIONS)}."
            )
        path = folder / row["file"]
        if not path.is_file():
            raise CorpusError(
                f"Line {number} of {table} names {row['file']!r}, which is not in {folder}. "
                "Correct the name or remove the line."
            )
        utterance = _from_row(row, path, label)
        utterances.setdefault(utterance.file, utterance)
    if not utterances:
        raise CorpusError(f"{table} lists no recordings. Add lines with a file and its label.")
    return _by_file(utterances)


def _rows(table: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers and rows of a CSV that a spreadsheet may have written."""
    try:
        # Spreadsheets put a byte order mark first (hence -sig) and may separate by semicolons.
        text = table.read_text(encoding="utf-8-sig")
        header, _, _ = text.partition("\n")
        reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in header else ",")
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        if "file" not in reader.fieldnames or not {"label", "emotion"} & {*reader.fieldnames}:
            raise CorpusError(f"{table} needs the columns file and label in its first line.")
        for row in reader:
            # Cells beyond the last column come under the key None, missing cells as None.
            yield reader.line_num, {key: (row[key] or "").strip() for key in reader.fieldnames}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(
            f"{table} cannot be read. Save it as a CSV file in UTF-8 with the columns file and "
            "label."
        ) from error


def _from_row(row: dict[str, str], path: Path, label: str) -> Utterance:
    return Utterance(
        file=PurePosixPath(row["file"].replace("\\", "/")).with_suffix("").as_posix(),
        path=path,
        corpus="own",
        speaker=row.get("speaker", ""),
        gender=row.get("gender", "")[:1].upper(),
        label=label,
        channel=row.get("channel") or "speech",
        intensity=row.get("intensity", ""),
        statement=row.get("statement", ""),
        repetition=row.get("repetition", ""),
    )


def _label_of_folder(name: str) -> str | None:
    """The emotion in a folder's name, such as `03 Happy` or `OAF_Pleasant_surprise`."""
    words = re.findall(r"[a-z]+", name.lower())
    labels = {CORPUS_LABELS["own"].get(word) for word in words} - {None}
    return labels.pop() if len(labels) == 1 else None
