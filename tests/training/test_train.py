"""The training loop: what it learns, what it keeps, and that it goes on where it stopped."""

import csv
import dataclasses
import json
import shlex

import numpy as np
import pytest
import torch

from ser_core.corpora.readers import read_corpora
from ser_core.features.log_mel import LogMel
from ser_core.runtime.progress import Silent
from ser_core.training.checkpoint import Run
from ser_core.training.clips import Clips
from ser_core.training.features_cache import log_mels
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split, run_training
from ser_core.training.teachers import NetworkTeacher
from ser_core.training.train import Material, train
from ser_core.training.workspace import Workspace
from tests.made_corpus import write_nemo, write_ravdess
from tests.recorder import Recorder


def part_clips(recipe, workspace):
    """The training and the validation clips of a recipe."""
    parts = recipe_split(recipe, workspace.data)
    return [Clips.load(part, recipe, workspace) for part in (parts.train, parts.validation)]


def assert_same_weights(run, other):
    for name, weights in run.network.named_parameters():
        torch.testing.assert_close(weights, other.network.get_parameter(name), msg=name)


def test_training_learns_to_tell_synthetic_emotions_apart(small_run):
    first, *_, last = small_run.curves
    assert last.train_loss < first.train_loss
    assert last.train_loss < 0.8 * np.log(8) * 1.3  # where guessing stays, evidence and all


def test_a_run_folder_holds_recipe_curves_and_checkpoint(checkpoint, recipe):
    text = (checkpoint.parent / "recipe.json").read_text()
    assert Recipe.from_json(text) == recipe
    with (checkpoint.parent / "curves.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2", "3"]


class _StoppedError(Exception):
    pass


class _StopsAfterOneEpoch(Silent):
    def step(self, done, total, note=""):
        if note:
            raise _StoppedError


def test_a_resumed_run_ends_with_the_same_weights_as_an_unbroken_one(small_run, recipe, workspace):
    with pytest.raises(_StoppedError):
        run_training(recipe, workspace, "stopped", progress=_StopsAfterOneEpoch())
    resumed = Run.load(run_training(recipe, workspace, "stopped", resume=True))
    weights = resumed.network.state_dict()
    for name, expected in small_run.network.state_dict().items():
        torch.testing.assert_close(weights[name], expected, msg=name)
    curves, expected_curves = (
        [dataclasses.replace(epoch, samples_per_s=0) for epoch in run.curves]
        for run in (resumed, small_run)
    )
    assert curves == expected_curves


def test_a_run_of_another_recipe_is_not_resumed(small_run, recipe, shared):
    other = dataclasses.replace(recipe, seed=7)
    with pytest.raises(ValueError, match="another recipe"):
        run_training(other, shared, small_run.folder.name, resume=True)


def test_a_start_on_other_corpora_is_trained_once_and_taken_over(
    recipe, made_ravdess, features, tmp_path
):
    for source in (made_ravdess, write_nemo(tmp_path / "nemo")):
        (tmp_path / "corpora").mkdir(exist_ok=True)
        (tmp_path / "corpora" / source.name).symlink_to(source, target_is_directory=True)
    started = dataclasses.replace(
        recipe, epochs=1, pretraining_corpora=("nemo",), pretraining_epochs=2, learning_rate=1e-9
    )
    workspace, progress = Workspace(tmp_path / "corpora", features, tmp_path / "runs"), Recorder()
    for fold in (0, 1):
        checkpoint = run_training(
            dataclasses.replace(started, fold=fold), workspace, f"{fold}", progress=progress
        )
    # The start, then fold 0; fold 1 took the start that was there.
    assert progress.epochs == [1, 2, 1, 1]
    (start,) = workspace.runs.glob("se_resnet-*")
    after = Run.load(checkpoint).network
    for name, weights in Run.load(start / "checkpoint.pt").network.named_parameters():
        # At a learning rate of almost nothing the network stays where it started.
        torch.testing.assert_close(weights, after.get_parameter(name), atol=1e-6, rtol=0, msg=name)


