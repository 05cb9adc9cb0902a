"""What README and the models' READMEs say is what the cards say, and what they show exists."""

import re
from pathlib import Path

import pytest

from ser_core.models.zoo import ZOO, list_models
from ser_core.reports.card_readme import card_readme, models_table, results_table
from ser_core.reports.headline_table import headline_table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_results_is_that_of_the_cards():
    assert headline_table(list_models(ZOO)) in README


def test_the_readme_stays_short():
    assert len(README.encode()) < 9000


def test_the_tables_of_the_zoo_are_those_of_the_cards():
    text, cards = (ZOO / "README.md").read_text(encoding="utf-8"), list_models(ZOO)
    assert models_table(cards) in text
    for channel in ("speech", "all"):
        assert results_table(cards, channel, folder="") in text


@pytest.mark.parametrize("card", list_models(ZOO), ids=lambda card: card.name)
def test_the_readme_of_every_model_is_generated_from_its_card(card):
    assert (ZOO / card.name / "README.md").read_text(encoding="utf-8") == card_readme(card)


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "model_zoo/README.md",
        *(path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("docs/*.md"))),
    ],
)
def test_every_local_link_leads_to_a_file(name):
    file = ROOT / name
    text = file.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (file.parent / link).exists()] == []
