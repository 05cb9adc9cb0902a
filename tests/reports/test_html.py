"""HTML from templates: nothing that goes in becomes markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from ser_core.reports.html import render

PAGES = Path(__file__).parents[2] / "pages" / "shell" / "templates"
HOSTILE = "\"'><script>alert(1)</script>"


def test_a_value_is_escaped_once(tmp_path: Path):
    (tmp_path / "inner.html").write_text("<b>{{ text }}</b>")
    (tmp_path / "outer.html").write_text("<p>{{ text }}</p>")
    inner = render("inner.html", tmp_path, text="a < b")
    assert render("outer.html", tmp_path, text=inner) == "<p><b>a &lt; b</b></p>"


def test_a_template_that_misspells_a_name_is_an_error(tmp_path: Path):
    (tmp_path / "one.html").write_text("{{ tetx }}")
    with pytest.raises(UndefinedError, match="tetx"):
        render("one.html", tmp_path, text="a")


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("round.html", {"columns": [(HOSTILE, HOSTILE, HOSTILE, True)]}),
        ("verdict.html", {"actual": HOSTILE, "agreement": HOSTILE}),
        (
            "live_label.html",
            {"text": HOSTILE, "label": HOSTILE, "below": HOSTILE, "others": [HOSTILE]}
            | {"height_rem": 9.0},
        ),
        ("legend.html", {"labels": [HOSTILE]}),
    ],
)
def test_a_label_of_a_strangers_model_stays_text_on_a_page(
    template: str, values: dict[str, object]
):
    html = render(template, PAGES, **values)
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "\"'>" not in html
