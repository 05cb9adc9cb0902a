"""What every page begins with: its settings, the navigation and the title."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

# Streamlit would import it in the middle of a first run; plotly, drawing for somebody else just
# then, would stumble over the half of it.
import pandas  # noqa: F401
import streamlit as st

from pages.shell.models import warn_of_broken_cards
from pages.shell.settings import settings
from ser_core.reports.html import STYLESHEET
from ser_core.runtime.places import ROOT
from ser_core.runtime.settings import SettingsError

SIDEBAR_WIDTH = 240  # pixels
_CLOSE_MENU = Path(__file__).with_name("templates") / "close_menu.html"


class Entry(NamedTuple):
    """One line of the navigation."""

    file: str
    title: str
    icon: str

    @property
    def name(self) -> str:
        """The page in its address."""
        return Path(self.file).stem


ALWAYS_ON = ("streamlit_app", "about")
WITHOUT_ENTRY = ("vote",)
"""Addresses that are not in the menu, and can be turned off, too."""
NAVIGATION = (
    Entry("streamlit_app.py", "Analyze", ":material/graphic_eq:"),
    Entry("pages/live.py", "Live", ":material/mic:"),
    Entry("pages/accuracy.py", "Accuracy", ":material/fact_check:"),
    Entry("pages/batch.py", "Batch", ":material/folder_open:"),
    Entry("pages/benchmark.py", "Benchmark", ":material/speed:"),
    Entry("pages/walkthrough.py", "Walkthrough", ":material/school:"),
    Entry("pages/about.py", "About", ":material/info:"),
)


def begin(title: str, caption: str = "", heading: str = "") -> None:
    """Set up a page; the first call of each one.

    Args:
        title: as in `NAVIGATION`.
        heading: what stands above the page, where it is not the title.

    The navigation is ours: with Streamlit's own (`st.navigation`), a link to a page that is opened
    before anybody has been at `/` shows another menu and skips the entry point.
    """
    # The icon is a file of ours: Streamlit's own icons would be fetched from the internet here.
    st.set_page_config(
        f"{heading or title} · SER Lab",
        page_icon=str(Path(__file__).with_name("icon.svg")),
        layout="wide",
        initial_sidebar_state=SIDEBAR_WIDTH,
    )
    st.html(STYLESHEET)
    entries, broken = _entries()
    with st.sidebar:
        st.markdown("**SER Lab**  \nFrom voice to emotion, step by step")
        for entry in entries:
            st.page_link(entry.file, label=entry.title, icon=entry.icon, width="stretch")
        st.html(_CLOSE_MENU, unsafe_allow_javascript=True)
    st.title(heading or title)
    if broken:
        st.error(broken)
        st.stop()
    if title not in [entry.title for entry in entries]:
        st.info("This page is turned off on this server. Choose another one from the menu.")
        st.stop()
    if caption:
        st.markdown(caption)
    warn_of_broken_cards()


def _entries() -> tuple[list[Entry], str]:
    """The pages that are there and turned on, and what is wrong with the settings."""
    entries = [entry for entry in NAVIGATION if (ROOT / entry.file).is_file()]
    try:
        off = settings().pages_off
    except SettingsError as error:
        return entries, str(error)
    names = {entry.name for entry in NAVIGATION if entry.name not in ALWAYS_ON} | {*WITHOUT_ENTRY}
    if unknown := sorted(off - names):
        return entries, (
            f"SER_PAGES_OFF names {unknown[0]!r}. It can name {', '.join(sorted(names))}."
        )
    return [entry for entry in entries if entry.name not in off], ""
