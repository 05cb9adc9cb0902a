"""Real voices to try: a clip per actor and emotion, and who of them a model never heard."""

from __future__ import annotations

from pathlib import Path

from ser_core.corpora import read_corpora, split
from ser_core.corpora.unheard import actors_clips, unheard_clips
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.models.labels import EMOTIONS
from ser_core.models.zoo import ZOO, list_models
from tests.made_corpus import write_ravdess

MADE = ("neutral", "happy", "sad", "angry")


def test_each_actor_gives_one_clip_per_emotion(tmp_path: Path):
    clips = actors_clips(read_corpora(write_ravdess(tmp_path, range(1, 4))))
    assert [(c.speaker, c.label) for c in clips] == [
        (speaker, label) for speaker in ("01", "02", "03") for label in MADE
    ]
    assert {c.repetition for c in clips} == {"01"}


def test_the_actors_of_the_training_set_are_not_unheard(tmp_path: Path):
    clips = actors_clips(read_corpora(write_ravdess(tmp_path, range(1, 5))))
    training_files = {"ravdess/03-01-01-01-01-01-01", "ravdess/03-02-05-01-02-01-03", ""}
    assert {c.speaker for c in unheard_clips(clips, training_files)} == {"02", "04"}
    assert unheard_clips(clips, frozenset()) == [], "nobody knows who was in training"


def test_strong_speech_comes_before_normal_speech_and_song(tmp_path: Path):
    names = ("03-02-05-02-01-01-01", "03-01-05-01-01-01-01", "03-01-05-02-02-02-01", "03a01Wa")
    for name in names:
        (tmp_path / f"{name}.wav").touch()
    (clip,) = actors_clips(read_corpora(tmp_path))
    assert clip.file == "03-01-05-02-02-02-01"


def test_the_main_models_test_actors_are_the_unheard_ones(corpora: Path):
    main = list_models()[0]
    utterances = read_corpora(corpora, ["ravdess"])
    clips = unheard_clips(actors_clips(utterances), heard_in_training(ZOO / main.name))
    test = split(main.training.protocol, utterances, main.training.fold).test
    assert {c.speaker for c in clips} == {u.speaker for u in test}
    assert [c.label for c in clips[:8]] == [*EMOTIONS]
