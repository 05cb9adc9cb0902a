"""The one module that reads labels: what is known about each recording, and where from.

In this order: a table that lists the recording, the name of a public corpus, the nearest folder
with an emotion. Where two of them disagree, the recording is left out, and the report says so.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from ser_core.corpora.files import File, Files
from ser_core.corpora.public_names import CORPUS_LABELS, PublicName, is_ravdess_video, public_name
from ser_core.corpora.tables import Row, iemocap_emotions, read_table
from ser_core.corpora.utterance import Utterance
from ser_core.corpora.words import (
    emotion_of_folder,
    is_emotion,
    letter_codes,
    says_otherwise,
    word_set,
)
from ser_core.models.labels import EMOTIONS

OWN = "own"
"""One's own recordings: a corpus whose files are identified by their path alone."""

BY_TABLE = ("etodkorean", "emospeechcmd")
"""Corpora whose labels are in `<corpus>.csv` beside their folder."""

# Reasons for leaving out a recording, in the words of the report.
NO_EMOTION = "without a known emotion"
UNLISTED = "not listed in labels.csv"
CONFLICT = "named after two emotions"
TWICE = "listed with two labels"
FILMS = "films of RAVDESS clips"
NO_TABLE = "of a corpus whose table is missing"
NOT_THERE = "listed but not there"

_PARTS_OF_A_SPLIT = word_set(
    "train training test testing dev devel development eval evaluation val valid validation"
)
_NO_PEOPLE = _PARTS_OF_A_SPLIT | word_set(
    "wav wavs audio audios clips data files speech song recordings own samples flac mp3"
)
_SPEAKER_NUMBER = re.compile(
    r"(?:speaker|spk|actor|actress|subject|participant|person|sprecher|sprecherin|locuteur|"
    r"hablante|male|female|s|p|m|f|id)?[ _-]?\d{1,5}",
    re.IGNORECASE,
)


@dataclass
class Labels:
    """What is known about the recordings of a place.

    Attributes:
        utterances: those with a label, in the order of the files.
        left_out: names of the others by reason.
        notes: sentences about what was decided.
        faults: sentences about lines of tables that cannot be used.
        missing_tables: by corpus, the sentence on the table that it needs.
    """

    utterances: dict[File, Utterance] = field(default_factory=dict)
    left_out: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    missing_tables: dict[str, str] = field(default_factory=dict)

    def leave_out(self, reason: str, name: str) -> None:
        self.left_out.setdefault(reason, []).append(name)


def read_labels(files: Files) -> Labels:
    """Labels and speakers of all recordings.

    Raises:
        CorpusError: a table cannot be read.
    """
    labels = Labels()
    remaining = _from_tables(files, labels)
    remaining = _from_corpus_tables(remaining, files, labels)
    remaining = _from_public_names(remaining, _iemocap_table(files), labels)
    _from_folders(remaining, labels)
    place = {file: number for number, file in enumerate(files.recordings)}
    labels.utterances = dict(sorted(labels.utterances.items(), key=lambda item: place[item[0]]))
    return labels


def label_of_name(name: str) -> Utterance | None:
    """What the path of a single recording says, as in `read_labels`; None without an emotion."""
    file = File(name, Path(name), lambda: b"")
    return read_labels(Files([file])).utterances.get(file)


# ---- tables ----


def _from_tables(files: Files, labels: Labels) -> list[File]:
    """Read every `labels.csv`; returns the recordings that no table speaks of."""
    remaining = list(files.recordings)
    for table in files.tables:
        if PurePosixPath(table.name).suffix.lower() == ".txt":
            continue
        rows = read_table(table.read(), table.name)
        if not rows:
            labels.faults.append(
                f"{table.name} lists no recordings. Add lines with a file and its label."
            )
        listed = _match(rows, table, remaining, labels)
        for file, its_rows in listed.items():
            _add_row(file, its_rows, table, labels)
        remaining = [
            file
            for file in remaining
            if file not in listed and not _left_by_table(file, table, labels)
        ]
    return remaining


