"""What a model gains by getting to know a speaker, measured on recordings it did not learn from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from ser_core.adaptation.learning import learn
from ser_core.adaptation.takes import Take
from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.answers import Answer, clip_or_error, read_answers
from ser_core.evaluation.figures import EvaluationError
from ser_core.evaluation.metrics import uar
from ser_core.models.card import Adaptation, Draw, Precision
from ser_core.models.labels import label_in_task
from ser_core.models.many import answer_many
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.progress import SILENT, Progress

N_DRAWS = 20
TAKES: dict[Draw, tuple[int, ...]] = {
    "any": (0, 1, 2, 4, 8, 16, 32),
    "labelled": (1, 2, 4, 8, 16, 30),
    "one-mood": (1, 2, 4),
    "mostly-one-mood": (4, 8, 16),
    "mixed-speakers": (8, 16),
}
"""How many recordings are learned from, by draw: up to half of what an actor has."""
WITHOUT_LABELS = tuple(draw for draw in TAKES if draw != "labelled")
_MOSTLY = 0.8
_LEAST = 1e-6  # the last digit of a stored probability
_NO_EMBEDDING = np.zeros(1)


class Subject(NamedTuple):
    """What was tested: the fields of the same names in an `Adaptation`."""

    of: Literal["this file", "recipe"]
    precision: Precision
    protocol: str


class KnownTake(NamedTuple):
    """A recording of a test speaker as the model hears it, its sentence and its actual label."""

    speaker: str
    statement: str
    take: Take
    actual: str


def known_takes(
    recognizer: Recognizer,
    utterances: Sequence[Utterance],
    task: str,
    progress: Progress = SILENT,
) -> list[KnownTake]:
    """Let a model hear recordings, as many at once as it is meant for.

    Those that it cannot classify are left out.
    """
    takes = []
    heard = answer_many(partial(_hearing, task=task), recognizer, utterances, len(utterances))
    for done, take in enumerate(heard, start=1):
        if take is not None:
            takes.append(take)
        progress.step(done, len(utterances))
    return takes


def _hearing(recognizer: Recognizer, task: str) -> Callable[[Utterance], KnownTake | None]:
    return lambda utterance: known_take(recognizer, utterance, clip_or_error(utterance), task)


def known_take(
    recognizer: Recognizer, utterance: Utterance, clip: Clip | AudioError, task: str
) -> KnownTake | None:
    """An utterance, heard in this clip of it; None where there is nothing to classify."""
    take = Take.of(recognizer(clip)) if isinstance(clip, Clip) else None
    if take is None:
        return None
    actual = label_in_task(utterance.label, task)
    return KnownTake(utterance.speaker_id, utterance.statement, take, actual)


def answered_take(answer: Answer, temperature: float) -> KnownTake | None:
    """The same of a stored answer, which is enough to learn without labels.

    The logarithms of the probabilities, times the temperature, are the logits but for a constant,
    which changes no answer.
    """
    if not answer.predicted:
        return None
    logits = temperature * np.log(np.maximum(answer.probabilities, _LEAST))
    speaker = f"{answer.corpus}/{answer.speaker}"
    return KnownTake(speaker, answer.statement, Take(logits, _NO_EMBEDDING), answer.actual)


def draw_scores(
    recognizer: Recognizer,
    takes: Sequence[KnownTake],
    k: int,
    draw: Draw = "any",
    only: Collection[str] | None = None,
) -> np.ndarray:
    """Learn from `k` recordings of each speaker, and test the speaker's others.

    Args:
        takes: of test speakers, as from `known_takes`.
        only: labels to allow, for a corpus that has not all.

    Returns:
        For each draw UAR without and with what was learned, and the number of clips, shape
        `(n_draws, 3)`.
    """
    return np.array(
        [
            _scores(recognizer, takes, k, draw, only, np.random.default_rng([seed, k]))
            for seed in range(N_DRAWS)
        ]
    )


def as_entry(scores: np.ndarray, draw: Draw, k: int, subject: Subject) -> Adaptation:
    """`draw_scores` as they stand in a card.

    Raises:
        EvaluationError: a draw had nothing left to test.
    """
    if not scores[:, 2].all():
        raise EvaluationError(
            f"With {k} recordings of each speaker learned, none are left to test. Choose a smaller "
            "--adapt."
        )
    before, after, n = scores.T
    low, high = np.percentile(after - before, [2.5, 97.5])
    return Adaptation(
        **subject._asdict(),
        draw=draw,
        k=k,
        uar=round(float(after.mean()), 5),
        gain=round(float((after - before).mean()), 5),
        interval=(round(float(low), 5), round(float(high), 5)),
        n_draws=len(scores),
        n=round(float(n.mean())),
    )


def over_folds(
    folds: Iterable[tuple[Recognizer, Sequence[KnownTake]]],
    protocol: str,
    draws: Iterable[Draw] = tuple(TAKES),
) -> list[Adaptation]:
    """What the networks of a recipe gain, mean over the folds of its protocol.

    Args:
        folds: for each fold its network, and the takes of the fold's test speakers.
    """
    scores: dict[tuple[Draw, int], list[np.ndarray]] = defaultdict(list)
    for recognizer, takes in folds:
        for draw in draws:
            for k in TAKES[draw]:
                scores[draw, k].append(draw_scores(recognizer, takes, k, draw))
    subject = Subject("recipe", "FP32", protocol)
    return [
        as_entry(np.mean(of_folds, axis=0), draw, k, subject)
        for (draw, k), of_folds in scores.items()
    ]


def stored_adaptation(recognizer: Recognizer, stored: Path, protocol: str) -> list[Adaptation]:
    """The same from the stored answers of a recipe's networks, so without labels only.

    Args:
        recognizer: any network of the recipe.
        stored: CSV of answers; without one of the recipe, the table is empty.
    """
    folds = stored_folds(recognizer, stored, protocol)
    if not all(folds):
        return []
    return over_folds(((recognizer, takes) for takes in folds), protocol, WITHOUT_LABELS)


def stored_folds(recognizer: Recognizer, stored: Path, protocol: str) -> list[list[KnownTake]]:
    """The spoken takes behind a recipe's stored answers, for each fold of its protocol."""
    labels, temperature = recognizer.signature.labels, recognizer.signature.temperature
    folds = []
    for fold in range(PROTOCOLS[protocol].n_folds):
        given = read_answers(stored, labels, of="recipe", fold=fold, precision="FP32")
        takes = (answered_take(a, temperature) for a in given if a.channel == "speech")
        folds.append([take for take in takes if take])
    return folds


