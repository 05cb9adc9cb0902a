"""Every fold gets a network of its own, and the card gets the means."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from sklearn.metrics import recall_score

from ser_core.evaluation.answers import read_answers
from ser_core.evaluation.results import Result, new_voices_entry
from ser_core.models.card import ModelCard
from ser_core.models.recognizer import Recognizer
from ser_core.reports.card_readme import card_readme
from ser_core.training import cross_validation as cv
from ser_core.training.calibration import run_signature
from ser_core.training.checkpoint import Run
from tests.recorder import Recorder


@pytest.fixture(scope="module")
def short(recipe):
    return dataclasses.replace(recipe, epochs=1)


@pytest.fixture(scope="module")
def trials(short, shared, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    return cv.cross_validate(short, dataclasses.replace(shared, runs=runs))


def test_every_clip_is_answered_once_by_a_network_that_never_heard_its_actor(trials):
    assert [trial.number for trial in trials] == [0, 1, 2, 3, 4]
    files = [answer.file for trial in trials for answer in trial.answers]
    assert len(files) == len(set(files)) == 192
    assert {answer.speaker for answer in trials[0].answers} == {"02", "05", "14", "15", "16"}


def test_a_finished_fold_is_not_trained_again(short, workspace):
    progress = Recorder()
    random = dataclasses.replace(short, protocol="random-80-20")
    for _ in range(2):
        cv.cross_validate(random, workspace, 2, progress)
    assert progress.epochs == [1, 1]


def test_the_card_gets_the_mean_over_the_folds(trials, short, zoo, tmp_path):
    shutil.copytree(zoo, tmp_path, dirs_exist_ok=True)
    cv.keep_in_card("small", short, trials, tmp_path, 5)
    cv.keep_in_card("small", short, trials, tmp_path, 5)  # twice is as once
    card = ModelCard.from_file(tmp_path / "small" / "card.json")
    (entry,) = [r for r in card.results if r.of == "recipe"]
    stored = read_answers(
        tmp_path / "small" / entry.predictions, card.labels, of="recipe", precision="FP32"
    )
    assert len(stored) == entry.n == 192
    recalls = [
        recall_score(
            [a.actual for a in trial.answers],
            [a.predicted for a in trial.answers],
            average="macro",
            labels=sorted({a.actual for a in trial.answers}),
        )
        for trial in trials
    ]
    assert entry.uar == pytest.approx(np.mean(recalls))
    assert entry.fold is None
    assert "cross-validate" in entry.command and "--fold" not in entry.command
    readme = (tmp_path / "small" / "README.md").read_text()
    assert readme == card_readme(card)
    assert "| actors-5fold | mean | recipe |" in readme
    json.loads((tmp_path / "small" / "card.json").read_text())


def test_figures_of_a_fine_tuned_encoder_stand_beside_those_of_the_recipe(
    trials, short, zoo, tmp_path
):
    shutil.copytree(zoo, tmp_path, dirs_exist_ok=True)
    tuned = dataclasses.replace(short, arch="whisper", start="{}", low_rank=2)
    for recipe, answered in ((short, trials), (tuned, trials[:1]), (tuned, trials[:2])):
        cv.keep_in_card("small", recipe, answered, tmp_path, 5)
    card = ModelCard.from_file(tmp_path / "small" / "card.json")
    plain, changed = (r for r in card.results if r.of == "recipe")
    assert [plain.variant, len(plain.trials)] == ["", 5]
    assert [changed.variant, len(changed.trials)] == ["fine-tuned", 2]
    for entry in (plain, changed):
        answers = Result(card, entry).answers(tmp_path)
        assert len(answers) == entry.n == sum(trial.n for trial in entry.trials)
    assert Result(card, changed).test == "unseen actors, actors-5fold, all folds, fine-tuned"
    assert new_voices_entry(card) is plain
    readme = (tmp_path / "small" / "README.md").read_text()
    assert "| actors-5fold | mean | recipe, fine-tuned |" in readme


def test_a_refit_network_takes_its_temperature_from_the_one_that_validation_judged(
    recipe, workspace
):
    refit = dataclasses.replace(recipe, protocol="random-80-20", refit=True)
    cv.cross_validate(refit, workspace, 1)
    (before,) = workspace.runs.glob("se_resnet-????????")
    expected = run_signature(Run.load(before / "checkpoint.pt"), workspace)
    (xml,) = workspace.runs.rglob("fp32.xml")
    assert Recognizer(xml, precision="FP32").signature == expected
    assert "--set refit=true" in refit.command


def test_a_refit_network_away_from_the_one_before_has_no_temperature(small_run, tmp_path):
    refit = dataclasses.replace(small_run.recipe, refit=True)
    alone = dataclasses.replace(
        small_run, recipe=refit, checkpoint=tmp_path / "run" / "checkpoint.pt"
    )
    with pytest.raises(ValueError, match="is not there"):
        _ = alone.judged
