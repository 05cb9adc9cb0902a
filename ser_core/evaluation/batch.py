"""Many recordings, on all cores: files and zip archives in, rows out in their order.

Archives are checked by their directory before anything is unpacked, and members are unpacked one
at a time, in memory. An unreadable file becomes a row that says why, and the others continue.
"""

from __future__ import annotations

import io
import logging
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.audio.encoding import flac_bytes
from ser_core.corpora.files import File, Files, member_kind, members, read_member, slashed
from ser_core.corpora.identity import Identity, Recordings
from ser_core.corpora.labels import read_labels
from ser_core.corpora.readers import may_be_copy
from ser_core.corpora.report import CorpusReport, count_corpora
from ser_core.corpora.signatures import HEAD_BYTES, ZIP_SIGNATURES, is_system_file, kind_of
from ser_core.corpora.utterance import CorpusError, Utterance
from ser_core.evaluation.answers import Answer
from ser_core.evaluation.heard_in_training import Training
from ser_core.features.source import Source
from ser_core.models.labels import label_in_task
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.models.segments import Segment, segments
from ser_core.runtime.in_order import in_order

MAX_FILES = 5_000
MAX_UNFOLDED_BYTES = 4 * 2**30
MAX_RATIO = 100  # apart from silence, not even raw samples compress that well
_SMALL_BYTES = 10 * 2**20  # what an archive may unpack to at any ratio
MAX_MEMBER_BYTES = 100 * 2**20  # in memory beside its archive; 8 minutes of 16-bit CD sound
MAX_NAME = 200

_ZIP_ENTRY = b"PK\x01\x02"  # one for each member, in the directory at the end
_TOO_MANY = "At most {} recordings are taken at once; the rest were skipped."
MAX_KEPT_BYTES = 16 * 2**20  # of sounds to hear: 200 clips of 4 s


