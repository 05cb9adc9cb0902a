"""The figures of the cards side by side, and what the stored answers behind one of them show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ser_core.corpora.protocols import PROTOCOLS
from ser_core.evaluation.answers import Answer, read_answers
from ser_core.evaluation.metrics import accuracy, interval, share_interval, uar
from ser_core.models.card import PRECISIONS, Channel, ModelCard, Precision, ResultEntry

CHANNELS: tuple[Channel, ...] = ("speech", "all", "song")
"""In the order in which they are shown."""
CHANNEL_WORDS = {"all": "speech and song", "speech": "speech", "song": "song"}


@dataclass(frozen=True)
class Result:
    """One result of a card."""

    card: ModelCard
    entry: ResultEntry

    @property
    def precision(self) -> Precision:
        return self.entry.precision

    @property
    def channel(self) -> Channel:
        return self.entry.channel

    @property
    def protocol(self) -> str:
        return self.entry.protocol

    @property
    def of_recipe(self) -> bool:
        """The mean over networks of the same recipe, one per fold; not this very file."""
        return self.entry.of == "recipe"

    @property
    def most_exact(self) -> bool:
        """Of a recipe, or of the most exact files that the model comes in."""
        return self.of_recipe or self.precision == self.card.most_exact

    @property
    def unseen_actors(self) -> bool:
        """Tested on actors of RAVDESS who are not in the training set."""
        protocol = PROTOCOLS.get(self.protocol)
        return bool(protocol and protocol.actors)

    @property
    def known_actors(self) -> bool:
        """Tested on randomly drawn files of RAVDESS, so on voices from the training set."""
        protocol = PROTOCOLS.get(self.protocol)
        return bool(
            protocol and protocol.shares and not protocol.by_take and protocol.corpus == "ravdess"
        )

    @property
    def test(self) -> str:
        """Protocol and fold in words, such as `unseen actors, actors-5fold, fold 0`."""
        fold = self.entry.fold
        protocol = PROTOCOLS.get(self.protocol)
        details = [self._voices, self.protocol]
        if self.of_recipe:
            folds = protocol is not None and protocol.n_folds > 1
            once = len(self.entry.trials) == 1
            details.append("all folds" if folds else "retrained" if once else "all seeds")
            if self.entry.variant:
                details.append(self.entry.variant)
        elif protocol and protocol.n_folds > 1 and fold is not None:
            details.append(f"fold {fold}")
        return ", ".join(details)

    @property
    def _voices(self) -> str:
        if self.unseen_actors:
            return "unseen actors"
        if self.known_actors:
            return "random split"
        return {
            "random-grouped": "random split of sentences",
            "cross-corpus": "another corpus",
            "own-speakers": "own recordings, unseen speakers",
            "own-files": "own recordings, random split",
        }.get(self.protocol, "other clips")

    def answers(self, zoo: Path) -> list[Answer]:
        """The stored answers of this run, in every channel; empty if they cannot be read."""
        run: dict[str, str | int] = {"of": self.entry.of, "precision": self.precision}
        if self.entry.fold is not None:
            run["fold"] = self.entry.fold
        try:
            stored = zoo / self.card.name / self.entry.predictions
            return read_answers(stored, self.card.labels, **run)
        except (OSError, KeyError, ValueError):
            return []


def new_voices_entry(card: ModelCard) -> ResultEntry | None:
    """The headline figure: what the model's recipe reaches on new voices; None if there is none.

    The mean over the folds of `actors-5fold`, on speech; so it does not depend on which actors a
    single file was tested on, and a model that heard every actor has it, too.
    """
    headline = ("recipe", "", "actors-5fold", "speech")
    entries = (e for e in card.results if (e.of, e.variant, e.protocol, e.channel) == headline)
    return next(entries, None)


def headline_result(results: Iterable[Result]) -> Result | None:
    """The headline figure of the main model; None if it has none."""
    return next(
        (r for r in results if r.card.role == "main" and r.entry is new_voices_entry(r.card)), None
    )


def unseen_actors_entry(card: ModelCard, precision: str) -> ResultEntry | None:
    """The small print: this very file on unseen actors; None if there is none.

    Preferably in the given precision, and on speech rather than song.
    """
    entries = [entry for entry in card.own_results if Result(card, entry).unseen_actors]
    entries.sort(key=lambda e: (e.precision != precision, e.channel != "speech"))
    return entries[0] if entries else None


def n_test_actors(entry: ResultEntry) -> int:
    """Number of actors that a result on unseen actors was measured on."""
    return len((PROTOCOLS[entry.protocol].actors or ())[entry.fold or 0])


def all_results(cards: Iterable[ModelCard]) -> list[Result]:
    """Every result, by model in the order of the cards; the most informative first.

    That is: unseen actors, the mean over folds, full precision, speech.
    """
    results = []
    for card in cards:
        card_results = [Result(card, entry) for entry in card.results]
        card_results.sort(
            key=lambda r: (
                not r.unseen_actors,
                r.protocol,
                not r.of_recipe,
                r.entry.fold or 0,
                PRECISIONS.index(r.precision),
                CHANNELS.index(r.channel),
            )
        )
        results += card_results
    return results


def random_and_unseen(results: Sequence[Result]) -> tuple[Result | None, Result | None]:
    """A result on a random split, and the one on unseen actors to compare it with.

    Both are in the most exact precision, on speech if possible, and of the same architecture if
    possible.
    """
    candidates = [r for r in results if r.most_exact and r.card.task == "emotions-8"]
    candidates.sort(key=lambda r: CHANNELS.index(r.channel))
    # Only one split: with several, most files are in the training set of one of them.
    random = next((r for r in candidates if r.known_actors and not r.of_recipe), None)
    similar = [
        r
        for r in candidates
        if r.unseen_actors
        and (
            random is None
            or (r.card.architecture, r.channel) == (random.card.architecture, random.channel)
        )
    ]
    unseen = next(iter(similar), None) or next((r for r in candidates if r.unseen_actors), None)
    return random, unseen


def seven_options(result: Result) -> tuple[int, int] | None:
    """Correct answers and clips, with calm and neutral counted as one, as for the listeners.

    None if the figure would not be comparable: other labels, song, or clips not from RAVDESS.
    """
    labels = result.card.labels
    if result.channel != "speech" or not {"neutral", "calm"} <= {*labels}:
        return None
    protocol = PROTOCOLS.get(result.protocol)
    if protocol and (protocol.corpus != "ravdess" or protocol.other_corpus):
        return None
    pair = [labels.index("neutral"), labels.index("calm")]
    counts = np.array(result.entry.confusion)
    right = int(np.trace(counts)) + int(counts[pair[0], pair[1]] + counts[pair[1], pair[0]])
    return right, result.entry.n


@dataclass(frozen=True)
class Group:
    """Figures on a group of clips; the interval is the 95 % interval."""

    value: str
    n: int
    accuracy: float
    uar: float
    uar_interval: tuple[float, float]


def by_group(answers: Sequence[Answer], name: str, labels: Sequence[str]) -> list[Group]:
    """Figures for each value of a field of the answers, such as `gender`."""
    actual, predicted = _indices(answers, labels)
    values = np.array([getattr(answer, name) for answer in answers])
    speakers = np.array([f"{answer.corpus}/{answer.speaker}" for answer in answers])
    groups = []
    for value in sorted(set(values.tolist()) - {""}):
        of_group = actual[values == value], predicted[values == value]
        low_high = interval(uar, *of_group, speakers[values == value].tolist())
        groups.append(Group(value, len(of_group[0]), accuracy(*of_group), uar(*of_group), low_high))
    return groups


@dataclass(frozen=True)
class CertaintyBin:
    """Answers with about the same confidence.

    Attributes:
        low, high: bounds of their confidence.
        certainty: mean probability of the predicted label (confidence), 0–1.
        right: share of correct answers, 0–1.
        right_interval: its 95 % interval.
    """

    low: float
    high: float
    n: int
    certainty: float
    right: float
    right_interval: tuple[float, float]


def reliability(
    answers: Sequence[Answer], labels: Sequence[str], n_bins: int = 10
) -> list[CertaintyBin]:
    """Accuracy by confidence; bins without answers are left out."""
    answers = [answer for answer in answers if answer.predicted]
    if not answers:
        return []
    certainty = np.array([answer.probabilities for answer in answers]).max(axis=1)
    actual, predicted = _indices(answers, labels)
    right = actual == predicted
    bins = np.clip(np.ceil(certainty * n_bins).astype(int) - 1, 0, n_bins - 1)
    return [
        CertaintyBin(
            b / n_bins,
            (b + 1) / n_bins,
            int((bins == b).sum()),
            float(certainty[bins == b].mean()),
            float(right[bins == b].mean()),
            share_interval(int(right[bins == b].sum()), int((bins == b).sum())),
        )
        for b in sorted(set(bins.tolist()))
    ]


def _indices(answers: Sequence[Answer], labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    index = {label: i for i, label in enumerate(labels)}
    actual = np.array([index[answer.actual] for answer in answers])
    return actual, np.array([index.get(answer.predicted, -1) for answer in answers])


_TAKE = re.compile(r"(\d\d(?:-\d\d){4})-(0[12])-(\d\d)")


def other_take(answer: Answer) -> str | None:
    """File name of the other take of the same sentence; None for clips not from RAVDESS."""
    match = _TAKE.fullmatch(answer.file) if answer.corpus == "ravdess" else None
    return f"{match[1]}-{'02' if match[2] == '01' else '01'}-{match[3]}" if match else None


def count_other_takes(
    answers: Iterable[Answer], training_files: Collection[str]
) -> tuple[int, int]:
    """Number of RAVDESS clips whose other take is in the training set, and of all RAVDESS clips.

    Each sentence was recorded twice, spoken the same way by the same actor.

    Args:
        training_files: `corpus/file`, as returned by `heard_in_training`.
    """
    takes = [take for answer in answers if (take := other_take(answer))]
    return sum(f"ravdess/{take}" in training_files for take in takes), len(takes)
