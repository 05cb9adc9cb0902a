"""A model's IR on the test part of a protocol: predictions, figures and the printed report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

from ser_core.corpora.protocols import PROTOCOLS, split
from ser_core.corpora.readers import EVERYTHING, OWN, read
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.adapted import Subject, as_entry, draw_scores, known_takes
from ser_core.evaluation.answers import Omissions, answers
from ser_core.evaluation.figures import EvaluationError, Report, figures, report
from ser_core.evaluation.heard_in_training import heard_in_training, training_fingerprints
from ser_core.models.card import Adaptation, Channel, Draw, ModelCard, Precision
from ser_core.models.labels import label_in_task
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.progress import SILENT, Progress

ALL_CLIPS = "all-clips"
"""Not a split: every clip of the data, for one's own recordings."""


class Evaluation(Report, frozen=True, kw_only=True):
    """The report on a model, and which test it was.

    Attributes:
        heard_in_training: test files that the model was trained on.
        masked: labels that were not allowed, because no clip can have them.
        unread: by test file that cannot be read, why; it has no share in the figures.
        copies: test files that are copies of others, each with the other; the same.
    """

    model: str
    precision: str
    protocol: str
    fold: int
    seed: int
    heard_in_training: list[str]
    masked: list[str]
    unread: dict[str, str]
    copies: dict[str, str]

    def to_json(self) -> str:
        """All fields, those that name the test first."""
        fields = msgspec.to_builtins(self)
        leading = [name for name in fields if name not in Report.__struct_fields__]
        return json.dumps({name: fields[name] for name in leading} | fields, indent=1)

    def as_text(self) -> str:
        """The printed report, with the caveats of the test."""
        lines = [report(self, len(self.heard_in_training), self.masked)]
        if self.unanswered:
            lines.append(f"Without an answer, which counts as wrong: {self.unanswered} clips.")
        if self.copies:
            copy, original = next(iter(self.copies.items()))
            lines.append(
                f"Left out as copies of others: {len(self.copies)} ({copy} of {original}, for "
                "example)."
            )
        if self.unread:
            file, reason = next(iter(self.unread.items()))
            lines.append(
                f"Not read, so in none of these figures: {len(self.unread)} files. {file}, for "
                f"example: {reason}"
            )
        return "\n".join([lines[0], *([""] if lines[1:] else []), *lines[1:]])


@dataclass(frozen=True)
class Selection:
    """Which clips to evaluate: the test part of a split. The card fills in what is None.

    Attributes:
        protocol: None takes protocol, fold and channel from the card's first result.
        seed: None takes the seed of the training.
        channel: one of `CHANNELS`.
    """

    protocol: str | None = None
    fold: int | None = None
    seed: int | None = None
    channel: Channel | None = None

    def completed(self, card: ModelCard) -> tuple[str, int, int, Channel]:
        """Protocol, fold, seed and channel.

        Raises:
            EvaluationError: there is no protocol, and the card has no result.
        """
        protocol, fold, channel = self.protocol, self.fold, self.channel
        if protocol is None:
            entry = next(iter(card.own_results), None)
            if entry is None:
                raise EvaluationError(
                    f"The card of {card.name} has no result. Choose a --protocol."
                )
            protocol, channel = entry.protocol, channel or entry.channel
            fold = entry.fold if fold is None else fold
        seed = card.training.seed if self.seed is None else self.seed
        return protocol, fold or 0, seed, channel or "all"


BY_THE_CARD = Selection()


def evaluate(
    recognizer: Recognizer,
    data: Path,
    selection: Selection = BY_THE_CARD,
    force: bool = False,
    progress: Progress = SILENT,
) -> Evaluation:
    """Figures of a zoo model on the test part of a protocol.

    Args:
        force: also evaluate clips that the model was trained on; the result lists them as
            `heard_in_training`.
        progress: steps by clips.

    Raises:
        EvaluationError: the model has no card or no result, or it was trained on some of these
            clips.
        CorpusError: the protocol needs data that are missing.
    """
    card, part = _test_of(recognizer, data, selection, force, progress)
    omissions = Omissions(training_fingerprints(recognizer.path.parent))
    model_answers = answers(
        recognizer, part.utterances, card.task, part.possible, progress, omissions=omissions
    )
    names = part.heard_in_training
    overlap = [*names, *(file for file in omissions.in_training if file not in names)]
    _refuse(card.name, overlap, len(part.utterances), force)
    if part.utterances and not model_answers:
        file, reason = next(iter(omissions.unread.items()))
        raise EvaluationError(
            f"None of the {len(part.utterances)} recordings could be read. The first, {file}: "
            f"{reason}"
        )
    # Masking makes predictions more confident than in the app.
    threshold = None if part.possible else card.uncertain_below
    result = figures(model_answers, card.labels, part.channel, threshold)
    return Evaluation(
        model=card.name,
        precision=recognizer.precision,
        protocol=part.protocol,
        fold=part.fold,
        seed=part.seed,
        heard_in_training=overlap,
        masked=sorted(set(card.labels) - part.possible) if part.possible else [],
        unread=omissions.unread,
        copies=omissions.copies,
        **msgspec.structs.asdict(result),
    )


