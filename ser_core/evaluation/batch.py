"""Many recordings, one after the other: files and zip archives in, rows out.

Archives are judged by their directory before anything is unfolded, and members are unfolded one at
a time, in memory. What cannot be read becomes a row that says why, and the rest goes on.
"""

from __future__ import annotations

import io
import logging
import shutil
import time
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath

from ser_core.audio.decoding import AUDIO_SUFFIXES, AudioError
from ser_core.corpora.readers import utterance_from_name
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.answers import Answer
from ser_core.evaluation.heard_in_training import was_heard
from ser_core.features.source import PICTURE_SUFFIXES, Source
from ser_core.models.labels import label_in_task
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import ModelError, Recognizer

MAX_FILES = 5_000
MAX_UNFOLDED_BYTES = 4 * 2**30
MAX_RATIO = 100  # silence apart, even raw samples do not pack that well
_SMALL_BYTES = 10 * 2**20  # what an archive may unfold to at any ratio
MAX_MEMBER_BYTES = 100 * 2**20  # in memory beside its archive; 8 minutes of 16-bit CD sound
MAX_NAME = 200

_ARCHIVE_SUFFIXES = frozenset((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"))
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_ENTRY = b"PK\x01\x02"  # one for each member, in the directory at the end
# What every packer writes. Of bzip2 and LZMA, zipfile unfolds a whole read at once: a thousand
# times as much as was asked for.
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_READ_BYTES = 2**20


@dataclass(frozen=True)
class Row:
    """What came of one recording.

    Attributes:
        name: printable, at most `MAX_NAME` characters; folders separated by `/`.
        label: None where there is no answer.
        status: as in a Prediction; `error` where the recording could not be read.
        latency_ms: from bytes to probabilities.
        actual: the label that its name tells, in the task of the model; empty where it tells none.
        heard: the model was trained on a recording of this name.
        sentence: what to know about it; empty when all is well.
    """

    name: str
    label: str | None
    probabilities: dict[str, float]
    status: str
    duration_s: float
    latency_ms: float
    utterance: Utterance | None
    actual: str
    heard: bool
    sentence: str

    @property
    def right(self) -> bool | None:
        """Whether label and actual agree; None where the actual one is not known."""
        return self.label == self.actual if self.actual else None


@dataclass
class Batch:
    """Recordings that wait for their answer, and the rows so far.

    Attributes:
        heard: what shaped the model, `corpus/file`.
        left_out: files of archives that are no audio.
        busy_s: time spent on the rows.
    """

    recognizer: Recognizer
    recordings: deque[Source]
    heard: Collection[str] = frozenset()
    left_out: int = 0
    rows: list[Row] = field(default_factory=list)
    busy_s: float = 0.0
    stopped: bool = False

    def __post_init__(self) -> None:
        self.n_total = len(self.recordings)

    @property
    def running(self) -> bool:
        return bool(self.recordings)

    @property
    def remaining_s(self) -> float | None:
        """Time that the rest will take; None before the first row."""
        if not self.rows:
            return None
        return self.busy_s / len(self.rows) * len(self.recordings)

    def work(self, budget_s: float) -> None:
        """Answer recordings until the time is over; at least one."""
        start = time.perf_counter()
        while self.recordings:
            row = answer(self.recordings[0], self.recognizer, self.heard)
            self.recordings.popleft()
            self.rows.append(row)
            if time.perf_counter() - start >= budget_s:
                break
        self.busy_s += time.perf_counter() - start

    def stop(self) -> None:
        """Let go of what is not answered yet."""
        self.stopped = self.running
        self.recordings.clear()


def gather(files: Iterable[tuple[str, bytes]]) -> tuple[deque[Source], int]:
    """The recordings in uploaded files and archives, and how many other files were left out.

    Args:
        files: names and contents. An archive that is refused becomes one recording whose reading
            says why.
    """
    found: deque[Source] = deque()
    left_out = 0
    for name, data in files:
        if data.startswith(_ZIP_SIGNATURES) or PurePosixPath(name).suffix.lower() == ".zip":
            try:
                members, others = _members(name, data)
            except AudioError as error:
                members, others = [Source(name, _refusal(str(error)))], 0
            found.extend(members)
            left_out += others
        else:
            found.append(Source(name, partial(bytes, data)))
        if len(found) > MAX_FILES:
            refused = f"At most {MAX_FILES} recordings are taken at once; the rest were skipped."
            while len(found) > MAX_FILES:
                found.pop()
                left_out += 1
            found.append(Source(name, _refusal(refused)))
            break
    return found, left_out


def _members(name: str, data: bytes) -> tuple[list[Source], int]:
    """The recordings of an archive that is harmless, and how many other files it has."""
    # Counted in the bytes, because the directory of a hostile archive may fill the memory when it
    # is read, and may lie about its length.
    if data.count(_ZIP_ENTRY) > MAX_FILES:
        raise AudioError(
            f"This archive has more than {MAX_FILES} files, so it was not opened. "
            "Split it into smaller ones."
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise AudioError(
            "This zip file cannot be read. Zip the files again, or upload the files themselves."
        ) from error
    infos = [info for info in archive.infolist() if info.filename and not info.is_dir()]
    unfolded = sum(info.file_size for info in infos)
    if unfolded > MAX_UNFOLDED_BYTES or (
        unfolded > _SMALL_BYTES and unfolded > MAX_RATIO * len(data)
    ):
        raise AudioError(
            f"This archive would unpack from {len(data) / 1e6:.1f} to {unfolded / 1e6:.0f} MB, so "
            "it was not opened. Upload the recordings themselves."
        )
    recordings, left_out = [], 0
    for info in infos:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        suffix = path.suffix.lower()
        if path.name.startswith(".") or "__MACOSX" in path.parts:
            left_out += 1
        elif suffix in _ARCHIVE_SUFFIXES:
            nested = "Archives inside archives are not opened. Unpack it and upload its contents."
            recordings.append(Source(info.filename, _refusal(nested)))
        elif suffix in AUDIO_SUFFIXES | PICTURE_SUFFIXES:
            recordings.append(Source(info.filename, _unfolding(archive, info)))
        else:
            left_out += 1
    if not recordings:
        raise AudioError("There is no recording in this archive. Put audio files into it.")
    return recordings, left_out


def _refusal(sentence: str) -> Callable[[], bytes]:
    def read() -> bytes:
        raise AudioError(sentence)

    return read


def _unfolding(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        if info.flag_bits & 1:
            raise AudioError(
                "The archive is password-protected. Create it again without a password."
            )
        if info.compress_type not in _ZIP_METHODS:
            raise AudioError(
                "The archive uses a rare compression method. Create an ordinary zip file."
            )
        if info.file_size > MAX_MEMBER_BYTES:
            raise AudioError(
                f"The file unpacks to {info.file_size / 2**20:.0f} MB; at most "
                f"{MAX_MEMBER_BYTES // 2**20} MB can be read from an archive. Save it as FLAC or "
                "MP3, or upload it on its own."
            )
        content = io.BytesIO()
        try:
            # In blocks: a read of everything unfolds everything, and cuts it to the stated size
            # only then. So a false statement ends after that size, at the wrong checksum.
            with archive.open(info) as member:
                shutil.copyfileobj(member, content, _READ_BYTES)
        except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as e:
            raise AudioError("The file is damaged in the archive. Create the archive again.") from e
        return content.getvalue()

    return read


def answer(source: Source, recognizer: Recognizer, heard: Collection[str] = ()) -> Row:
    """The row of one recording; whatever is wrong with it stands in the row."""
    utterance = utterance_from_name(source.name)
    task = recognizer.card.task if recognizer.card else "emotions-8"
    start = time.perf_counter()
    prediction, sentence = None, ""
    try:
        prediction, sentence = _predict(source, recognizer)
    except (AudioError, ModelError) as error:  # ModelError: an inference server is away
        sentence = str(error)
    except Exception:  # whatever a damaged file provokes, the other ones shall get their answer
        logging.getLogger(__name__).exception("A recording could not be analyzed")
        sentence = "The file could not be analyzed. Export it again, as WAV for example."
    latency_ms = 1000 * (time.perf_counter() - start)
    return Row(
        name=printable(source.name),
        label=prediction.label if prediction else None,
        probabilities=prediction.probabilities if prediction else {},
        status=prediction.status if prediction else "error",
        duration_s=prediction.duration_s if prediction else 0.0,
        latency_ms=latency_ms,
        utterance=utterance,
        actual=label_in_task(utterance.label, task) if utterance else "",
        heard=was_heard(source.name, heard),
        sentence=sentence,
    )


def _predict(source: Source, recognizer: Recognizer) -> tuple[Prediction, str]:
    prediction = recognizer(source)
    note = source.spectrogram(recognizer.signature.features).note
    return prediction, " ".join(filter(None, (prediction.sentence, note)))


def printable(name: str) -> str:
    """A name for the screen: without control characters, its end kept where it is long."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return shown if len(shown) <= MAX_NAME else "…" + shown[1 - MAX_NAME :]


def known_answers(rows: Iterable[Row], labels: Sequence[str]) -> list[Answer]:
    """Answers to the recordings whose names tell the emotion, for `evaluation.figures`.

    One that got no answer counts as wrong.
    """
    even = tuple(1 / len(labels) for _ in labels)
    return [
        Answer(
            row.name,
            row.utterance.corpus,
            row.utterance.speaker,
            row.utterance.gender,
            row.utterance.channel,
            row.utterance.intensity,
            row.utterance.statement,
            row.actual,
            row.label or "",
            tuple(row.probabilities[label] for label in labels) if row.label else even,
        )
        for row in rows
        if row.utterance
    ]
