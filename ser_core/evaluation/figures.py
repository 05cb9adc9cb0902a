"""Every figure of a report, from the answers of a model; and the report as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ser_core.evaluation.answers import Answer
from ser_core.evaluation.metrics import accuracy, confusion_matrix, ece, interval, log_loss, uar

BREAKDOWNS = ("channel", "gender", "intensity", "statement", "speaker")


class EvaluationError(ValueError):
    """These clips cannot be evaluated so; the message says what to do next."""


def figures(
    found: Sequence[Answer],
    labels: Sequence[str],
    channel: str = "all",
    uncertain_below: float | None = None,
) -> dict[str, Any]:
    """Every figure of the report, as JSON-ready data; shares are fractions 0–1.

    Args:
        uncertain_below: the threshold of the model that gave the answers; adds `certain`, the
            share of the clips that it is sure of, and how many of these it has right.

    Raises:
        EvaluationError: there is no answer in this channel.
    """
    found = [answer for answer in found if channel in ("all", answer.channel)]
    if not found:
        raise EvaluationError(f"There is no clip to evaluate in the channel {channel!r}.")
    index = {label: i for i, label in enumerate(labels)}
    actual = np.array([index[answer.actual] for answer in found])
    predicted = np.array([index.get(answer.predicted, -1) for answer in found])
    probabilities = np.array([answer.probabilities for answer in found])
    answered = predicted >= 0
    speakers = [f"{answer.corpus}/{answer.speaker}" for answer in found if answer.speaker]
    groups = speakers if len(speakers) == len(found) else None
    certain = {}
    if uncertain_below is not None:
        sure = answered & (probabilities.max(axis=1) >= uncertain_below)
        certain["certain"] = {
            "coverage": float(sure.mean()),
            "accuracy": accuracy(actual[sure], predicted[sure]) if sure.any() else None,
        }
    return {
        "channel": channel,
        "n": len(found),
        "accuracy": accuracy(actual, predicted),
        "uar": uar(actual, predicted),
        "loss": log_loss(probabilities, actual),
        "ece": ece(probabilities, actual),
        **certain,
        "unanswered": int((~answered).sum()),
        "per_class": {
            label: {
                "correct": int((predicted[actual == i] == i).sum()),
                "total": int((actual == i).sum()),
            }
            for label, i in index.items()
            if (actual == i).any()
        },
        "confusion": confusion_matrix(actual[answered], predicted[answered], len(labels)).tolist(),
        "intervals": {
            "accuracy": interval(accuracy, actual, predicted, groups),
            "uar": interval(uar, actual, predicted, groups),
        },
        "by": {
            name: {
                value: _group_figures(np.array(values) == value, actual, predicted)
                for value in sorted(set(values) - {""})
            }
            for name in BREAKDOWNS
            if (values := [getattr(answer, name) for answer in found])
        },
    }


def _group_figures(chosen: np.ndarray, actual: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    return {
        "n": int(chosen.sum()),
        "accuracy": accuracy(actual[chosen], predicted[chosen]),
        "uar": uar(actual[chosen], predicted[chosen]),
    }


def report(result: dict[str, Any]) -> str:
    """The figures as text, in the layout that the 2020 group printed."""
    lines = []
    if result.get("heard_in_training"):
        lines += [
            f"Heard in training: {len(result['heard_in_training'])} of these {result['n']} clips. "
            "These figures flatter the model.",
            "",
        ]
    if result.get("masked"):
        lines += [f"Labels that these clips cannot have: {', '.join(result['masked'])}.", ""]
    lines.append(f"Test Loss: {result['loss']:.6f}")
    for label, count in result["per_class"].items():
        lines.append(f"Test Accuracy of {label}: {_share(count['correct'], count['total'])}")
    correct = sum(count["correct"] for count in result["per_class"].values())
    lines.append(f"Test Accuracy (Overall): {_share(correct, result['n'])}")
    lines.append("")
    for name, title in (("accuracy", "Accuracy"), ("uar", "UAR")):
        low, high = result["intervals"][name]
        lines.append(f"{title}: {result[name]:.1%} (95% interval {low:.1%} to {high:.1%})")
    lines.append(f"ECE: {result['ece']:.3f}")
    if (certain := result.get("certain")) and certain["coverage"]:
        right = f"of which {certain['accuracy']:.1%} are right"
        lines.append(f"Not uncertain: {certain['coverage']:.1%} of the clips, {right}")
    for name, groups in result["by"].items():
        if len(groups) > 1:
            lines.append("")
            lines += [
                f"{name} {value}: UAR {group['uar']:.1%}, accuracy {group['accuracy']:.1%} "
                f"(n = {group['n']})"
                for value, group in groups.items()
            ]
    return "\n".join(lines)


def _share(correct: int, total: int) -> str:
    return f"{100 * correct / total:.0f}% ({correct}/{total})"
