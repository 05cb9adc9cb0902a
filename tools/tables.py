"""Regenerate the tables of README.md, model_zoo/README.md and the models' READMEs from the cards.

python -m tools.tables
"""

from pathlib import Path

from ser_core.models.zoo import ZOO, list_models
from ser_core.reports.card_readme import card_readme, models_table, results_table
from ser_core.reports.headline_table import headline_table

ROOT = Path(__file__).parent.parent


def replace_tables(path: Path, start: str, tables: list[str]) -> None:
    """Replace the tables that begin with `start`; a table ends at a blank line."""
    before, *rest = path.read_text(encoding="utf-8").split(start)
    for table, part in zip(tables, rest, strict=True):
        before += table + "\n\n" + part.partition("\n\n")[2]
    path.write_text(before, encoding="utf-8")


if __name__ == "__main__":
    cards = list_models()
    for card in cards:
        (ZOO / card.name / "README.md").write_text(card_readme(card), encoding="utf-8")
    tested, channels = "| model | tested on |", ("speech", "all")
    replace_tables(ROOT / "README.md", "| tested on |", [headline_table(cards)])
    replace_tables(ZOO / "README.md", "| model | role |", [models_table(cards)])
    replace_tables(ZOO / "README.md", tested, [results_table(cards, c, "") for c in channels])
