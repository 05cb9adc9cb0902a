"""Several recordings at once get what each gets alone, in the same order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ser_core.corpora.identity import Fingerprints
from ser_core.corpora.readers import read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.answers import Omissions, answers
from ser_core.evaluation.batch import Batch
from ser_core.evaluation.robustness import robustness
from ser_core.features.source import Source
from ser_core.models import many
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model
from tests.made_corpus import write_ravdess


@pytest.fixture(scope="module")
def ravdess(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_ravdess(tmp_path_factory.mktemp("ravdess"), range(1, 4))
    broken, original, copy = sorted(folder.rglob("*.wav"))[3:6]
    broken.write_bytes(b"no audio")
    copy.write_bytes(original.read_bytes())
    return folder


@pytest.fixture(scope="module")
def three_at_once(tiny_zoo: Path) -> Recognizer:
    return load_model("tiny", zoo=tiny_zoo, at_once=3)


def test_answers_and_what_is_left_out(
    ravdess: Path, tiny_recognizer: Recognizer, three_at_once: Recognizer
) -> None:
    utterances = read_corpora(ravdess)
    results = []
    for recognizer in (tiny_recognizer, three_at_once):
        omissions = Omissions(Fingerprints([]))
        given = answers(recognizer, utterances, "emotions-8", omissions=omissions)
        results.append((given, omissions.unread, omissions.copies))
    (alone, *left_out), (together, *left_out_together) = results
    assert left_out_together == left_out
    assert [replace(a, probabilities=()) for a in together] == [
        replace(a, probabilities=()) for a in alone
    ]
    for one, other in zip(together, alone, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-4)


def test_processes_give_bit_for_bit_what_one_thread_gives(
    tmp_path: Path, tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_ravdess(tmp_path, range(1, 6))
    sorted(folder.rglob("*.wav"))[3].write_bytes(b"no audio")
    utterances = read_corpora(folder)
    monkeypatch.setattr(many, "MANY", len(utterances))
    monkeypatch.setattr(many, "in_order", None)  # so this many are none for threads
    together = _heard(load_model("tiny", zoo=tiny_zoo, at_once=2), utterances)
    monkeypatch.undo()
    assert together == _heard(load_model("tiny", zoo=tiny_zoo, threads=1), utterances)
    answered, unread, _ = together
    assert len(answered) == len(utterances) - 1
    assert len(unread) == 1


def _heard(recognizer: Recognizer, utterances: Sequence[Utterance]) -> tuple[Any, ...]:
    omissions = Omissions(Fingerprints([]))
    given = answers(recognizer, utterances, "emotions-8", omissions=omissions)
    return given, omissions.unread, omissions.copies


def test_distortions_in_processes_are_those_of_one_thread(
    ravdess: Path, tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    utterances = read_corpora(ravdess)
    test, talkers = utterances[:12], utterances[12:]
    monkeypatch.setattr(many, "MANY", 6 * len(test))
    monkeypatch.setattr(many, "in_order", None)
    many_at_once = load_model("tiny", zoo=tiny_zoo, at_once=2)
    together = robustness(many_at_once, test, talkers, "emotions-8")
    monkeypatch.undo()
    alone = load_model("tiny", zoo=tiny_zoo, threads=1)
    assert together == robustness(alone, test, talkers, "emotions-8")


def test_rows_of_a_batch_in_slices(
    ravdess: Path, tiny_recognizer: Recognizer, three_at_once: Recognizer
) -> None:
    files = sorted(ravdess.rglob("*.wav"))
    rows = []
    for recognizer in (tiny_recognizer, three_at_once):
        batch = Batch(recognizer, deque(Source.from_file(file) for file in files), by_segment=True)
        while batch.running:
            batch.work(0.05)
        assert len(batch.rows) == len(files)
        rows.append([(r.name, r.label, r.copy_of, len(r.segments), r.status) for r in batch.rows])
    assert rows[1] == rows[0]
    assert [row[-1] for row in rows[0]].count("error") == 1
