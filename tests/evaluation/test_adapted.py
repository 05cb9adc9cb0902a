"""What getting to know a speaker gains is measured on recordings that were not learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax

from ser_core.adaptation.takes import Take
from ser_core.evaluation.adapted import (
    TAKES,
    WITHOUT_LABELS,
    KnownTake,
    Subject,
    _draws,
    adaptation_table,
    draw_scores,
    over_folds,
    stored_adaptation,
)
from ser_core.evaluation.answers import Answer, write_answers
from ser_core.models.labels import EMOTIONS
from ser_core.models.recognizer import Recognizer

LABELS = tuple(EMOTIONS)


def voices(n_speakers: int = 3, n_takes: int = 48) -> list[KnownTake]:
    """Speakers who each sound like another emotion whatever their mood."""
    random, takes = np.random.default_rng(0), []
    for speaker in range(n_speakers):
        for index in range(n_takes):
            mood = index % len(LABELS)
            logits = 1.5 * np.eye(len(LABELS))[mood] + random.normal(size=len(LABELS)) * 0.8
            logits[speaker + 2] += 2
            take = Take(logits, np.append(logits, random.normal(size=4)))
            statement = str(index // len(LABELS) % 2)
            takes.append(KnownTake(f"ravdess/{speaker}", statement, take, LABELS[mood]))
    return takes


def by_speaker(takes: list[KnownTake]) -> dict[str, list[KnownTake]]:
    names = {known.speaker for known in takes}
    return {name: [t for t in takes if t.speaker == name] for name in sorted(names)}


@pytest.mark.parametrize("draw", TAKES)
def test_no_draw_tests_what_it_learns(draw):
    random = np.random.default_rng(0)
    for learned, tested in _draws(by_speaker(voices()), 8, draw, random):
        assert not {id(t.logits) for t in learned} & {id(t.take.logits) for t in tested}
        assert len({known.speaker for known in tested}) == 1


def test_with_labels_one_sentence_is_learned_and_the_other_tested():
    for learned, tested in _draws(by_speaker(voices()), 8, "labelled", np.random.default_rng(0)):
        assert all(take.label for take in learned)
        assert len({known.statement for known in tested}) == 1


def test_one_mood_is_one_mood_and_most_is_four_in_five():
    takes = voices()
    mood_of = {id(known.take.logits): known.actual for known in takes}
    for draw, share in (("one-mood", 1.0), ("mostly-one-mood", 0.8)):
        for learned, _ in _draws(by_speaker(takes), 5, draw, np.random.default_rng(0)):
            moods = [mood_of[id(take.logits)] for take in learned]
            assert max(map(moods.count, moods)) == 5 * share


def test_learning_gains_and_the_same_command_gives_it_again(tiny_recognizer):
    takes = voices()
    before, after, _ = draw_scores(tiny_recognizer, takes, 16).mean(axis=0)
    assert after > before + 0.1
    again = draw_scores(tiny_recognizer, takes, 16).mean(axis=0)
    assert again.tolist()[:2] == [before, after]
    zero = draw_scores(tiny_recognizer, takes, 0)
    np.testing.assert_array_equal(zero[:, 0], zero[:, 1])


def test_the_table_has_every_draw(tiny_recognizer):
    subject = Subject("this file", "FP32", "actors-5fold")
    table = adaptation_table(tiny_recognizer, voices(), subject, {"any": (0, 4), "one-mood": (2,)})
    assert [(entry.draw, entry.k) for entry in table] == [("any", 0), ("any", 4), ("one-mood", 2)]
    low, high = table[1].interval
    assert low <= table[1].gain <= high


def test_stored_answers_gain_what_the_logits_behind_them_gain(
    tiny_recognizer: Recognizer, tmp_path: Path
):
    takes, temperature = voices(), tiny_recognizer.signature.temperature
    answers = [
        Answer(
            str(number),
            *known.speaker.split("/"),
            gender="",
            channel="speech",
            intensity="",
            statement=known.statement,
            actual=known.actual,
            predicted=LABELS[known.take.logits.argmax()],
            probabilities=tuple(softmax(known.take.logits / temperature)),
        )
        for number, known in enumerate(takes)
    ]
    stored = tmp_path / "answers.csv"
    for fold in range(5):
        write_answers(stored, answers, LABELS, of="recipe", fold=fold, precision="FP32")
    table = stored_adaptation(tiny_recognizer, stored, "actors-5fold")
    expected = over_folds([(tiny_recognizer, takes)] * 5, "actors-5fold", WITHOUT_LABELS)
    assert table == expected
    assert max(entry.gain for entry in table) > 0.1


def test_without_stored_answers_there_is_no_table(tiny_recognizer: Recognizer, tmp_path: Path):
    assert stored_adaptation(tiny_recognizer, tmp_path / "none.csv", "actors-5fold") == []
