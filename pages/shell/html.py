"""HTML of our own on a page, from the templates of `templates/`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ser_core.reports import html

_TEMPLATES = Path(__file__).with_name("templates")


def show_html(template: str, **values: object) -> None:
    """A template filled with values, which are escaped."""
    st.html(html.render(template, _TEMPLATES, **values))