def test_a_start_holds_no_recording_of_ravdess_or_of_the_corpus_for_the_test(recipe, tmp_path):
    write_ravdess(tmp_path / "ravdess", range(1, 3))
    write_nemo(tmp_path / "nemo")
    start = dataclasses.replace(recipe, pretraining_corpora=("ravdess", "nemo")).pretraining
    parts = recipe_split(start, tmp_path)
    assert {u.corpus for u in (*parts.train, *parts.validation)} == {"nemo"}
    assert len({u.speaker for u in parts.validation}) == 1


def test_a_student_that_only_asks_its_teachers_never_looks_at_a_label(recipe, workspace, tmp_path):
    obedient = dataclasses.replace(
        recipe, epochs=1, teachers=("se_resnet",), teacher_epochs=2, teacher_share=1.0
    )
    student = Run.load(run_training(obedient, workspace, "student"))
    (checkpoint,) = workspace.runs.glob("se_resnet-*/checkpoint.pt")
    taught_by = NetworkTeacher(Run.load(checkpoint).network)
    assert Run.load(checkpoint).recipe == dataclasses.replace(recipe, epochs=2)

    clips, validation = part_clips(obedient, workspace)
    clips.targets = np.roll(clips.targets, 1)
    misled = train(Material(clips, validation, teachers=[taught_by]), tmp_path / "misled")
    assert_same_weights(student, Run.load(misled))


def test_teachers_of_a_random_split_learn_from_the_same_files_as_their_student(made_ravdess):
    student = Recipe(protocol="random-80-20", seed=3, teachers=("tcn", "cnn"))
    train_parts = {
        recipe_split(recipe, made_ravdess).train for recipe in (student, *student.teacher_recipes)
    }
    assert len(train_parts) == 1


def test_teachers_with_starts_of_their_own_are_different_networks():
    taught = Recipe(pretraining_corpora=("nemo",), teachers=("se_resnet", "se_resnet"))
    one, other = taught.teacher_recipes
    assert one == other
    apart = taught.with_settings({"teacher_starts": [15, 45]})
    assert [teacher.pretraining.epochs for teacher in apart.teacher_recipes] == [15, 45]
    alone = dataclasses.replace(taught, teachers=(), epochs=taught.teacher_epochs)
    assert apart.teacher_recipes[0] == dataclasses.replace(alone, pretraining_epochs=15)


def test_every_teacher_has_a_start_or_none_has():
    with pytest.raises(ValueError, match=r"^teacher_starts has 1 values for 2 teachers\."):
        Recipe(teachers=("se_resnet", "tcn")).with_settings({"teacher_starts": [15]})


def test_the_command_of_a_recipe_names_all_that_differs_from_the_default():
    changed = {"augmentation.mixup": 0, "ema": 0.9, "arch_options": {"channels": [8, 8, 8, 8]}}
    recipe = Recipe(pretraining_corpora=("nemo",), teachers=("tcn",), seed=3)
    recipe = recipe.with_settings(changed)
    words = shlex.split(recipe.command)
    settings = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
    assert settings == [
        "arch_options.channels=[8, 8, 8, 8]",
        "ema=0.9",
        "augmentation.mixup=0",
    ]
    values = {name: json.loads(value) for name, value in (s.split("=") for s in settings)}
    named = Recipe(pretraining_corpora=("nemo",), teachers=("tcn",), seed=3)
    assert named.with_settings(values) == recipe
    assert words[words.index("--pretrain") + 1] == "nemo"
    assert words[words.index("--teacher") + 1] == "tcn"


@pytest.mark.parametrize("name", ["augmentation.loudness", "epochs.first", "mood.of.day"])
def test_a_value_that_no_recipe_has_is_named(name):
    with pytest.raises(ValueError, match=rf"no value '{name}'.*augmentation\.mixup"):
        Recipe().with_settings({name: 1})


def test_a_recipe_of_another_version_is_refused_by_name():
    with pytest.raises(ValueError, match=r"no value 'augmentation\.loudness'"):
        Recipe.from_json('{"augmentation": {"loudness": 1}}')


