"""Real voices for a model are voices of whom it heard nothing."""

from __future__ import annotations

from pathlib import Path

from ser_core.corpora import read_corpora
from ser_core.corpora.unheard import unheard_clips
from ser_core.models.labels import EMOTIONS
from tests.made_corpus import write_ravdess

MADE = ("neutral", "happy", "sad", "angry")


def test_each_actor_outside_the_training_set_gives_one_clip_per_emotion(tmp_path: Path):
    utterances = read_corpora(write_ravdess(tmp_path, range(1, 5)))
    training_files = {"ravdess/03-01-01-01-01-01-01", "ravdess/03-02-05-01-02-01-03", ""}
    clips = unheard_clips(utterances, training_files)
    assert [(c.speaker, c.label) for c in clips] == [
        (speaker, label) for speaker in ("02", "04") for label in MADE
    ]
    assert {c.repetition for c in clips} == {"01"}


def test_strong_speech_comes_before_normal_speech_and_song(tmp_path: Path):
    names = ("03-02-05-02-01-01-01", "03-01-05-01-01-01-01", "03-01-05-02-02-02-01")
    for name in names:
        (tmp_path / f"{name}.wav").touch()
    (clip,) = unheard_clips(read_corpora(tmp_path), {"ravdess/03-01-01-01-01-01-02"})
    assert clip.file == "03-01-05-02-02-02-01"


def test_nobody_counts_as_unheard_if_the_training_set_is_unknown(tmp_path: Path):
    utterances = read_corpora(write_ravdess(tmp_path, range(1, 3)))
    assert unheard_clips(utterances, frozenset()) == []


def test_another_corpus_steps_in_if_every_actor_is_in_the_training_set(tmp_path: Path):
    for name in ("03-01-05-01-01-01-01", "03a01Wa", "03a01Fa"):
        (tmp_path / f"{name}.wav").touch()
    clips = unheard_clips(read_corpora(tmp_path), {"ravdess/03-01-01-01-01-01-01"})
    assert [(c.corpus, c.label) for c in clips] == [("emodb", "happy"), ("emodb", "angry")]


def test_the_main_models_test_actors_are_the_unheard_ones(corpora: Path):
    from ser_core.corpora.protocols import split
    from ser_core.evaluation.heard_in_training import heard_in_training
    from ser_core.models.zoo import ZOO, list_models

    main = list_models()[0]
    utterances = read_corpora(corpora, ["ravdess"])
    clips = unheard_clips(utterances, heard_in_training(ZOO / main.name))
    test = split(main.training.protocol, utterances, main.training.fold).test
    assert {c.speaker for c in clips} == {u.speaker for u in test}
    assert [c.label for c in clips[:8]] == [*EMOTIONS]
