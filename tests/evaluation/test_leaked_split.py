"""What known voices are worth: the file of figures, and which actors are there for what."""

from __future__ import annotations

from pathlib import Path

import pytest

from ser_core.charts.walkthrough.leaked_split import actor_grid, climbing_score
from ser_core.corpora.protocols import KNOWN_VOICES
from ser_core.evaluation.leaked_split import (
    LeakedSplitError,
    leaked_figures,
    roles,
)

HEADER = "share_known,uar,low,high,accuracy,n_clips,command"
MADE = f"""{HEADER}
1,0.8,0.75,0.85,0.81,400,measure --all
0,0.5,0.45,0.55,0.52,400,measure --none
0.5,0.65,0.6,0.7,0.66,400,measure --half
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "figures.csv"
    path.write_text(MADE, encoding="utf-8")
    return path


def test_figures_come_from_new_voices_to_known_ones(file: Path) -> None:
    figures = leaked_figures(file)
    assert [figure.share_known for figure in figures] == [0, 0.5, 1]
    assert (figures[0].uar, figures[0].n_clips, figures[0].command) == (0.5, 400, "measure --none")


def test_no_file_has_no_figures_and_a_damaged_one_says_what_to_do(tmp_path: Path) -> None:
    assert leaked_figures(tmp_path / "absent.csv") == ()
    damaged = tmp_path / "damaged.csv"
    for text in (f"{HEADER}\n0,much,,,,,\n", "share,uar\n0,1\n", f"{HEADER}\n0,0.5\n"):
        damaged.write_text(text, encoding="utf-8")
        with pytest.raises(LeakedSplitError, match=r"python -m tools\.known_voices"):
            leaked_figures(damaged)


@pytest.mark.parametrize("percent", KNOWN_VOICES)
def test_of_eight_test_actors_the_given_share_leaks(percent: int) -> None:
    found = list(roles(percent / 100).values())
    assert len(found) == 24
    assert found.count("known") == round(8 * percent / 100)
    assert found.count("known") + found.count("new") == 8


def test_the_test_actors_are_the_same_for_every_share_and_one_that_leaks_goes_on_leaking() -> None:
    before: set[str] = set()
    tested = [{a for a, r in roles(p / 100).items() if r in ("new", "known")} for p in KNOWN_VOICES]
    assert all(actors == tested[0] for actors in tested)
    for percent in KNOWN_VOICES:
        leaking = {actor for actor, role in roles(percent / 100).items() if role == "known"}
        assert before <= leaking
        before = leaking


def test_the_score_shows_no_more_than_was_uncovered(file: Path) -> None:
    figures = leaked_figures(file)
    line, names = climbing_score(figures, 2, 0.9).data
    assert list(line.y) == [0.5, 0.65]
    assert list(line.error_y.array) == pytest.approx([0.05, 0.05])
    assert len(names.text) == 2


def test_an_actor_that_leaks_is_told_by_words_and_a_rim_not_by_color_alone() -> None:
    grid = actor_grid({"01": "train", "02": "known", "03": "new"})
    assert "LEAKS" in grid.layout.annotations[1].text
    assert [shape.line.width for shape in grid.layout.shapes] == [0, 3, 0]
