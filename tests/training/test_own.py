"""Recordings of one's own, from a folder to a model of the zoo."""

import dataclasses
import shutil

import pytest

from ser_core.corpora.readers import CorpusError, read_corpora
from ser_core.evaluation.evaluate import Selection, evaluate
from ser_core.evaluation.figures import EvaluationError
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.features.log_mel import LogMel
from ser_core.models.card import ModelCard
from ser_core.models.labels import EMOTIONS
from ser_core.models.zoo import load_model
from ser_core.reports.card_readme import card_readme
from ser_core.training import calibration, verification
from ser_core.training.features_cache import log_mels
from ser_core.training.packaging import ZooEntry, package
from ser_core.training.run import corpora_and_protocol, recipe_split, run_training
from ser_core.training.workspace import Workspace
from tests.made_corpus import write_own, write_ravdess
from tests.recorder import Recorder
from tools.voices import noise, wav


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """60 clips of five speakers, and of each speaker one that nobody can learn from."""
    folder = write_own(tmp_path_factory.mktemp("own"))
    for n, place in enumerate(sorted(folder.glob("sad/*"))):
        (place / "bad.wav").write_bytes([b"no audio", wav(noise(1.0, rms=0))][n % 2])
    return folder


@pytest.fixture(scope="module")
def own_recipe(recipe):
    return dataclasses.replace(recipe, corpora=("own",), protocol="own-speakers")


@pytest.fixture(scope="module")
def own_model(own, own_recipe, features, tmp_path_factory):
    """A zoo with the model `mine`."""
    zoo = tmp_path_factory.mktemp("zoo")
    workspace = Workspace(own, features, tmp_path_factory.mktemp("runs"))
    checkpoint = run_training(own_recipe, workspace, "mine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "N_CALIBRATION", 20)
        patch.setattr(verification, "MIN_INT8_AGREEMENT", 0.0)  # as the small run of RAVDESS
        patch.setattr(verification, "MAX_INT8_UAR_DROP", 1.0)
        package(checkpoint, ZooEntry("mine"), workspace, zoo)
    return zoo


def test_the_model_repeats_its_card_on_speakers_that_it_never_heard(own_model, own):
    card = ModelCard.from_file(own_model / "mine" / "card.json")
    result = evaluate(load_model("mine", zoo=own_model), own)
    assert result.protocol == "own-speakers"
    assert (result.n, [*result.unread]) == (12, ["sad/eva/bad"])  # unread is not wrong
    assert result.accuracy == card.results[0].accuracy
    (tested,) = result.by["speaker"]
    assert not any(f"/{tested}/" in name for name in heard_in_training(own_model / "mine"))


def test_clips_that_the_model_was_trained_on_are_refused(own_model, own):
    with pytest.raises(EvaluationError, match="was trained on 48 of these 65 clips"):
        evaluate(load_model("mine", zoo=own_model), own, Selection("all-clips"))


def test_the_card_says_whose_recordings_they_were_and_what_they_lack(own_model):
    card = ModelCard.from_file(own_model / "mine" / "card.json")
    assert card.labels == EMOTIONS
    assert card.license == "of the recordings' owner"
    assert not any("professional actors" in sentence for sentence in card.limitations)
    (lacking,) = [s for s in card.limitations if s.startswith("Never heard in training")]
    assert "disgust" in lacking and "happy" not in lacking
    assert set(card.results[0].per_class) == {"happy", "sad"}
    readme = (own_model / "mine" / "README.md").read_text()
    assert readme == card_readme(card)
    assert "own (of the recordings' owner)" in readme


def test_recordings_that_cannot_be_learned_from_stay_in_the_test_alone(own, own_recipe, tmp_path):
    shutil.copytree(own, tmp_path, dirs_exist_ok=True)
    parts = recipe_split(own_recipe, tmp_path)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [36, 12, 13]
    copied = next(u.path for u in parts.test if u.path.stem == "1")
    shutil.copy(copied, parts.train[0].path)
    again = recipe_split(own_recipe, tmp_path)
    assert parts.train[0] not in again.train
    assert len(parts.left_out) == 4
    assert {*again.left_out} == {*parts.left_out, parts.train[0]}


def test_training_says_how_many_recordings_it_left_out(own, own_recipe, features, tmp_path):
    progress = Recorder()
    short = dataclasses.replace(own_recipe, epochs=1)
    run_training(short, Workspace(own, features, tmp_path), "short", progress=progress)
    (line,) = progress.lines
    assert line.startswith("4 of your recordings are silent, too short")


def test_beside_ravdess_they_are_trained_on_and_its_actors_are_the_test(recipe, tmp_path):
    write_ravdess(tmp_path / "ravdess", range(1, 7))
    write_own(tmp_path / "own", ("ann",))
    both = dataclasses.replace(recipe, corpora=("ravdess", "own"))
    parts = recipe_split(both, tmp_path)
    assert sum(u.corpus == "own" for u in parts.train) == 12
    assert {u.corpus for u in (*parts.validation, *parts.test)} == {"ravdess"}


def test_what_to_train_is_seen_from_the_folder(own, made_ravdess, tmp_path):
    assert corpora_and_protocol(made_ravdess) == (("ravdess",), "actors-5fold")
    assert corpora_and_protocol(own) == (("own",), "own-speakers")
    few = write_own(tmp_path / "few", ("ann",))
    assert corpora_and_protocol(few) == (("own",), "own-files")
    assert corpora_and_protocol(tmp_path, protocol="own-files") == (("own",), "own-files")
    assert corpora_and_protocol(few, ["ravdess", "own"]) == (("ravdess", "own"), "actors-5fold")


def test_too_little_to_train_on_says_how_much_is_needed(recipe, features, tmp_path):
    few = write_own(tmp_path / "few", ("ann",))
    workspace = Workspace(few, features, tmp_path)
    files = dataclasses.replace(recipe, corpora=("own",), protocol="own-files", batch=32)
    with pytest.raises(ValueError, match="only 9 clips to train on; at least 32 are needed"):
        run_training(files, workspace, "run")
    speakers = dataclasses.replace(files, protocol="own-speakers")
    with pytest.raises(CorpusError, match="at least 5 speakers"):
        run_training(speakers, workspace, "run")


def test_the_cache_knows_recordings_of_the_same_name_apart(tmp_path):
    found = []
    for pitch, folder in enumerate((tmp_path / "mine", tmp_path / "yours")):
        write_own(folder, ("ann",))
        (folder / "sad" / "ann" / "0.wav").write_bytes(wav(noise(0.5, seed=pitch)))
        (utterance,) = [u for u in read_corpora(folder) if u.file == "sad/ann/0"]
        found += log_mels([utterance], LogMel(), tmp_path / "cache")
    assert (found[0] != found[1]).any()