def _left_by_table(file: File, table: File, labels: Labels) -> bool:
    """Leave out a recording beside a table that does not list it, unless its own name is enough."""
    beside = file.archive == table.archive and file.folders[: len(table.folders)] == table.folders
    if not beside or public_name(PurePosixPath(file.name)):
        return False
    labels.leave_out(UNLISTED, file.name)
    return True


def _match(
    rows: Sequence[Row], table: File, recordings: Iterable[File], labels: Labels
) -> dict[File, list[Row]]:
    """The recordings that the rows name: by path, else by a file name that occurs only once."""
    by_path: dict[str, File] = {}
    by_name: dict[str, list[File]] = defaultdict(list)
    base = "/".join(table.folders)
    for file in recordings:
        if not base or file.name.startswith(f"{base}/"):
            relative = file.name.removeprefix(f"{base}/") if base else file.name
            # A table on disk may list what a zip file beside it holds.
            if file.archive == table.archive or relative.casefold() not in by_path:
                by_path[relative.casefold()] = file
        by_name[PurePosixPath(file.name).name.casefold()].append(file)
    for file in list(by_path.values()):  # tables often leave out the suffix
        stem = PurePosixPath(file.name.removeprefix(f"{base}/") if base else file.name)
        by_path.setdefault(stem.with_suffix("").as_posix().casefold(), file)
    result: dict[File, list[Row]] = defaultdict(list)
    for row in rows:
        file_of_row = by_path.get(row.file.casefold())
        same_name = by_name.get(PurePosixPath(row.file).name.casefold(), [])
        if file_of_row is None and len(same_name) == 1:
            file_of_row = same_name[0]
        if file_of_row is None:
            labels.leave_out(NOT_THERE, row.file)
            labels.faults.append(
                f"Line {row.line} of {table.name} names {row.file!r}, which is not in "
                f"{base or 'the folder'}. Correct the name or remove the line."
            )
        else:
            result[file_of_row].append(row)
    return result


def _add_row(file: File, rows: list[Row], table: File, labels: Labels) -> None:
    row = rows[0]
    if len({other.label for other in rows}) > 1:
        words = " and ".join(sorted({other.word for other in rows}))
        labels.leave_out(TWICE, f"{file.name} ({words})")
    elif row.label is None:
        labels.leave_out(NO_EMOTION, f"{row.word or 'no label'}/{PurePosixPath(file.name).name}")
        labels.faults.append(
            f"Line {row.line} of {table.name} has the emotion {row.word!r}. "
            f"Use one of {', '.join(EMOTIONS)}."
        )
    else:
        labels.utterances[file] = _utterance(
            file, row, _stem(file), OWN, row.label, PurePosixPath(table.name).name
        )


def _utterance(
    file: File, says: Row | PublicName, name: str, corpus: str, label: str, origin: str
) -> Utterance:
    """A recording, and what a row of a table or its own name says of it."""
    return Utterance(
        file=name,
        path=file.path,
        corpus=corpus,
        speaker=says.speaker,
        gender=says.gender,
        label=label,
        channel=says.channel,
        intensity=says.intensity,
        statement=says.statement,
        repetition=says.repetition,
        label_origin=origin,
        speaker_origin=origin if says.speaker else "",
    )


def _from_corpus_tables(recordings: Iterable[File], files: Files, labels: Labels) -> list[File]:
    """Read the corpora whose table lies beside their folder; returns the other recordings."""
    remaining, members = [], defaultdict(list)
    for file in recordings:
        folder = _corpus_folder(file)
        if folder is None:
            remaining.append(file)
        else:
            members[folder].append(file)
    for folder, its_files in members.items():
        table = folder.with_name(f"{folder.name}.csv")
        if not table.is_file():
            for file in its_files:
                labels.leave_out(NO_TABLE, file.name)
            labels.missing_tables[folder.name] = (
                f"{folder} needs its labels: put {table.name} beside the folder, or move the "
                "folder elsewhere."
            )
            continue
        rows = {row.file: row for row in read_table(table.read_bytes(), table.name)}
        for file in its_files:
            _add_corpus_row(file, rows.get(file.path.name), folder.name, labels)
    return remaining


