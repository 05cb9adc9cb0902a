"""What distortions cost, and what knowing the speaker gives back, is measured on the same clips."""

from __future__ import annotations

import pytest

from ser_core.corpora.readers import read_corpora
from ser_core.evaluation.adapted import draw_scores, known_takes
from ser_core.evaluation.answers import answers
from ser_core.evaluation.figures import EvaluationError, figures
from ser_core.evaluation.robustness import adapted_robustness, robustness
from tests.made_corpus import write_ravdess

TASK = "emotions-8"


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Test clips of two actors, and clips of two others."""
    clips = read_corpora(write_ravdess(tmp_path_factory.mktemp("ravdess"), range(1, 5)))
    return [u for u in clips if int(u.speaker) <= 2], [u for u in clips if int(u.speaker) > 2]


def test_the_first_row_is_the_clips_as_recorded_and_the_others_are_distorted(
    tiny_recognizer, parts
):
    test, talkers = parts
    rows = robustness(tiny_recognizer, test, talkers, TASK)
    clean = figures(answers(tiny_recognizer, test, TASK), tiny_recognizer.signature.labels)
    assert (rows[0].distortion, rows[0].uar, rows[0].changed) == ("as recorded", clean.uar, 0)
    assert {row.n for row in rows} == {16}
    assert any(row.changed for row in rows[1:])


def test_what_a_known_speaker_gains_is_measured_under_each_distortion(tiny_recognizer, parts):
    test, talkers = parts
    gains = adapted_robustness(tiny_recognizer, test, talkers, TASK, 4)
    distorted = {row.distortion for row in robustness(tiny_recognizer, test, talkers, TASK)}
    assert {*gains} == distorted
    takes = known_takes(tiny_recognizer, test, TASK)
    before, after, n = draw_scores(tiny_recognizer, takes, 4).mean(axis=0)
    clean = gains["as recorded"]
    assert (clean.k, clean.n) == (4, n)
    assert clean.uar == pytest.approx(after, abs=1e-5)
    assert clean.gain == pytest.approx(after - before, abs=1e-5)


def test_too_many_recordings_to_learn_from_are_refused(tiny_recognizer, parts):
    with pytest.raises(EvaluationError, match="none are left to test"):
        adapted_robustness(tiny_recognizer, *parts, TASK, 8)
