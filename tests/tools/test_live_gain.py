"""Live's gain is counted moment by moment, with what was known before each."""

from __future__ import annotations

from pathlib import Path

from ser_core.corpora.readers import read_corpora
from ser_core.live.windows import HOP_S
from ser_core.models.recognizer import Recognizer
from tests.made_corpus import write_ravdess
from tools.live_gain import conversation


def test_every_moment_of_a_voice_counts_and_makes_it_better_known(
    tiny_recognizer: Recognizer, tmp_path: Path
):
    clips = read_corpora(write_ravdess(tmp_path, [1]), ["ravdess"])[:3]
    answers = [*conversation(tiny_recognizer, clips, "emotions-8")]
    labels = tiny_recognizer.signature.labels
    assert {labels[answer.actual] for answer in answers} == {clip.label for clip in clips}
    assert [answer.known_s for answer in answers] == [n * HOP_S for n in range(len(answers))]
    assert answers[0].adapted == answers[0].without, "nothing was known yet"
