"""One take in training, the other in the test: what a random split asks of a network.

RAVDESS has every sentence twice, spoken the same way by the same actor. The answers stored beside
the models are enough to show this; no recording is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ser_core.evaluation.answers import Answer
from ser_core.evaluation.results import other_take


@dataclass(frozen=True)
class LeftOutTake:
    """A clip with the answers of two networks, and its other take.

    Attributes:
        other: name of the other take, which the first network was trained on.
        knowing: answer of the network that was trained on the other take.
        unknowing: answer of the network that was not trained on this actor.
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
    """The clips answered by both networks whose other take the first one was trained on.

    Args:
        knowing: answers of the network trained on a random split.
        training_files: its training files, as returned by `heard_in_training`.
        unknowing: answers of a network to unseen actors.
    """
    by_file = {answer.file: answer for answer in unknowing}
    takes = []
    for answer in knowing:
        other = other_take(answer)
        if answer.file in by_file and other and f"ravdess/{other}" in training_files:
            takes.append(LeftOutTake(other, answer, by_file[answer.file]))
    return takes


def count_correct(answers: Iterable[Answer]) -> int:
    """Number of correct answers."""
    return sum(answer.predicted == answer.actual for answer in answers)
