"""Accuracy, unweighted average recall, confusion matrix, calibration error and their intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


def accuracy(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Share of correct answers, 0–1."""
    return float(np.mean(np.asarray(actual) == np.asarray(predicted)))


def uar(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Unweighted average recall: the mean recall over the classes that occur, 0–1."""
    actual, predicted = np.asarray(actual), np.asarray(predicted)
    return float(np.mean([np.mean(predicted[actual == label] == label) for label in set(actual)]))


def confusion_matrix(actual: np.ndarray, predicted: np.ndarray, n_labels: int) -> np.ndarray:
    """Counts, actual label by row and predicted label by column, shape `(n_labels, n_labels)`."""
    counts = np.zeros((n_labels, n_labels), int)
    np.add.at(counts, (actual, predicted), 1)
    return counts


def log_loss(probabilities: np.ndarray, actual: np.ndarray) -> float:
    """Mean negative logarithm of the probability of the actual label (cross-entropy, in nats)."""
    p_actual = probabilities[np.arange(len(actual)), actual]
    return float(-np.log(np.maximum(p_actual, 1e-12)).mean())


def ece(probabilities: np.ndarray, actual: np.ndarray, n_bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017, arXiv:1706.04599).

    The mean distance between confidence and accuracy, over confidence bins of equal width, 0–1.
    """
    certainty, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == actual
    bins = np.clip(np.ceil(certainty * n_bins).astype(int) - 1, 0, n_bins - 1)
    gaps = [abs((certainty[bins == b] - right[bins == b]).sum()) for b in set(bins)]
    return float(sum(gaps) / len(actual))


def interval(
    measure: Callable[[np.ndarray, np.ndarray], float],
    actual: np.ndarray,
    predicted: np.ndarray,
    speakers: Sequence[str] | None = None,
    n_draws: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap interval of a measure.

    Resamples whole speakers, whose clips are alike, if there are at least two; else single clips.

    Args:
        measure: `accuracy` or `uar`; both follow from counts by class, which add up over speakers.

    Returns:
        Lower and upper bound.
    """
    actual, predicted = np.asarray(actual), np.asarray(predicted)
    names = np.asarray(speakers if speakers is not None else np.arange(len(actual)))
    if len(set(names.tolist())) < 2:
        names = np.arange(len(actual))
    groups, group = np.unique(names, return_inverse=True)
    classes, kind = np.unique(actual, return_inverse=True)
    right, total = np.zeros((2, len(groups), len(classes)))
    np.add.at(right, (group, kind), actual == predicted)
    np.add.at(total, (group, kind), 1)
    random = np.random.Generator(np.random.PCG64(0))
    draws = random.integers(len(groups), size=(n_draws, len(groups)))
    times = np.zeros((n_draws, len(groups)))  # that each group is in each draw
    np.add.at(times, (np.arange(n_draws)[:, None], draws), 1)
    of_counts = _OF_COUNTS[measure]
    values = [of_counts(*counts) for counts in zip(times @ right, times @ total, strict=True)]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


_OF_COUNTS: dict[Callable[..., float], Callable[[np.ndarray, np.ndarray], float]] = {
    accuracy: lambda right, total: right.sum() / total.sum(),
    uar: lambda right, total: float(np.mean(right[total > 0] / total[total > 0])),
}
"""Measures by the numbers of correct answers and of all, each of shape `(n_classes,)`."""


def share_interval(successes: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), for counts too small to resample."""
    z = 1.959964  # 97.5th percentile of the normal distribution
    share, unit = successes / total, z * z / total
    center = (share + unit / 2) / (1 + unit)
    half = z / (1 + unit) * (share * (1 - share) / total + unit / 4 / total) ** 0.5
    # Rounded, so that none correct and all correct end at exactly 0 and 1.
    return max(0.0, round(center - half, 12)), min(1.0, round(center + half, 12))


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 as a percentage with a no-break space; 100 % only if it is exact."""
    number = f"{100 * share:.{digits}f}"
    if share < 1 and float(number) == 100:
        number = f"> {100 - 10**-digits:.{digits}f}"
    return f"{number}\N{NO-BREAK SPACE}%"
