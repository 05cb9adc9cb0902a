"""Rows of the ablation table are trained recipes, measured on speech alone."""

import dataclasses

import pytest

from ser_core.training.ablation import ROWS, Row, ablate, as_markdown, choices
from ser_core.training.recipe import Recipe
from tests.recorder import Recorder


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_a_recipe_that_differs_from_the_first_one_only(name):
    recipe = Recipe(pretraining_corpora=("nemo",))
    assert (recipe.with_settings(ROWS[name]) == recipe) == (name == "the recipe")


def test_a_row_is_measured_for_every_fold_and_seed(recipe, workspace):
    short = dataclasses.replace(recipe, epochs=1)
    rows = ["the recipe", "without label smoothing"]
    progress = Recorder()
    for _ in range(2):  # trained, then read
        table = ablate(short, rows, workspace, folds=(0, 1), seeds=(0,), progress=progress)
    assert [row.name for row in table] == rows
    assert all(len(row.test) == 2 and 0 <= min(row.test) <= max(row.test) <= 1 for row in table)
    assert len(list(workspace.runs.glob("*/checkpoint.pt"))) == 4
    assert progress.lines[:4] == progress.lines[4:]


def test_the_table_shows_the_mean_difference_and_its_error():
    table = [Row("the recipe", (0.5, 0.7), (0.6, 0.8)), Row("without song", (0.4, 0.6), (0.5, 0.6))]
    *_, first, second = as_markdown(table).splitlines()
    assert first == "| the recipe | 60.0% |  | 70.0% |  | 2 |"
    assert second == "| without song | 50.0% | -10.0 ± 0.0 | 55.0% | -15.0 ± 5.0 | 2 |"


def test_a_fold_has_no_say_in_its_own_choice():
    # Entry k of a column is network k, judged on fold k (test) or on fold k + 1 (validation).
    plain = Row("plain", validation=(0.5,) * 5, test=(0.5,) * 5)
    # Better on fold 0 alone: by network 0 itself, and by network 4, whose next fold it is.
    lucky = Row("lucky", validation=(0.5, 0.5, 0.5, 0.5, 0.9), test=(0.9, 0.5, 0.5, 0.5, 0.5))
    assert choices([plain, lucky]) == ["plain", "lucky", "plain", "plain", "lucky"]


def test_a_choice_needs_every_fold():
    with pytest.raises(ValueError, match="each of 5 folds"):
        choices([Row("plain", validation=(0.5, 0.5), test=(0.5, 0.5))])


def test_a_row_that_is_not_in_the_table_is_named(recipe, workspace):
    with pytest.raises(ValueError, match="no row 'without luck'"):
        ablate(recipe, ["without luck"], workspace)


def test_networks_that_learned_from_their_judges_are_not_compared(recipe, workspace):
    refit = dataclasses.replace(recipe, refit=True)
    with pytest.raises(ValueError, match="Validation judges"):
        ablate(refit, ["the recipe"], workspace)
