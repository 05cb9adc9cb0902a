"""HTML from templates, in which every value is escaped: labels, titles and file names come from
files of other people.

Templates may use the filters `emotion_name`, `emotion_color`, `percent` and `emphasized`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ser_core.charts.look import emotion_color
from ser_core.evaluation.metrics import percent
from ser_core.models.labels import emotion_name

TEMPLATES = Path(__file__).with_name("templates")
STYLESHEET = TEMPLATES / "style.css"
"""Of the app and of a report."""


def render(template: str, folder: Path = TEMPLATES, **values: object) -> Markup:
    """A template filled with values; where it becomes a value itself, it is not escaped again.

    Raises:
        jinja2.UndefinedError: the template asks for a value that is not there.
    """
    return Markup(_environment(folder).get_template(template).render(values))


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "emotion_name": emotion_name,
        "emotion_color": emotion_color,
        "percent": percent,
        "emphasized": _emphasized,
    }
    return environment


def _emphasized(text: str) -> Markup:
    """The only Markdown that the sentences of the lecture have: `*words*`."""
    return Markup(re.sub(r"\*(.+?)\*", r"<em>\1</em>", str(escape(text))))
