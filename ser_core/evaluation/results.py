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

_CHANNELS = ("all", "speech", "song")
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
        """The mean over the folds, each with a network of its own; not this very file."""
        return self.entry.of == "recipe"

    @property
    def unseen_actors(self) -> bool:
        """Tested on actors of RAVDESS that training never heard."""
        protocol = PROTOCOLS.get(self.protocol)
        return bool(protocol and protocol.actors)

    @property
    def known_actors(self) -> bool:
        """Tested on a random draw of files of RAVDESS, so on voices that training heard."""
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
        """The stored answers of this run, of every channel; none where they cannot be read."""
        run: dict[str, str | int] = {"of": self.entry.of, "precision": self.precision}
        if self.entry.fold is not None:
            run["fold"] = self.entry.fold
        try:
            stored = zoo / self.card.name / self.entry.predictions
            return read_answers(stored, self.card.labels, **run)
        except (OSError, KeyError, ValueError):
            return []


def unseen_actors_entry(card: ModelCard, precision: str) -> ResultEntry | None:
    """What the card says about this very file on actors that it never heard, if it says it.

    Best with the given precision, and on speech rather than song.
    """
    measured = [entry for entry in card.own_results if Result(card, entry).unseen_actors]
    measured.sort(key=lambda e: (e.precision != precision, e.channel != "speech"))
    return measured[0] if measured else None


def listed(cards: Iterable[ModelCard]) -> list[Result]:
    """Every result, by model in the order of the cards; first what says most.

    That is: unseen actors, the mean over folds, all channels, full precision.
    """
    results = []
    for card in cards:
        own = [Result(card, entry) for entry in card.results]
        own.sort(
            key=lambda r: (
                not r.unseen_actors,
                r.protocol,
                not r.of_recipe,
                r.entry.fold or 0,
                PRECISIONS.index(r.precision),
                _CHANNELS.index(r.channel),
            )
        )
        results += own
    return results


def known_and_unseen(results: Sequence[Result]) -> tuple[Result | None, Result | None]:
    """A result on a random split and the one on unseen actors that belongs beside it.

    Both are FP32, on all clips rather than on some; the two networks are alike, if there are such.
    """
    plain = [r for r in results if r.precision == "FP32" and r.card.task == "emotions-8"]
    plain.sort(key=lambda r: _CHANNELS.index(r.channel))
    # Of one split: with several, most files are in the training of one of them.
    known = next((r for r in plain if r.known_actors and not r.of_recipe), None)
    alike = [
        r
        for r in plain
        if r.unseen_actors
        and (
            known is None
            or (r.card.architecture, r.channel) == (known.card.architecture, known.channel)
        )
    ]
    unseen = next(iter(alike), None) or next((r for r in plain if r.unseen_actors), None)
    return known, unseen


def seven_options(result: Result) -> tuple[int, int] | None:
    """Right answers and clips where calm and neutral count as one, as the listeners had them.

    None where the figure would not be comparable: other labels, song, or no clips of RAVDESS.
    """
    labels = result.card.labels
    if result.channel != "speech" or not {"neutral", "calm"} <= {*labels}:
        return None
    protocol = PROTOCOLS.get(result.protocol)
    if protocol and (protocol.corpus != "ravdess" or protocol.other_corpus):
        return None
    merged = [labels.index("neutral"), labels.index("calm")]
    counts = np.array(result.entry.confusion)
    right = int(np.trace(counts)) + int(counts[merged[0], merged[1]] + counts[merged[1], merged[0]])
    return right, result.entry.n


@dataclass(frozen=True)
class Group:
    """Figures of some of the clips; the intervals have 95 %."""

    value: str
    n: int
    accuracy: float
    uar: float
    uar_interval: tuple[float, float]


def by_group(found: Sequence[Answer], name: str, labels: Sequence[str]) -> list[Group]:
    """Figures for each value that a field of the answers has, such as `gender`."""
    actual, predicted = _indices(found, labels)
    values = np.array([getattr(answer, name) for answer in found])
    speakers = np.array([f"{answer.corpus}/{answer.speaker}" for answer in found])
    groups = []
    for value in sorted(set(values.tolist()) - {""}):
        of_group = actual[values == value], predicted[values == value]
        low_high = interval(uar, *of_group, speakers[values == value].tolist())
        groups.append(Group(value, len(of_group[0]), accuracy(*of_group), uar(*of_group), low_high))
    return groups


@dataclass(frozen=True)
class CertaintyBin:
    """Answers that were about equally sure.

    Attributes:
        low, high: bounds of their probability.
        certainty: mean probability of their label, 0–1.
        right: share of right answers, 0–1.
    """

    low: float
    high: float
    n: int
    certainty: float
    right: float
    right_interval: tuple[float, float]


def reliability(
    found: Sequence[Answer], labels: Sequence[str], n_bins: int = 10
) -> list[CertaintyBin]:
    """How often answers are right, by how sure they are; bins without an answer are left out."""
    found = [answer for answer in found if answer.predicted]
    if not found:
        return []
    certainty = np.array([answer.probabilities for answer in found]).max(axis=1)
    actual, predicted = _indices(found, labels)
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


def _indices(found: Sequence[Answer], labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    index = {label: i for i, label in enumerate(labels)}
    actual = np.array([index[answer.actual] for answer in found])
    return actual, np.array([index.get(answer.predicted, -1) for answer in found])


_TAKE = re.compile(r"(\d\d(?:-\d\d){4})-(0[12])-(\d\d)")


def other_take(answer: Answer) -> str | None:
    """Name of the file in which the same actor says the same alike; None beyond RAVDESS."""
    match = _TAKE.fullmatch(answer.file) if answer.corpus == "ravdess" else None
    return f"{match[1]}-{'02' if match[2] == '01' else '01'}-{match[3]}" if match else None


def other_take_heard(found: Iterable[Answer], heard: Collection[str]) -> tuple[int, int]:
    """Clips of RAVDESS whose other take shaped the model, and all clips of RAVDESS.

    Each sentence was recorded twice, spoken alike by the same actor.

    Args:
        heard: `corpus/file`, as `evaluation.heard_in_training` gives it.
    """
    others = [other for answer in found if (other := other_take(answer))]
    return sum(f"ravdess/{other}" in heard for other in others), len(others)
