"""Every figure of a report, computed from a model's answers; and the report as text."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from ser_core.evaluation.answers import Answer
from ser_core.evaluation.metrics import accuracy, confusion_matrix, ece, interval, log_loss, uar
from ser_core.models.card import Certain, Channel, Count, Figures, Intervals

BREAKDOWNS = ("channel", "gender", "intensity", "statement", "speaker")


class EvaluationError(ValueError):
    """These clips cannot be evaluated this way; the message says what to do next."""


class GroupFigures(msgspec.Struct, frozen=True):
    """Figures on a group of clips, fractions from 0 to 1."""

    n: int
    accuracy: float
    uar: float


class Report(Figures, frozen=True, kw_only=True):
    """The figures that a card keeps, and some that are only printed.

    Attributes:
        unanswered: clips without a prediction; they count as wrong.
        by: for each of `BREAKDOWNS`, the figures by value.
    """

    unanswered: int
    by: dict[str, dict[str, GroupFigures]]

    def for_card(self) -> Figures:
        """The figures that a card keeps."""
        return Figures(**{name: getattr(self, name) for name in Figures.__struct_fields__})


def figures(
    answers: Sequence[Answer],
    labels: Sequence[str],
    channel: Channel = "all",
    uncertain_below: float | None = None,
) -> Report:
    """Compute every figure of the report.

    Args:
        uncertain_below: the model's threshold, for `certain`; None leaves `certain` out.

    Raises:
        EvaluationError: there are no answers in this channel.
    """
    answers = [answer for answer in answers if channel in ("all", answer.channel)]
    if not answers:
        raise EvaluationError(
            f"There are no clips in the channel {channel!r}. Choose another --channel."
        )
    index = {label: i for i, label in enumerate(labels)}
    actual = np.array([index[answer.actual] for answer in answers])
    predicted = np.array([index.get(answer.predicted, -1) for answer in answers])
    probabilities = np.array([answer.probabilities for answer in answers])
    has_answer = predicted >= 0
    speakers = [f"{answer.corpus}/{answer.speaker}" for answer in answers if answer.speaker]
    groups = speakers if len(speakers) == len(answers) else None
    certain = None
    if uncertain_below is not None:
        certain_mask = has_answer & (probabilities.max(axis=1) >= uncertain_below)
        certain_accuracy = (
            accuracy(actual[certain_mask], predicted[certain_mask]) if certain_mask.any() else None
        )
        certain = Certain(float(certain_mask.mean()), certain_accuracy)
    return Report(
        channel=channel,
        n=len(answers),
        accuracy=accuracy(actual, predicted),
        uar=uar(actual, predicted),
        loss=log_loss(probabilities, actual),
        ece=ece(probabilities, actual),
        certain=certain,
        unanswered=int((~has_answer).sum()),
        per_class={
            label: Count(int((predicted[actual == i] == i).sum()), int((actual == i).sum()))
            for label, i in index.items()
            if (actual == i).any()
        },
        confusion=confusion_matrix(actual[has_answer], predicted[has_answer], len(labels)).tolist(),
        intervals=Intervals(
            interval(accuracy, actual, predicted, groups), interval(uar, actual, predicted, groups)
        ),
        by={
            name: {
                value: _group_figures(np.array(values) == value, actual, predicted)
                for value in sorted(set(values) - {""})
            }
            for name in BREAKDOWNS
            if (values := [getattr(answer, name) for answer in answers])
        },
    )


def _group_figures(mask: np.ndarray, actual: np.ndarray, predicted: np.ndarray) -> GroupFigures:
    return GroupFigures(
        int(mask.sum()),
        accuracy(actual[mask], predicted[mask]),
        uar(actual[mask], predicted[mask]),
    )


def report(result: Report, n_in_training: int = 0, masked: Sequence[str] = ()) -> str:
    """The figures as text, in the layout that the 2020 group printed.

    Args:
        n_in_training: number of clips that the model was trained on.
        masked: labels that were not allowed.
    """
    lines = []
    if n_in_training:
        lines += [
            f"Heard in training: {n_in_training} of these {result.n} clips. "
            "This inflates the score.",
            "",
        ]
    if masked:
        lines += [f"Labels that these clips cannot have: {', '.join(masked)}.", ""]
    lines.append(f"Test Loss: {result.loss:.6f}")
    for label, count in result.per_class.items():
        lines.append(f"Test Accuracy of {label}: {_share(count)}")
    lines.append(f"Test Accuracy (Overall): {_share(Count(result.correct, result.n))}")
    lines.append("")
    for title, share, (low, high) in (
        ("Accuracy", result.accuracy, result.intervals.accuracy),
        ("UAR", result.uar, result.intervals.uar),
    ):
        lines.append(f"{title}: {share:.1%} (95% interval {low:.1%} to {high:.1%})")
    lines.append(f"ECE: {result.ece:.3f}")
    if result.certain and result.certain.accuracy is not None:
        detail = f"of which {result.certain.accuracy:.1%} are right"
        lines.append(f"Not uncertain: {result.certain.coverage:.1%} of the clips, {detail}")
    for name, groups in result.by.items():
        if len(groups) > 1:
            lines.append("")
            lines += [
                f"{name} {value}: UAR {group.uar:.1%}, accuracy {group.accuracy:.1%} "
                f"(n = {group.n})"
                for value, group in groups.items()
            ]
    return "\n".join(lines)


def _share(count: Count) -> str:
    return f"{100 * count.share:.0f}% ({count.correct}/{count.total})"