def _corpus_folder(file: File) -> Path | None:
    """The folder of a corpus in `BY_TABLE` that a file on disk lies in."""
    if file.archive or file.path.parent.name not in ("", *BY_TABLE):
        return None
    # The absolute path also has the folder's name when the place is ".".
    folder = file.path.absolute().parent
    return folder if folder.name in BY_TABLE and folder.is_dir() else None


def _add_corpus_row(file: File, row: Row | None, corpus: str, labels: Labels) -> None:
    label = CORPUS_LABELS[corpus].get(row.word) if row else None
    if row is None or label is None:
        labels.leave_out(NO_EMOTION, file.name)
        return
    name = PurePosixPath(row.file).with_suffix("").as_posix()
    labels.utterances[file] = _utterance(file, row, name, corpus, label, f"{corpus}.csv")


def _iemocap_table(files: Files) -> dict[str, str]:
    emotions: dict[str, str] = {}
    for table in files.tables:
        if PurePosixPath(table.name).suffix.lower() == ".txt":
            emotions |= iemocap_emotions(table.read())
    return emotions


# ---- names of public corpora ----


def _from_public_names(
    recordings: Iterable[File], iemocap: dict[str, str], labels: Labels
) -> list[File]:
    """Read the names of public corpora; returns the recordings whose names say nothing."""
    remaining = []
    for file in recordings:
        path = PurePosixPath(file.name)
        says = public_name(path)
        if says is None and is_ravdess_video(path):
            labels.leave_out(FILMS, file.name)
        elif says is None:
            remaining.append(file)
        elif says.corpus == "iemocap" and says.file not in iemocap:
            labels.leave_out(NO_TABLE, file.name)
        else:
            _add_public(file, says, iemocap, labels)
    return remaining


def _add_public(file: File, says: PublicName, iemocap: dict[str, str], labels: Labels) -> None:
    label, code, origin = says.label, says.code, "file name"
    if says.corpus == "iemocap":
        code, origin = iemocap[says.file], "EmoEvaluation"
        label = CORPUS_LABELS["iemocap"].get(code)
    nearest = next(filter(None, map(emotion_of_folder, reversed(file.folders))), None)
    if label is None:
        labels.leave_out(NO_EMOTION, f"{says.corpus} {code}/{says.file}")
    elif nearest not in (None, label):
        labels.leave_out(CONFLICT, f"{file.name} ({label} by its name)")
    else:
        of_name = _utterance(file, says, says.file, says.corpus, label, origin)
        labels.utterances[file] = replace(of_name, speaker_origin="file name")


# ---- folders ----


@dataclass
class _Tree:
    """The folders around some recordings.

    Attributes:
        children: names of the folders in each folder.
        codes: folders that mean an emotion by a single letter.
        parents_of: labels of the folders in which a folder of this name lies.
    """

    children: dict[tuple[str, ...], set[str]] = field(default_factory=lambda: defaultdict(set))
    codes: dict[tuple[str, ...], str | None] = field(default_factory=dict)
    parents_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, recordings: Iterable[File]) -> _Tree:
        tree = cls()
        for folders in {file.folders for file in recordings}:
            for depth, name in enumerate(folders):
                tree.children[folders[:depth]].add(name)
        for parent, names in tree.children.items():
            for name, label in letter_codes(names).items():
                tree.codes[*parent, name] = label
            if parent and (label := tree.label((*parent,))):
                for name in names:
                    tree.parents_of[name].add(label)
        return tree

    def label(self, folder: tuple[str, ...]) -> str | None:
        """The emotion that a folder is named after."""
        return self.codes.get(folder) or emotion_of_folder(folder[-1])

    def is_person(self, folder: tuple[str, ...]) -> bool:
        """Whether a folder named like an emotion lies in those of several emotions: `Joy`."""
        return len(self.parents_of[folder[-1]]) > 1

    def among_emotions(self, folder: tuple[str, ...]) -> bool:
        """Whether all folders beside it are named after emotions, too."""
        names = self.children[folder[:-1]]
        return all(
            is_emotion(name) or name.lower() in _NO_PEOPLE or (*folder[:-1], name) in self.codes
            for name in names
        )