@pytest.mark.parametrize(
    "value",
    [
        {"epochs": 1.5},
        {"refit": 1},
        {"channels": 3},
        {"teacher_starts": 15},
        {"augmentation.noise_snr_db": [10]},
    ],
)
def test_a_value_of_another_kind_is_named(value):
    (name,) = value
    with pytest.raises(ValueError, match=rf"^{name}\S*: Expected .*\.$"):
        Recipe().with_settings(value)


def test_a_balanced_epoch_draws_every_emotion_equally_often(recipe, workspace):
    parts = recipe_split(recipe, workspace.data)
    few = [u for u in parts.train if u.label != "sad"] + [
        u for u in parts.train if u.label == "sad"
    ][:4]
    balanced = dataclasses.replace(recipe, balanced=True)
    clips = Clips.load(few, balanced, workspace)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.cat([t for _ in range(20) for _, t in clips.batches(generator)])
    shares = torch.bincount(drawn, minlength=8) / len(drawn)
    np.testing.assert_allclose(shares[shares > 0], 0.25, atol=0.03)


def test_a_file_that_is_no_checkpoint_is_named(tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match=r"checkpoint\.pt is no checkpoint"):
        Run.load(tmp_path / "checkpoint.pt")


def test_training_validation_and_test_share_no_actor(recipe, made_ravdess):
    parts = recipe_split(recipe, made_ravdess)
    speakers = [{u.speaker for u in part} for part in (parts.train, parts.validation, parts.test)]
    assert speakers[2] == {"02", "05", "14", "15", "16"}
    assert sum(map(len, speakers)) == len(set.union(*speakers)) == 24


def test_cached_features_are_those_of_the_definition(made_ravdess, tmp_path):
    from ser_core.corpora.readers import load_clip

    utterances = read_corpora(made_ravdess)[:10]
    for _ in range(2):  # computed, then read
        cached = log_mels(utterances, LogMel(), tmp_path)
        for utterance, log_mel in zip(utterances, cached, strict=True):
            expected = LogMel()(load_clip(utterance).waveform)
            np.testing.assert_allclose(log_mel, expected, atol=0.07)  # float16


def test_a_cache_of_other_settings_is_refused(made_ravdess, tmp_path):
    utterances = read_corpora(made_ravdess)[:2]
    log_mels(utterances, LogMel(), tmp_path)
    with pytest.raises(ValueError, match="other settings"):
        log_mels(utterances, LogMel(n_mels=64), tmp_path)


def test_an_epoch_shows_each_clip_once_and_whole_where_it_fits(recipe, workspace):
    clips, _ = part_clips(recipe, workspace)
    seen = [
        excerpt for batch, _ in clips.batches(torch.Generator().manual_seed(0)) for excerpt in batch
    ]
    assert len(seen) == len(clips) // recipe.batch * recipe.batch
    lengths = {(excerpt > -140).any(dim=0).sum().item() for excerpt in seen}
    assert lengths <= {log_mel.shape[1] for log_mel in clips.log_mels}


def test_a_refit_network_has_learned_from_validation_but_not_from_the_test(recipe, made_ravdess):
    before = recipe_split(recipe, made_ravdess)
    parts = recipe_split(dataclasses.replace(recipe, refit=True), made_ravdess)
    assert {*parts.train} == {*before.train, *before.validation}
    assert len(parts.train) == len(before.train) + len(before.validation)
    assert (parts.validation, parts.test) == (before.validation, before.test)


def test_what_a_refit_network_learns_is_what_all_its_clips_teach(recipe, workspace, tmp_path):
    refit = dataclasses.replace(recipe, epochs=1, refit=True)
    run = Run.load(run_training(refit, workspace, "refit"))
    assert run.judged.recipe == dataclasses.replace(refit, refit=False)
    alone = train(Material(*part_clips(refit, workspace)), tmp_path / "alone")
    assert_same_weights(run, Run.load(alone))