def adaptation_table(
    recognizer: Recognizer,
    takes: Sequence[KnownTake],
    subject: Subject,
    draws: Mapping[Draw, Sequence[int]] = TAKES,
    only: Collection[str] | None = None,
) -> list[Adaptation]:
    """Every draw with every number of recordings that leaves some to test."""
    table = []
    for draw, ks in draws.items():
        for k in ks:
            scores = draw_scores(recognizer, takes, k, draw, only)
            if scores[:, 2].all():
                table.append(as_entry(scores, draw, k, subject))
    return table


def _scores(
    recognizer: Recognizer,
    takes: Sequence[KnownTake],
    k: int,
    draw: Draw,
    only: Collection[str] | None,
    random: np.random.Generator,
) -> tuple[float, float, int]:
    """UAR before and after, and the number of clips, of one draw."""
    labels = recognizer.signature.labels
    allowed = np.where([only is None or label in only for label in labels], 0.0, -np.inf)
    by_speaker: dict[str, list[KnownTake]] = defaultdict(list)
    for known in takes:
        by_speaker[known.speaker].append(known)
    actual, before, after = [], [], []
    for learned, tested in _draws(by_speaker, k, draw, random):
        speaker = learn(recognizer, learned) if learned else None
        for known in tested:
            logits, embedding, _ = known.take.logits, known.take.embedding, known.take.label
            actual.append(labels.index(known.actual))
            before.append(int((logits + allowed).argmax()))
            corrected = speaker.logits(logits, embedding, labels) if speaker else logits
            after.append(int((corrected + allowed).argmax()))
    if not actual:
        return np.nan, np.nan, 0
    return (
        uar(np.array(actual), np.array(before)),
        uar(np.array(actual), np.array(after)),
        len(actual),
    )


def _draws(
    by_speaker: Mapping[str, Sequence[KnownTake]], k: int, draw: Draw, random: np.random.Generator
) -> Iterator[tuple[list[Take], list[KnownTake]]]:
    """For each speaker the takes to learn from, and the others."""
    everyone = [known for takes in by_speaker.values() for known in takes]
    for takes in by_speaker.values():
        if draw == "labelled":
            for statement in sorted({known.statement for known in takes}):
                same = [known for known in takes if known.statement == statement]
                others = [known for known in takes if known.statement != statement]
                chosen = _chosen(same, k, random)
                yield [known.take._replace(label=known.actual) for known in chosen], others
            continue
        pool = everyone if draw == "mixed-speakers" else takes
        chosen = _of_mood(takes, k, draw, random) if "mood" in draw else _chosen(pool, k, random)
        taken = {id(known) for known in chosen}
        yield [known.take for known in chosen], [known for known in takes if id(known) not in taken]


def _of_mood(
    takes: Sequence[KnownTake], k: int, draw: Draw, random: np.random.Generator
) -> list[KnownTake]:
    mood = random.choice(sorted({known.actual for known in takes}))
    same = [known for known in takes if known.actual == mood]
    others = [known for known in takes if known.actual != mood]
    if draw == "one-mood":
        return _chosen(same, k, random)
    most = _chosen(same, round(_MOSTLY * k), random)
    return most + _chosen(others, k - len(most), random)


def _chosen(takes: Sequence[KnownTake], k: int, random: np.random.Generator) -> list[KnownTake]:
    order = random.permutation(len(takes))[:k]
    return [takes[index] for index in order]
