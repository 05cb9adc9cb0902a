"""One take in training, the other in the test: what a random split asks a network to do.

RAVDESS has every sentence twice, spoken alike by the same actor. The answers stored beside the
models are enough to play that through; no recording is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ser_core.evaluation.answers import Answer
from ser_core.evaluation.results import other_take


@dataclass(frozen=True)
class LeftOutTake:
    """A clip that two networks answered, and the other take of it.

    Attributes:
        other: name of the other take, which the first network learned from.
        knowing: answer of the network that had learned from the other take.
        unknowing: answer of the network that had never heard this actor.
    """

    other: str
    knowing: Answer
    unknowing: Answer

    @property
    def file(self) -> str:
        return self.knowing.file


def left_out_takes(
    knowing: Iterable[Answer], training_files: Collection[str], unknowing: Iterable[Answer]
) -> list[LeftOutTake]:
    """The clips that both networks answered and whose other take the first one learned from.

    Args:
        knowing: answers of the network of the random split.
        training_files: what it learned from, as `evaluation.heard_in_training` gives it.
        unknowing: answers of a network to actors that it never heard.
    """
    by_file = {answer.file: answer for answer in unknowing}
    takes = []
    for answer in knowing:
        other = other_take(answer)
        if answer.file in by_file and other and f"ravdess/{other}" in training_files:
            takes.append(LeftOutTake(other, answer, by_file[answer.file]))
    return takes


def count_correct(answers: Iterable[Answer]) -> int:
    """How many are right."""
    return sum(answer.predicted == answer.actual for answer in answers)
