"""What teaching gains, measured on the takes themselves: each is answered as if it were new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ser_core.adaptation.learning import learn
from ser_core.adaptation.takes import Take
from ser_core.models.recognizer import Recognizer


class Gain(NamedTuple):
    """Labeled takes with the right answer.

    Attributes:
        before: without the speaker.
        after: with what was learned from all other takes.
        total: labeled takes.
    """

    before: int
    after: int
    total: int

    @property
    def sentence(self) -> str:
        """What a person reads; empty where no take has a label."""
        if not self.total:
            return ""
        takes = "1 labeled take" if self.total == 1 else f"{self.total} labeled takes"
        return f"With your {takes}: {self.before} right before, {self.after} after."


def gain(recognizer: Recognizer, takes: Sequence[Take]) -> Gain:
    """Leave each labeled take out in turn, learn from the others, and let it be answered."""
    labels = recognizer.signature.labels
    before = after = total = 0
    for index, take in enumerate(takes):
        if not take.label:
            continue
        total += 1
        before += labels[int(take.logits.argmax())] == take.label
        others = [*takes[:index], *takes[index + 1 :]]
        if not others:
            after += before
            continue
        speaker = learn(recognizer, others)
        answer = speaker.logits(take.logits, take.embedding, labels).argmax()
        after += speaker.labels(labels)[int(answer)] == take.label
    return Gain(before, after, total)