def evaluate_adapted(
    recognizer: Recognizer,
    data: Path,
    k: int,
    draw: Draw = "any",
    selection: Selection = BY_THE_CARD,
    progress: Progress = SILENT,
) -> Adaptation:
    """What a zoo model gains by learning from `k` recordings of each test speaker.

    Raises:
        EvaluationError, CorpusError: as in `evaluate`.
    """
    card, part = _test_of(recognizer, data, selection, False, progress)
    takes = known_takes(recognizer, part.utterances, card.task, progress)
    scores = draw_scores(recognizer, takes, k, draw, part.possible)
    return as_entry(
        scores, draw, k, Subject("this file", cast(Precision, recognizer.precision), part.protocol)
    )


class _TestPart(NamedTuple):
    protocol: str
    fold: int
    seed: int
    channel: Channel
    utterances: Sequence[Utterance]
    possible: set[str] | None
    heard_in_training: list[str]


def _test_of(
    recognizer: Recognizer, data: Path, selection: Selection, force: bool, progress: Progress
) -> tuple[ModelCard, _TestPart]:
    card = recognizer.card
    if card is None:
        raise EvaluationError("Only models of the zoo can be evaluated. Choose one by its name.")
    protocol, fold, seed, channel = selection.completed(card)
    test, possible = _test_part(data, protocol, fold, seed, card.task, progress)
    test = [utterance for utterance in test if channel in ("all", utterance.channel)]
    trained_on = heard_in_training(recognizer.path.parent)
    overlap = [u.file for u in test if f"{u.corpus}/{u.file}" in trained_on]
    _refuse(card.name, overlap, len(test), force)
    return card, _TestPart(protocol, fold, seed, channel, test, possible, overlap)


def _refuse(name: str, overlap: Sequence[str], n: int, force: bool) -> None:
    if overlap and not force:
        raise EvaluationError(
            f"{name} was trained on {len(overlap)} of these {n} clips, which would "
            "inflate its score. Choose another protocol or fold, or add --force to see them marked."
        )


def _test_part(
    data: Path, protocol: str, fold: int, seed: int, task: str, progress: Progress
) -> tuple[Sequence[Utterance], set[str] | None]:
    """The test clips of a protocol, and the labels that its corpus has, if not all of the task."""
    own_corpus = protocol in PROTOCOLS and PROTOCOLS[protocol].corpus == OWN
    corpora = EVERYTHING if protocol == ALL_CLIPS else [OWN] if own_corpus else None
    reading = read(data, corpora)
    utterances = reading.utterances
    for line in reading.report.lines():
        progress.say(line)
    if protocol == ALL_CLIPS:
        return utterances, None
    test = split(protocol, utterances, fold, seed).test
    if not PROTOCOLS[protocol].other_corpus:
        return test, None
    return test, {label_in_task(utterance.label, task) for utterance in test}


def unheard_speech(
    recognizer: Recognizer, data: Path, progress: Progress = SILENT
) -> tuple[list[Utterance], list[Utterance], str]:
    """Speech of a zoo model's test actors, its training clips from RAVDESS, and its task.

    Raises:
        EvaluationError: the model has no card, or was not trained on a split by actors.
    """
    card = recognizer.card
    protocol = PROTOCOLS.get(card.training.protocol) if card else None
    if card is None or protocol is None or not protocol.actors:
        raise EvaluationError(
            "Robustness is measured on unseen actors, so it needs a model of the zoo that was "
            "trained on a protocol by actors. Choose another model."
        )
    reading = read(data)
    for line in reading.report.lines():
        progress.say(line)
    parts = split(protocol.name, reading.utterances, card.training.fold, card.training.seed)
    speech = [u for u in parts.test if u.channel == "speech"]
    return speech, [u for u in parts.train if u.corpus == "ravdess"], card.task
