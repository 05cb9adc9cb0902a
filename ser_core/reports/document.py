"""An HTML file of its own: it opens anywhere, runs nothing and fetches nothing."""

from __future__ import annotations

from ser_core.reports.html import TEMPLATES, render
from ser_core.reports.law import AI_ACT
from ser_core.reports.rows import versions


def document(template: str, title: str, **values: object) -> str:
    """The text of the file.

    Args:
        template: extends `document.html`.
        title: of the file and above it.
    """
    about = {"title": title, "versions": versions(), "ai_act": AI_ACT}
    whole = render(template, TEMPLATES, **about, **values)
    return str(whole)  # as a text of its own, not as a part of another template
