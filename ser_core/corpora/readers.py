"""Corpora on disk as utterances: public ones, and a folder or zip file of one's own.

`files` finds the recordings, `labels` reads what is known about them, and a report says what was
left out.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.corpora.files import File, Files, equal_files, files_in, is_member, read_bytes
from ser_core.corpora.identity import Identity
from ser_core.corpora.labels import (
    OWN,
    Labels,
    label_of_name,
    read_labels,
    with_unique_files,
)
from ser_core.corpora.public_names import CORPORA, CORPUS_LABELS, CORPUS_LICENSES
from ser_core.corpora.report import CorpusReport, count_corpora
from ser_core.corpora.utterance import CorpusError, Utterance
from ser_core.models.labels import EMOTIONS

__all__ = [
    "CORPORA",
    "CORPUS_LABELS",
    "CORPUS_LICENSES",
    "EVERYTHING",
    "OWN",
    "RAVDESS_STATEMENTS",
    "CorpusError",
    "Reading",
]

RAVDESS_STATEMENTS = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}
"""The spoken sentences, by the code in a file name."""

EVERYTHING = (*CORPORA, OWN)
"""Every corpus and one's own recordings."""

OUTSIDE = "outside the folder own"


@dataclass(frozen=True)
class Reading:
    """The utterances of a place and the report on them."""

    utterances: list[Utterance]
    report: CorpusReport


def default_data() -> Path:
    """Default folder of the corpora: `$SER_DATA`, else `data/`."""
    return Path(os.environ.get("SER_DATA") or "data")


def read_corpora(data: str | Path, corpora: Collection[str] | None = None) -> list[Utterance]:
    """Read every corpus in a folder, sorted by corpus and file; as `read`, without the report."""
    return read(data, corpora).utterances


def read(data: str | Path, corpora: Collection[str] | None = None) -> Reading:
    """Read every corpus in a folder, sorted by corpus and file.

    Files that are equal byte by byte, with the same label, are read once; so are files of one name
    in a public corpus with equal bytes. One's own recordings are read if there is no other corpus
    or, beside other corpora, on request.

    Args:
        data: a folder of corpora, one corpus, or a zip file.
        corpora: which of `EVERYTHING` to keep; by default all public corpora, else one's own
            recordings. These are those in the folder `own`, if there is one, else all files that
            do not belong to another corpus.

    Raises:
        CorpusError: no such folder or corpus, or nothing usable in it.
    """
    data = Path(data)
    unknown = sorted(set(corpora or ()) - {*EVERYTHING})
    if unknown:
        names = ", ".join(EVERYTHING)
        raise CorpusError(f"There is no corpus {unknown[0]!r}. Choose one of: {names}.")
    files, labels = _labels_of(data)
    selection = CORPORA if corpora is None else corpora
    _require_tables(labels, selection)
    if corpora is None and not any(u.corpus != OWN for u in labels.utterances.values()):
        selection = (OWN,)
    return _reading(data, files, labels, selection, corpora)


def read_folder(folder: str | Path, table: str | Path | None = None) -> list[Utterance]:
    """Read one's own recordings, as corpus `own`, sorted by file.

    Either one folder per emotion, with a folder per speaker in it or around it: `happy/anna/1.wav`.
    Or a CSV with the columns `file` (relative to the folder) and `label` (or `emotion`), and
    optionally `speaker`, `gender`, `channel`, `intensity`, `statement` and `repetition`.

    Args:
        folder: folder of the recordings, or a zip file.
        table: the CSV; by default `labels.csv` in the folder, if there is one.

    Raises:
        CorpusError: no such folder or table, or nothing usable in it.
    """
    folder = Path(folder)
    files = files_in(folder)
    if table is not None:
        path = Path(table)
        files.tables = [File("labels.csv", path, lambda: _table_bytes(path))]
    labels = read_labels(files)
    return _reading(folder, files, labels, (OWN,), None).utterances


def label_from_name(name: str) -> str | None:
    """The emotion in a file's name, or None; as in `utterance_from_name`."""
    utterance = utterance_from_name(name)
    return utterance.label if utterance else None


def utterance_from_name(name: str) -> Utterance | None:
    """The utterance that a file's name describes, or None if the name gives no emotion.

    Names of public corpora give it, and so does the nearest folder: `happy/anna/1.wav`.
    """
    return label_of_name(name.replace("\\", "/"))


def load_clip(utterance: Utterance) -> Clip:
    """Decode an utterance, also from inside a zip file.

    Raises:
        AudioError: the file cannot be opened or is not usable audio.
    """
    if not is_member(utterance.path):
        return Clip.from_file(utterance.path)
    return Clip.from_bytes(load_bytes(utterance), utterance.path.name)


