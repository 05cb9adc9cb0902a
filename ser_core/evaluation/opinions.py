"""Several models' answers to one sound: side by side, whether they agree, how far to trust each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ser_core.evaluation.results import new_voices_entry, unseen_actors_entry
from ser_core.features.source import Source
from ser_core.models.labels import EMOTIONS, TASKS, emotion_name, label_in_task
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer

_MOST_NAMES = 4  # more networks are counted instead


class Trust(NamedTuple):
    """How often a model is correct when it predicts a label, measured on unseen actors.

    Attributes:
        correct: clips with this predicted label that really have it.
        total: clips with this predicted label.
        of_recipe: measured with networks of the same recipe, over all folds; not this very file.
        precision: precision of what was measured, which may not be this one.
    """

    label: str
    correct: int
    total: int
    of_recipe: bool
    precision: str


@dataclass(frozen=True, eq=False)
class Opinion:
    """One model's prediction for a voice.

    Attributes:
        heard_in_training: the model was trained on a recording of this name.
    """

    recognizer: Recognizer
    prediction: Prediction
    heard_in_training: bool = False

    @property
    def title(self) -> str:
        card = self.recognizer.card
        return card.title if card else self.recognizer.path.stem

    @property
    def name(self) -> str:
        """Name of the model in the zoo, and precision."""
        card = self.recognizer.card
        return f"{card.name if card else self.recognizer.path}, {self.recognizer.precision}"

    @property
    def task(self) -> str:
        """The task with the model's labels; empty if they belong to no task."""
        return next((t for t, labels in TASKS.items() if labels == self.labels), "")

    @property
    def labels(self) -> tuple[str, ...]:
        return self.recognizer.signature.labels

    @property
    def n_bytes(self) -> int | None:
        """Size of the model's files; None for one from outside the zoo."""
        card = self.recognizer.card
        return card.files[self.recognizer.precision].bytes if card else None

    def right(self, actual: str) -> bool | None:
        """Whether the label is correct for one of `EMOTIONS`; None if they cannot be compared."""
        if self.prediction.label is None or actual not in EMOTIONS or not self.task:
            return None
        return self.prediction.label == label_in_task(actual, self.task)

    @property
    def trust(self) -> Trust | None:
        """The card's confusion matrix for this predicted label; None if it has no such clips."""
        card, label = self.recognizer.card, self.prediction.label
        if card is None or label is None:
            return None
        entry = new_voices_entry(card) or unseen_actors_entry(card, self.recognizer.precision)
        if entry is None:
            return None
        index = card.labels.index(label)
        column = [row[index] for row in entry.confusion]
        if not sum(column):
            return None
        return Trust(label, column[index], sum(column), entry.of == "recipe", entry.precision)


def opinion(source: Source, recognizer: Recognizer, heard_in_training: bool = False) -> Opinion:
    """Get one model's prediction.

    Raises:
        AudioError: as in `Source.spectrogram`.
    """
    return Opinion(recognizer, recognizer(source), heard_in_training)


def agreement(opinions: Sequence[Opinion]) -> str:
    """One sentence on whether the networks agree; empty where there is nothing to compare.

    A network is one voice, in however many precisions it answers. Models of different tasks agree
    if one label is what the other counts as.
    """
    answers = [o for o in opinions if o.prediction.label is not None]
    by_label: dict[str, list[Opinion]] = {}
    for answer in answers:
        by_label.setdefault(str(answer.prediction.label), []).append(answer)
    if all(_alike(a, b) for a in answers for b in answers):
        if len(_networks(answers)) < 2:
            return ""
        finest = max(answers, key=lambda o: len(o.labels))
        words = [_name(str(finest.prediction.label))]
        words += [
            f"{_name(label)} for models with coarser labels"
            for label in by_label
            if label != finest.prediction.label
        ]
        return f"{_voices(answers, answers)} agree: {', or '.join(words)}."
    parts = []
    for label, group in sorted(by_label.items(), key=lambda item: -len(_networks(item[1]))):
        says = "says" if len(_networks(group)) == 1 else "say"
        parts.append(f"{_voices(group, answers)} {says} {_name(label)}")
    return f"They disagree: {'; '.join(parts)}."


def _networks(opinions: Sequence[Opinion]) -> dict[str, list[str]]:
    """Precisions by network."""
    networks: dict[str, list[str]] = {}
    for o in opinions:
        card = o.recognizer.card
        network = card.name if card else str(o.recognizer.path)
        networks.setdefault(network, []).append(o.recognizer.precision)
    return networks


def _voices(group: Sequence[Opinion], answers: Sequence[Opinion]) -> str:
    """The networks of a group in words: `se-resnet, FP32 and INT8, and tcn`; or their number."""
    networks, several = _networks(group), _networks(answers)
    if len(networks) > _MOST_NAMES:
        return f"{len(networks)} networks"
    names = [
        f"{network}, {_listing(precisions)}," if len(several[network]) > 1 else network
        for network, precisions in networks.items()
    ]
    return _listing(names).replace(",,", ",")


def _listing(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _name(label: str) -> str:
    return emotion_name(label).replace(" ", "\N{NO-BREAK SPACE}")  # stays on one line


def _alike(a: Opinion, b: Opinion) -> bool:
    label_a, label_b = str(a.prediction.label), str(b.prediction.label)
    return (
        label_a == label_b
        or _counts_as(label_a, b.task) == label_b
        or _counts_as(label_b, a.task) == label_a
    )


def _counts_as(label: str, task: str) -> str | None:
    try:
        return label_in_task(label, task)
    except ValueError:
        return None