@dataclass(frozen=True, eq=False)
class BatchRow:
    """The result for one recording.

    Attributes:
        name: printable, at most `MAX_NAME` characters; folders separated by `/`.
        label: the predicted label; None without a prediction.
        status: as in a Prediction; `error` if the recording could not be read.
        latency_ms: from bytes to probabilities.
        actual: the label in its name, in the task of the model; empty if there is none.
        heard_in_training: the model was trained on this recording, by its name or its sound.
        sentence: what to know about the result; empty if all is well.
        segments: stretches of the recording, if these were requested.
        copy_of: name of an earlier recording that this one is a copy of; empty if there is none.
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
    copy_of: str = ""
    segments: tuple[Segment, ...] = ()
    logits: np.ndarray | None = None

    @property
    def counts(self) -> bool:
        """Whether it is part of the figures: read, labeled, and no copy of another."""
        return bool(self.actual) and self.status != "error" and not self.copy_of

    @property
    def right(self) -> bool | None:
        """Whether the prediction is correct; None if the actual label is not known."""
        return self.label == self.actual if self.actual else None


class Upload(NamedTuple):
    """The recordings of an upload, what is known about those with a label, and the report."""

    recordings: deque[Source]
    utterances: dict[Source, Utterance]
    report: CorpusReport


@dataclass
class Batch:
    """Recordings that are waiting, and the rows so far.

    Attributes:
        utterances: what is known about those with a label.
        report: what was uploaded, and what was left out.
        training: what the model was trained on.
        by_segment: also predict the stretches of each recording.
        sounds: FLAC of the first recordings, by row, to hear; at most `MAX_KEPT_BYTES`.
        busy_s: time spent on the rows.
        stopped: ended before all recordings had their row.
    """

    recognizer: Recognizer
    recordings: deque[Source]
    utterances: dict[Source, Utterance] = field(default_factory=dict)
    report: CorpusReport | None = None
    training: Training = field(default_factory=Training)
    by_segment: bool = False
    rows: list[BatchRow] = field(default_factory=list)
    sounds: dict[int, bytes] = field(default_factory=dict)
    busy_s: float = 0.0
    stopped: bool = False
    _known: Recordings[tuple[str, Utterance | None]] = field(default_factory=Recordings)

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
        """Classify recordings until the time is up, and those under way then; at least one."""
        start = time.perf_counter()
        waiting = self._until(start + budget_s)
        for row, source, identity in in_order(self._answer, waiting, self.recognizer.at_once):
            if identity is not None and source.clip is not None:
                self._keep(source.clip)
                row = self._compared(row, identity)
            self.rows.append(row)
        self.busy_s += time.perf_counter() - start

    def _until(self, end: float) -> Iterator[Source]:
        """Recordings that are no longer waiting, until a time of the clock; at least one."""
        while self.recordings:
            yield self.recordings.popleft()
            if time.perf_counter() >= end:
                return

    def _answer(self, source: Source) -> tuple[BatchRow, Source, Identity | None]:
        """A row that is not yet compared with those before it; this runs on several threads."""
        row = answer(source, self.recognizer, self.utterances.get(source), self.training)
        if row.status == "error" or source.clip is None:
            return row, source, None
        if self.by_segment:
            row = replace(row, segments=tuple(segments(self.recognizer, source.clip)))
        return row, source, Identity.of(source.clip)

    def _keep(self, clip: Clip) -> None:
        room = MAX_KEPT_BYTES - sum(map(len, self.sounds.values()))
        # FLAC is no larger than its samples, so one that surely fits is encoded, and no other.
        if 2 * len(clip.waveform) <= room:
            self.sounds[len(self.rows)] = flac_bytes(clip.waveform)

    def without_recordings(self) -> Batch:
        """The same rows, which grow with those of this batch, and nothing that is waiting."""
        kept = replace(self, recordings=deque(), utterances={}, sounds={}, stopped=True)
        kept.n_total = self.n_total
        return kept

    def _compared(self, row: BatchRow, identity: Identity) -> BatchRow:
        """The row, marked if its recording was there before or in the training."""
        original = self._known.original_of(
            identity, lambda tag: _may_be_copy(row.utterance, tag[1])
        )
        if original is None:
            self._known.add(identity, (row.name, row.utterance))
        heard = row.heard_in_training or self.training.sounds_like(identity.fingerprint)
        return replace(row, copy_of=original[0] if original else "", heard_in_training=heard)

    def stop(self) -> None:
        """Drop the recordings that are still waiting."""
        self.stopped = self.running
        self.recordings.clear()


def gather(files: Iterable[tuple[str, bytes]]) -> Upload:
    """The recordings in uploaded files and archives, with what is known about them.

    Args:
        files: names and contents. A rejected archive becomes one recording whose reading raises
            the reason.
    """
    upload = Files()
    for name, data in files:
        for file in _unfolded(slashed(name), data):
            upload.add(file)
        if len(upload.recordings) > MAX_FILES:
            rest = upload.recordings[MAX_FILES:]
            upload.recordings[MAX_FILES:] = [_refused(name, _TOO_MANY.format(MAX_FILES))]
            for file in rest:
                upload.leave_out(f"beyond {MAX_FILES} recordings", file.name)
            break
    notes = []
    try:
        labels = read_labels(upload)
    except CorpusError as error:
        upload.tables.clear()
        labels, notes = read_labels(upload), [str(error)]
    sources = {file: Source(file.name, file.read) for file in upload.recordings}
    utterances = {sources[file]: u for file, u in labels.utterances.items()}
    report = CorpusReport(
        len(upload.recordings) + sum(map(len, upload.left_out.values())),
        count_corpora(utterances.values()),
        {},
        upload.left_out,
        notes=[*labels.notes, *notes],
        unlabeled=labels.left_out,
    )
    return Upload(deque(sources.values()), utterances, report)


def _unfolded(name: str, data: bytes) -> Iterator[File]:
    """An uploaded file; of an archive, its files."""
    suffix = PurePosixPath(name).suffix.lower()
    if data.startswith(ZIP_SIGNATURES) or suffix == ".zip":
        try:
            yield from _members(name, data)
        except AudioError as error:
            yield _refused(name, str(error))
    else:
        kind = kind_of(suffix, data[:HEAD_BYTES])
        yield File(name, Path(name), partial(bytes, data), kind, len(data))


def _refused(name: str, sentence: str) -> File:
    return File(name, Path(name), _refusal(sentence))


def _members(name: str, data: bytes) -> list[File]:
    """The files of a harmless archive."""
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
    infos = [*members(archive)]
    unfolded = sum(info.file_size for _, info in infos)
    if unfolded > MAX_UNFOLDED_BYTES or (
        unfolded > _SMALL_BYTES and unfolded > MAX_RATIO * len(data)
    ):
        raise AudioError(
            f"This archive would unpack from {len(data) / 1e6:.1f} to {unfolded / 1e6:.0f} MB, so "
            "it was not opened. Upload the recordings themselves."
        )
    files = [_member(archive, info, member, name) for member, info in infos]
    if not any(file.kind in ("audio", "picture") for file in files):
        raise AudioError("There is no recording in this archive. Put audio files into it.")
    return files


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, outer: str) -> File:
    kind = member_kind(archive, info, name)
    if kind == "archive" and not is_system_file(PurePosixPath(name).name):
        return replace(
            _refused(
                name,
                "Archives inside archives are not opened. Unpack it and upload its contents.",
            ),
            archive=outer,
        )
    read = partial(read_member, archive, info, MAX_MEMBER_BYTES)
    return File(name, Path(name), read, kind, info.file_size, info.CRC, outer)


def _refusal(sentence: str) -> Callable[[], bytes]:
    def read() -> bytes:
        raise AudioError(sentence)

    return read


def answer(
    source: Source,
    recognizer: Recognizer,
    utterance: Utterance | None = None,
    training: Training | None = None,
) -> BatchRow:
    """Classify one recording; any error is reported in its row."""
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
        heard_in_training=bool(training and training.names(source.name)),
        sentence=sentence,
        logits=prediction.logits if prediction else None,
    )


def _may_be_copy(one: Utterance | None, other: Utterance | None) -> bool:
    """As `may_be_copy`; a recording without a label may be a copy of another without one."""
    return one is other is None or bool(one and other and may_be_copy(one, other))


def _predict(source: Source, recognizer: Recognizer) -> tuple[Prediction, str]:
    prediction = recognizer(source)
    note = source.spectrogram(recognizer.signature.features).note
    return prediction, " ".join(filter(None, (prediction.sentence, note)))


def printable(name: str) -> str:
    """A name for the screen: without control characters, and cut at the start if it is long."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return text if len(text) <= MAX_NAME else "…" + text[1 - MAX_NAME :]


def labeled_answers(rows: Iterable[BatchRow], labels: Sequence[str]) -> list[Answer]:
    """Answers to the recordings that count, for `evaluation.figures`.

    A recording without a prediction (silent, too short) counts as wrong.
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
        if row.utterance and row.counts
    ]
