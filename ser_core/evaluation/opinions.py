"""Several models' answers to one sound: side by side, whether they agree, how far to trust each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ser_core.evaluation.results import unseen_actors_entry
from ser_core.features.source import Source
from ser_core.models.labels import EMOTIONS, TASKS, emotion_name, label_in_task
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer


class Trust(NamedTuple):
    """How often a model was right when it said a label, on actors that it had never heard.

    Attributes:
        right: of the clips that it called so, those that were.
        said: clips that it called so.
        precision: of the file that was measured, where the very one was not.
    """

    label: str
    right: int
    said: int
    precision: str


@dataclass(frozen=True, eq=False)
class Opinion:
    """What one model says of a sound.

    Attributes:
        heard: it was trained on a recording of this name.
    """

    recognizer: Recognizer
    prediction: Prediction
    heard: bool = False

    @property
    def title(self) -> str:
        card = self.recognizer.card
        return card.title if card else self.recognizer.path.stem

    @property
    def name(self) -> str:
        """Model, as in the zoo, and precision."""
        card = self.recognizer.card
        return f"{card.name if card else self.recognizer.path}, {self.recognizer.precision}"

    @property
    def task(self) -> str:
        """The task whose labels the model has; empty for labels of its own."""
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
        """Whether the label is the actual one of `EMOTIONS`; None where that cannot be said."""
        if self.prediction.label is None or actual not in EMOTIONS or not self.task:
            return None
        return self.prediction.label == label_in_task(actual, self.task)

    @property
    def trust(self) -> Trust | None:
        """What the confusion matrix of the card says of this label; None if nothing."""
        card, label = self.recognizer.card, self.prediction.label
        entry = unseen_actors_entry(card, self.recognizer.precision) if card else None
        if card is None or label is None or entry is None:
            return None
        index = card.labels.index(label)
        said = [row[index] for row in entry.confusion]
        if not sum(said):
            return None
        return Trust(label, said[index], sum(said), entry.precision)


def opinion(source: Source, recognizer: Recognizer, heard: bool = False) -> Opinion:
    """Ask one model.

    Raises:
        AudioError: as in `Source.spectrogram`.
    """
    return Opinion(recognizer, recognizer(source), heard)


def agreement(opinions: Sequence[Opinion]) -> str:
    """One sentence on whether the models agree; empty where fewer than two gave an answer.

    Models of different tasks agree where the one's label is what the other's counts as.
    """
    said = [o for o in opinions if o.prediction.label is not None]
    if len(said) < 2:
        return ""
    counts = Counter(str(o.prediction.label) for o in said)
    if all(_alike(a, b) for a in said for b in said):
        finest = max(said, key=lambda o: len(o.labels))
        words = [_name(str(finest.prediction.label))]
        words += [
            f"{_name(label)} for models with coarser labels"
            for label in counts
            if label != finest.prediction.label
        ]
        everyone = "Both" if len(said) == 2 else f"All {len(said)}"
        return f"{everyone} agree: {', or '.join(words)}."
    groups = [f"{n} say{'s' * (n == 1)} {_name(label)}" for label, n in counts.most_common()]
    return f"They disagree: {', '.join(groups)}."


def _name(label: str) -> str:
    return emotion_name(label).replace(" ", "\N{NO-BREAK SPACE}")  # stays on one line


def _alike(a: Opinion, b: Opinion) -> bool:
    first, second = str(a.prediction.label), str(b.prediction.label)
    return (
        first == second
        or _counts_as(first, b.task) == second
        or _counts_as(second, a.task) == first
    )


def _counts_as(label: str, task: str) -> str | None:
    try:
        return label_in_task(label, task)
    except ValueError:
        return None
