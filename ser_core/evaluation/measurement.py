"""Everything that is measured of a model's files, as it stands in the card."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ser_core.corpora.protocols import HELD_OUT_CORPUS, PROTOCOLS
from ser_core.corpora.readers import CorpusError, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.adapted import (
    Subject,
    adaptation_table,
    known_takes,
    stored_adaptation,
)
from ser_core.evaluation.answers import Answer, answers, channels, write_answers
from ser_core.evaluation.evaluate import unheard_speech
from ser_core.evaluation.figures import figures
from ser_core.evaluation.robustness import robustness
from ser_core.models.card import Adaptation, ModelCard, Precision, ResultEntry
from ser_core.models.labels import label_in_task
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.progress import SILENT, Progress

ADAPTED_ROLES = ("main", "small")
"""Roles whose cards say what getting to know a speaker gains."""


def measure(
    card: ModelCard,
    test: Sequence[Utterance],
    zoo: Path,
    data: Path,
    progress: Progress = SILENT,
) -> None:
    """Put into a card, and beside it, what its files answer; what stands of its recipe is kept.

    Args:
        test: the test part of the protocol that the model was trained on.
        progress: gets a line for each file.
    """
    protocol = PROTOCOLS[card.training.protocol]
    possible = possible_labels(test, card.task) if protocol.other_corpus else None
    results = []
    for precision in card.precisions:
        given = answers(_file(card, precision, zoo), test, card.task, possible)
        results += store_results(card, given, protocol.name, card.training.fold, precision, zoo)
        last = results[-1]  # the broadest channel
        progress.say(f"{precision}: test UAR {last.uar:.1%}, accuracy {last.accuracy:.1%}")
    most_exact = _file(card, card.most_exact, zoo)
    if not protocol.other_corpus:
        results += _of_the_other_corpus(most_exact, card, data, zoo)
    card.results[:] = results + [entry for entry in card.results if entry.of == "recipe"]
    if protocol.actors:
        card.robustness[:] = robustness(most_exact, *unheard_speech(most_exact, data))
        if card.role in ADAPTED_ROLES:
            stored = zoo / card.name / predictions(protocol.name)
            card.adaptation[:] = [
                *_adaptation(most_exact, card, data),
                *stored_adaptation(most_exact, stored, protocol.name),
                *(e for e in card.adaptation if e.of == "recipe" and e.draw == "labelled"),
            ]


def predictions(protocol: str) -> str:
    """Where the answers on a protocol are stored, in the folder of a model."""
    return f"predictions/{protocol}.csv"


def _file(card: ModelCard, precision: Precision, zoo: Path) -> Recognizer:
    return Recognizer(zoo / card.name / f"{precision.lower()}.xml", card, precision)


def _adaptation(recognizer: Recognizer, card: ModelCard, data: Path) -> list[Adaptation]:
    speech, _, task = unheard_speech(recognizer, data)
    takes = known_takes(recognizer, speech, task)
    subject = Subject("this file", card.most_exact, card.training.protocol)
    table = adaptation_table(recognizer, takes, subject)
    try:
        others = read_corpora(data, [HELD_OUT_CORPUS])
    except CorpusError:
        return table
    takes, only = known_takes(recognizer, others, task), possible_labels(others, task)
    subject = subject._replace(protocol="cross-corpus")
    return table + adaptation_table(recognizer, takes, subject, {"any": (4, 8, 16)}, only)


def _of_the_other_corpus(
    recognizer: Recognizer, card: ModelCard, data: Path, zoo: Path
) -> list[ResultEntry]:
    """What the model does with EMO-DB, as the protocol cross-corpus tests it, where it is there."""
    try:
        utterances = read_corpora(data, [HELD_OUT_CORPUS])
    except CorpusError:
        return []
    given = answers(recognizer, utterances, card.task, possible_labels(utterances, card.task))
    return store_results(card, given, "cross-corpus", 0, card.most_exact, zoo)


def possible_labels(utterances: Sequence[Utterance], task: str) -> set[str]:
    """The labels of a task that a corpus has."""
    return {label_in_task(utterance.label, task) for utterance in utterances}


def store_results(
    card: ModelCard,
    given: Sequence[Answer],
    protocol: str,
    fold: int,
    precision: Precision,
    zoo: Path,
) -> list[ResultEntry]:
    """Keep the answers of one IR beside the card and return its results, one per channel."""
    stored = predictions(protocol)
    run: dict[str, str | int] = {"of": "this file", "fold": fold, "precision": precision}
    write_answers(zoo / card.name / stored, given, card.labels, **run)
    masked = PROTOCOLS[protocol].other_corpus
    entries = []
    for channel in channels(given):
        result = figures(given, card.labels, channel, None if masked else card.uncertain_below)
        command = (
            f"python -m ser_core evaluate -m {shlex.quote(card.name)} --precision {precision} "
            f'--protocol {protocol} --fold {fold} --channel {channel} --data "$SER_DATA"'
        )
        entries.append(
            ResultEntry(
                **msgspec.structs.asdict(result.for_card()),
                protocol=protocol,
                fold=fold,
                of="this file",
                precision=precision,
                predictions=stored,
                command=command,
            )
        )
    return entries