def _from_folders(recordings: list[File], labels: Labels) -> None:
    tree = _Tree.of(recordings)
    depths: dict[File, int] = {}
    n_nested = 0
    for file in recordings:
        candidates = _emotion_folders(file, tree)
        nearer = file.folders[candidates[-1] + 1 :] if candidates else file.folders
        if not candidates or any(map(says_otherwise, nearer)):
            labels.leave_out(NO_EMOTION, file.name)
            continue
        folder = file.folders[: candidates[-1] + 1]
        meanings = {tree.label(file.folders[: depth + 1]) for depth in candidates}
        if len(meanings) > 1 and not tree.among_emotions(folder):
            labels.leave_out(CONFLICT, file.name)
            continue
        n_nested += len(meanings) > 1
        depths[file] = candidates[-1]
    if n_nested:
        labels.notes.append(
            f"{_counted(n_nested, 'recording lies', 'recordings lie')} in folders of two emotions; "
            "the nearest one counts."
        )
    speakers = _speakers(depths)
    for file, depth in depths.items():
        speaker, origin = speakers[file]
        label = tree.label(file.folders[: depth + 1]) or ""
        labels.utterances[file] = Utterance(
            _stem(file),
            file.path,
            OWN,
            speaker,
            "",
            label,
            label_origin="folder",
            speaker_origin=origin,
        )


def _emotion_folders(file: File, tree: _Tree) -> list[int]:
    """Depths of the folders around a file that are named after our emotions."""
    depths: list[int] = []
    for depth in range(len(file.folders)):
        folder = file.folders[: depth + 1]
        if tree.label(folder) and not (depths and tree.is_person(folder)):
            depths.append(depth)
    return depths


def _speakers(depths: dict[File, int]) -> dict[File, tuple[str, str]]:
    """Speaker and origin: the folder in that of the emotion, else the one around it.

    The folder around it counts if there are several, or if it is numbered like a speaker; a single
    one is more likely the name of the collection.
    """
    result, around = {}, {}
    for file, depth in depths.items():
        below = [name for name in file.folders[depth + 1 :] if name.lower() not in _NO_PEOPLE]
        above = [name for name in file.folders[:depth] if name.lower() not in _NO_PEOPLE]
        result[file] = (below[0], "folder in that of the emotion") if below else ("", "")
        if not below and above:
            around[file] = above[-1]
    several = len({*around.values()}) > 1
    for file, name in around.items():
        if several or _SPEAKER_NUMBER.fullmatch(name):
            result[file] = (name, "folder around that of the emotion")
    return result


# ---- names within the corpus ----


def with_unique_files(utterances: Iterable[Utterance]) -> list[Utterance]:
    """The utterances with a `file` of their own: a second `anna/1` becomes `anna/1.flac`."""
    taken: Counter[tuple[str, str]] = Counter()
    result = []
    for utterance in utterances:
        file, number = utterance.file, 1
        while (utterance.corpus, file) in taken:
            number += 1
            suffix = utterance.path.suffix if utterance.corpus == OWN and number == 2 else ""
            file = f"{utterance.file}{suffix or f' ({number})'}"
        taken[utterance.corpus, file] += 1
        result.append(replace(utterance, file=file))
    return result


def _stem(file: File) -> str:
    return PurePosixPath(file.name).with_suffix("").as_posix()


def _counted(n: int, one: str, several: str) -> str:
    return f"{n} {one if n == 1 else several}"
