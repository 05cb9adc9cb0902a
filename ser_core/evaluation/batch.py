"""Many recordings, one after the other: files and zip archives in, rows out.

Archives are checked by their directory before anything is unpacked, and members are unpacked one
at a time, in memory. An unreadable file becomes a row that says why, and the others continue.
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

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AUDIO_SUFFIXES, AudioError
from ser_core.audio.encoding import flac_bytes
from ser_core.corpora.readers import utterance_from_name
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.answers import Answer
from ser_core.evaluation.heard_in_training import is_training_file
from ser_core.features.source import PICTURE_SUFFIXES, Source
from ser_core.models.labels import label_in_task
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import ModelError, Recognizer

MAX_FILES = 5_000
MAX_UNFOLDED_BYTES = 4 * 2**30
MAX_RATIO = 100  # apart from silence, not even raw samples compress that well
_SMALL_BYTES = 10 * 2**20  # what an archive may unpack to at any ratio
MAX_MEMBER_BYTES = 100 * 2**20  # in memory beside its archive; 8 minutes of 16-bit CD sound
MAX_NAME = 200

_ARCHIVE_SUFFIXES = frozenset((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"))
_ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_ENTRY = b"PK\x01\x02"  # one for each member, in the directory at the end
# What every zip program writes. With bzip2 and LZMA, zipfile unpacks a whole read at once: a
# thousand times as much as was requested.
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_READ_BYTES = 2**20
MAX_KEPT_BYTES = 16 * 2**20  # 200 clips of 4 s


@dataclass(frozen=True, eq=False)
class BatchRow:
    """The result for one recording.

    Attributes:
        name: printable, at most `MAX_NAME` characters; folders separated by `/`.
        label: the predicted label; None without a prediction.
        status: as in a Prediction; `error` if the recording could not be read.
        latency_ms: from bytes to probabilities.
        actual: the label in its name, in the task of the model; empty if there is none.
        heard_in_training: the model was trained on a recording of this name.
        sentence: what to know about the result; empty if all is well.
        logits: behind the probabilities, shape `(n_labels,)`; None without a prediction.
    """

    name: str
    label: str | None
    probabilities: dict[str, float]
    status: str
    duration_s: float
    latency_ms: float
    utterance: Utterance | None
    actual: str
    heard_in_training: bool
    sentence: str
    logits: np.ndarray | None = None

    @property
    def right(self) -> bool | None:
        """Whether the prediction is correct; None if the actual label is not known."""
        return self.label == self.actual if self.actual else None


@dataclass
class Batch:
    """Recordings that are waiting, and the rows so far.

    Attributes:
        training_files: what the model was trained on, `corpus/file`.
        left_out: number of files in archives that are not recordings.
        sounds: FLAC of the first recordings, by row, to hear; at most `MAX_KEPT_BYTES`.
        busy_s: time spent on the rows.
        stopped: ended before all recordings had their row.
    """

    recognizer: Recognizer
    recordings: deque[Source]
    training_files: Collection[str] = frozenset()
    left_out: int = 0
    rows: list[BatchRow] = field(default_factory=list)
    sounds: dict[int, bytes] = field(default_factory=dict)
    busy_s: float = 0.0
    stopped: bool = False

    def __post_init__(self) -> None:
        self.n_total = len(self.recordings)

    @property
    def running(self) -> bool:
        return bool(self.recordings)

    @property
    def remaining_s(self) -> float | None:
        """Estimated time for the rest; None before the first row."""
        if not self.rows:
            return None
        return self.busy_s / len(self.rows) * len(self.recordings)

    def work(self, budget_s: float) -> None:
        """Classify recordings until the time is up; at least one."""
        start = time.perf_counter()
        while self.recordings:
            source = self.recordings[0]
            row = answer(source, self.recognizer, self.training_files)
            if row.status != "error" and source.clip:
                self._keep(source.clip)
            self.recordings.popleft()
            self.rows.append(row)
            if time.perf_counter() - start >= budget_s:
                break
        self.busy_s += time.perf_counter() - start

    def _keep(self, clip: Clip) -> None:
        room = MAX_KEPT_BYTES - sum(map(len, self.sounds.values()))
        # FLAC is no larger than its samples, so one that surely fits is encoded, and no other.
        if 2 * len(clip.waveform) <= room:
            self.sounds[len(self.rows)] = flac_bytes(clip.waveform)

    def stop(self) -> None:
        """Drop the recordings that are still waiting."""
        self.stopped = self.running
        self.recordings.clear()


def gather(files: Iterable[tuple[str, bytes]]) -> tuple[deque[Source], int]:
    """The recordings in uploaded files and archives, and the number of other files left out.

    Args:
        files: names and contents. A rejected archive becomes one recording whose reading raises
            the reason.
    """
    sources: deque[Source] = deque()
    left_out = 0
    for name, data in files:
        if data.startswith(_ZIP_SIGNATURES) or PurePosixPath(name).suffix.lower() == ".zip":
            try:
                members, n_others = _members(name, data)
            except AudioError as error:
                members, n_others = [Source(name, _refusal(str(error)))], 0
            sources.extend(members)
            left_out += n_others
        else:
            sources.append(Source(name, partial(bytes, data)))
        if len(sources) > MAX_FILES:
            refused = f"At most {MAX_FILES} recordings are taken at once; the rest were skipped."
            while len(sources) > MAX_FILES:
                sources.pop()
                left_out += 1
            sources.append(Source(name, _refusal(refused)))
            break
    return sources, left_out


def _members(name: str, data: bytes) -> tuple[list[Source], int]:
    """The recordings of a harmless archive, and the number of its other files."""
    # Counted in the bytes, because reading the directory of a hostile archive may fill the
    # memory, and it may lie about its length.
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
            # In blocks: one read would unpack everything before cutting it to the stated size.
            # This way a false size ends the read there, with a checksum error.
            with archive.open(info) as member:
                shutil.copyfileobj(member, content, _READ_BYTES)
        except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as e:
            raise AudioError("The file is damaged in the archive. Create the archive again.") from e
        return content.getvalue()

    return read


def answer(
    source: Source, recognizer: Recognizer, training_files: Collection[str] = ()
) -> BatchRow:
    """Classify one recording; any error is reported in its row."""
    utterance = utterance_from_name(source.name)
    task = recognizer.card.task if recognizer.card else "emotions-8"
    start = time.perf_counter()
    prediction, sentence = None, ""
    try:
        prediction, sentence = _predict(source, recognizer)
    except (AudioError, ModelError) as error:  # ModelError: an inference server is away
        sentence = str(error)
    except Exception:  # whatever a damaged file provokes, the others must still get their row
        logging.getLogger(__name__).exception("A recording could not be analyzed")
        sentence = "The file could not be analyzed. Export it again, as WAV for example."
    latency_ms = 1000 * (time.perf_counter() - start)
    return BatchRow(
        name=printable(source.name),
        label=prediction.label if prediction else None,
        probabilities=prediction.probabilities if prediction else {},
        status=prediction.status if prediction else "error",
        duration_s=prediction.duration_s if prediction else 0.0,
        latency_ms=latency_ms,
        utterance=utterance,
        actual=label_in_task(utterance.label, task) if utterance else "",
        heard_in_training=is_training_file(source.name, training_files),
        sentence=sentence,
        logits=prediction.logits if prediction else None,
    )


def _predict(source: Source, recognizer: Recognizer) -> tuple[Prediction, str]:
    prediction = recognizer(source)
    note = source.spectrogram(recognizer.signature.features).note
    return prediction, " ".join(filter(None, (prediction.sentence, note)))


def printable(name: str) -> str:
    """A name for the screen: without control characters, and cut at the start if it is long."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return text if len(text) <= MAX_NAME else "…" + text[1 - MAX_NAME :]


def labeled_answers(rows: Iterable[BatchRow], labels: Sequence[str]) -> list[Answer]:
    """Answers to the recordings with an emotion in their name, for `evaluation.figures`.

    A recording without a prediction counts as wrong.
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
