"""The metrics, against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from ser_core.evaluation.metrics import accuracy, confusion_matrix, ece, interval, log_loss, uar

answer_pairs = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60
).map(lambda pairs: tuple(np.array(side) for side in zip(*pairs, strict=True)))


@given(answer_pairs)
def test_accuracy_and_uar_equal_scikit_learn(pairs):
    actual, predicted = pairs
    assert accuracy(actual, predicted) == pytest.approx(
        sklearn_metrics.accuracy_score(actual, predicted)
    )
    assert uar(actual, predicted) == pytest.approx(
        sklearn_metrics.recall_score(
            actual, predicted, labels=np.unique(actual), average="macro", zero_division=0
        )
    )


@given(answer_pairs)
def test_the_confusion_matrix_equals_scikit_learn(pairs):
    expected = sklearn_metrics.confusion_matrix(*pairs, labels=range(5))
    np.testing.assert_array_equal(confusion_matrix(*pairs, 5), expected)


def test_log_loss_equals_scikit_learn():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 40)
    actual = np.random.default_rng(1).integers(0, 5, 40)
    expected = sklearn_metrics.log_loss(actual, probabilities, labels=range(5))
    assert log_loss(probabilities, actual) == pytest.approx(expected)


def test_ece_is_the_gap_between_certainty_and_share_of_right_answers():
    # Ten answers, each 80 % sure, six of them right: the only bin is off by 0.2.
    probabilities = np.tile([0.8, 0.2], (10, 1))
    actual = np.array([0] * 6 + [1] * 4)
    assert ece(probabilities, actual) == pytest.approx(0.2)


def test_ece_weighs_bins_by_their_size():
    probabilities = np.array([[1.0, 0.0]] * 3 + [[0.6, 0.4]])
    actual = np.array([0, 0, 0, 1])
    assert ece(probabilities, actual) == pytest.approx(0.25 * 0.6)


def test_an_interval_of_single_clips_is_close_to_the_binomial_one():
    predicted = np.array([0] * 300 + [1] * 100)
    low, high = interval(accuracy, np.zeros(400, int), predicted)
    half_width = 1.96 * np.sqrt(0.75 * 0.25 / 400)
    assert low == pytest.approx(0.75 - half_width, abs=0.01)
    assert high == pytest.approx(0.75 + half_width, abs=0.01)


def test_an_interval_over_speakers_who_differ_is_wider():
    predicted = np.array([0] * 200 + [1] * 200)
    speakers = ["good"] * 200 + ["bad"] * 200
    of_clips = interval(accuracy, np.zeros(400, int), predicted)
    of_speakers = interval(accuracy, np.zeros(400, int), predicted, speakers)
    assert of_speakers == (0.0, 1.0)
    assert of_clips[1] - of_clips[0] < 0.2


def test_an_interval_is_the_same_every_time():
    actual, predicted = np.random.default_rng(0).integers(0, 3, (2, 90))
    assert interval(uar, actual, predicted) == interval(uar, actual, predicted)


@pytest.mark.parametrize("measure", [accuracy, uar])
def test_an_interval_is_that_of_the_measure_on_every_draw(measure):
    random = np.random.default_rng(3)
    actual, predicted = random.integers(4, size=(2, 90))
    speakers = random.integers(7, size=90)
    groups = [np.flatnonzero(speakers == speaker) for speaker in range(7)]
    draws = np.random.Generator(np.random.PCG64(0))
    values = []
    for _ in range(1000):
        draw = np.concatenate([groups[i] for i in draws.integers(7, size=7)])
        values.append(measure(actual[draw], predicted[draw]))
    expected = np.quantile(values, [0.025, 0.975])
    assert interval(measure, actual, predicted, speakers.tolist()) == tuple(expected)