def load_bytes(utterance: Utterance) -> bytes:
    """The raw bytes of an utterance's file, also from inside a zip file.

    Raises:
        AudioError: the file cannot be opened.
    """
    return read_bytes(utterance.path)


def without_copies(
    utterances: dict[File, Utterance],
) -> tuple[dict[File, Utterance], list[tuple[str, str]]]:
    """The utterances without copies, and the names of the copies and originals.

    Copies are files that are equal byte by byte, or have the same name in their corpus and the
    same samples. One under another emotion or speaker is no copy: which of the two is right would
    be a guess. Nor is one under another name of the same public corpus: RAVDESS has such a pair.
    """
    originals: dict[File, File] = {}
    for group in equal_files(utterances):
        for place, file in enumerate(group):
            for original in group[:place]:
                if original not in originals and may_be_copy(
                    utterances[file], utterances[original]
                ):
                    originals[file] = original
                    break
    by_name: dict[tuple[str, str, str], list[File]] = {}
    for file, u in utterances.items():
        if file not in originals:
            by_name.setdefault((u.corpus, u.file, u.label), []).append(file)
    for group in by_name.values():
        for file in group[1:]:
            if _same_samples(utterances[file], utterances[group[0]]):
                originals[file] = group[0]
    kept = {file: u for file, u in utterances.items() if file not in originals}
    return kept, [(copy.name, original.name) for copy, original in originals.items()]


def may_be_copy(one: Utterance, other: Utterance) -> bool:
    """Whether equal recordings are copies, by what is known about them."""
    if one.label != other.label or (one.speaker and other.speaker and one.speaker != other.speaker):
        return False
    return OWN in (one.corpus, other.corpus) or (one.corpus, one.file) == (other.corpus, other.file)


def _same_samples(one: Utterance, other: Utterance) -> bool:
    try:
        return Identity.of(load_clip(one)).is_copy_of(Identity.of(load_clip(other)))
    except AudioError:
        return False


def _labels_of(data: Path) -> tuple[Files, Labels]:
    """Files and labels; one's own recordings only from the folder `own`, if there is one."""
    files = files_in(data)
    labels = read_labels(files)
    own = data / OWN
    if not own.is_dir():
        return files, labels
    its_files = files_in(own)
    its_labels = read_labels(its_files)
    inside = {file.path for file in its_files.recordings}
    for file, utterance in [*labels.utterances.items()]:
        if file.path in inside:
            del labels.utterances[file]
        elif utterance.corpus == OWN:
            del labels.utterances[file]
            labels.leave_out(OUTSIDE, file.name)
    labels.utterances |= its_labels.utterances
    labels.notes += [note for note in its_labels.notes if note not in labels.notes]
    labels.faults += its_labels.faults
    return files, labels


def _require_tables(labels: Labels, selection: Collection[str]) -> None:
    """Refuse to read a corpus without its table if it was requested."""
    for corpus, fault in labels.missing_tables.items():
        if corpus in selection:
            raise CorpusError(fault)


def _reading(
    data: Path,
    files: Files,
    labels: Labels,
    selection: Collection[str],
    requested: Collection[str] | None,
) -> Reading:
    requested_files = {f: u for f, u in labels.utterances.items() if u.corpus in selection}
    unused = Counter(u.corpus for u in labels.utterances.values() if u.corpus not in selection)
    kept, names = without_copies(requested_files)
    utterances = with_unique_files(kept.values())
    utterances.sort(key=lambda u: (u.corpus, u.file))
    left_out = {**files.left_out}
    for reason, others in labels.left_out.items():
        left_out[reason] = [*left_out.get(reason, []), *others]
    n_files = len(files.recordings) + sum(map(len, files.left_out.values()))
    report = CorpusReport(n_files, count_corpora(utterances), unused, left_out, names, labels.notes)
    if not utterances:
        raise CorpusError(_nothing(data, labels, report, requested))
    return Reading(utterances, report)


def _nothing(
    data: Path, labels: Labels, report: CorpusReport, requested: Collection[str] | None
) -> str:
    """The sentences on a place without usable recordings."""
    details = " ".join(["", *report.lines()[1:]]) if report.n_left_out else ""
    if requested is not None and {*requested} != {*EVERYTHING}:
        return (
            f"{data} contains nothing of {', '.join(sorted(requested))}. Choose another folder, "
            f"or fetch RAVDESS with `python -m ser_core download`.{details}"
        )
    if labels.faults:
        return labels.faults[0]
    return (
        f"{data} contains no recordings with a known emotion. Put them into subfolders named "
        f"{', '.join(EMOTIONS)}, add a labels.csv with the columns file and label, or fetch "
        f"RAVDESS with `python -m ser_core download`.{details}"
    )


def _table_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be opened. Choose another table.") from error
