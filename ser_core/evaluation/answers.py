"""A model's answers to utterances with a known emotion, and their CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.corpora.identity import Fingerprints, Identity, Recordings
from ser_core.corpora.readers import load_clip, may_be_copy
from ser_core.corpora.utterance import Utterance
from ser_core.models.card import Channel
from ser_core.models.labels import label_in_task
from ser_core.models.many import answer_many
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.progress import SILENT, Progress

CHANNELS: tuple[Channel, ...] = get_args(Channel)


@dataclass(frozen=True)
class Answer:
    """A model's answer to one utterance with a known emotion.

    Attributes:
        actual, predicted: labels of the model's task; `predicted` is empty if the model gave no
            answer (silent, too short), which counts as wrong.
        probabilities: in the order of the model's labels.
    """

    file: str
    corpus: str
    speaker: str
    gender: str
    channel: str
    intensity: str
    statement: str
    actual: str
    predicted: str
    probabilities: tuple[float, ...]


@dataclass
class Omissions:
    """Utterances that were not classified, for reasons that say nothing about the model.

    Attributes:
        training: fingerprints of the clips that the model was trained on.
        unread: by file, why it cannot be read.
        copies: by file, the file that it is a copy of.
        in_training: files that are classified, but sound like clips of the training.
    """

    training: Fingerprints
    unread: dict[str, str] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    in_training: list[str] = field(default_factory=list)
    _recordings: Recordings[Utterance] = field(default_factory=Recordings)

    def is_copy(self, utterance: Utterance, identity: Identity) -> bool:
        """Whether a recording was there before; if not, it is remembered."""
        original = self._recordings.original_of(
            identity, lambda other: may_be_copy(utterance, other)
        )
        if original is not None:
            self.copies[utterance.file] = original.file
            return True
        self._recordings.add(identity, utterance)
        if self.training.include(identity.fingerprint):
            self.in_training.append(utterance.file)
        return False


def answers(
    recognizer: Recognizer,
    utterances: Sequence[Utterance],
    task: str,
    only: Collection[str] | None = None,
    progress: Progress = SILENT,
    omissions: Omissions | None = None,
) -> list[Answer]:
    """Classify utterances, as many at once as the recognizer is meant for.

    Those that cannot be read have no answer.

    Args:
        task: the model's task, which decides the actual labels.
        only: labels to allow; the others are masked (for a corpus that has no `calm`).
        progress: steps by clips.
        omissions: filled with what is left out, copies included.
    """
    hearing = partial(_hearing, identify=omissions is not None)
    heard = answer_many(hearing, recognizer, utterances, len(utterances))
    results = []
    for done, (utterance, prediction, identity, unread) in enumerate(heard, start=1):
        progress.step(done, len(utterances))
        if omissions is not None and unread:
            omissions.unread[utterance.file] = unread
        if prediction is None or (
            omissions is not None and identity and omissions.is_copy(utterance, identity)
        ):
            continue
        results.append(_answer(recognizer, utterance, prediction, task, only))
    return results


def answers_to(
    clips: Iterable[Clip | AudioError],
    recognizer: Recognizer,
    utterances: Sequence[Utterance],
    task: str,
) -> list[Answer]:
    """Classify clips of utterances, one after the other; `task` as in `answers`."""
    return [
        _answer(recognizer, utterance, recognizer(clip), task)
        for utterance, clip in zip(utterances, clips, strict=True)
        if isinstance(clip, Clip)
    ]


def _answer(
    recognizer: Recognizer,
    utterance: Utterance,
    prediction: Prediction,
    task: str,
    only: Collection[str] | None = None,
) -> Answer:
    labels = recognizer.signature.labels
    probabilities, predicted = np.full(len(labels), 1 / len(labels)), ""
    if prediction.label is not None:
        allowed = np.array([only is None or label in only for label in labels])
        masked = allowed * np.array(list(prediction.probabilities.values()))
        probabilities = masked / masked.sum()
        predicted = labels[int(probabilities.argmax())]
    return Answer(
        utterance.file,
        utterance.corpus,
        utterance.speaker,
        utterance.gender,
        utterance.channel,
        utterance.intensity,
        utterance.statement,
        label_in_task(utterance.label, task),
        predicted,
        tuple(round(float(p), 6) for p in probabilities),
    )


class _Heard(NamedTuple):
    """A recording as a model hears it; `unread` says why one cannot be read."""

    utterance: Utterance
    prediction: Prediction | None = None
    identity: Identity | None = None
    unread: str = ""


def _hearing(recognizer: Recognizer, identify: bool) -> Callable[[Utterance], _Heard]:
    """What hears an utterance; with `identify`, so that a copy of it can be recognized."""

    def hear(utterance: Utterance) -> _Heard:
        clip = clip_or_error(utterance)
        if isinstance(clip, AudioError):
            return _Heard(utterance, unread=str(clip))
        identity = Identity.of(clip) if identify else None
        return _Heard(utterance, recognizer(clip), identity)

    return hear


def clip_or_error(utterance: Utterance) -> Clip | AudioError:
    """Its clip, or why it cannot be read."""
    try:
        return load_clip(utterance)
    except AudioError as error:
        return error


def channels(answers: Iterable[Answer]) -> list[Channel]:
    """The `CHANNELS` that these answers have figures for; `all` unless there is only one kind."""
    kinds = {answer.channel for answer in answers}
    one_kind = [channel for channel in CHANNELS if kinds == {channel}]
    return one_kind or [c for c in CHANNELS if c in kinds or c == "all"]


_FIELDS = ("file", "corpus", "speaker", "gender", "channel", "intensity", "statement")


def write_answers(
    path: Path, answers: Iterable[Answer], labels: Sequence[str], **run: str | int
) -> None:
    """Write answers into a card's CSV, replacing those of the same run (of, fold, precision)."""
    key = {name: str(value) for name, value in run.items()}
    rows = [row for row in _rows(path) if any(row[name] != value for name, value in key.items())]
    for answer in answers:
        row = key | {name: getattr(answer, name) for name in _FIELDS}
        row |= {"actual": answer.actual, "predicted": answer.predicted}
        rows.append(row | dict(zip(labels, map(str, answer.probabilities), strict=True)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_answers(path: Path, labels: Sequence[str], **run: str | int) -> list[Answer]:
    """Read the stored answers of one run (of, fold, precision)."""
    return [
        Answer(
            **{name: row[name] for name in (*_FIELDS, "actual", "predicted")},
            probabilities=tuple(float(row[label]) for label in labels),
        )
        for row in _rows(path)
        if all(row[name] == str(value) for name, value in run.items())
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
