"""What the tests of pages share: a zoo of tiny models, and the page of the test module with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.app import START, SYNTHETIC_AT_ONCE, open_page
from tests.made_corpus import write_ravdess


@pytest.fixture(autouse=True)
def fresh_caches() -> Iterator[None]:
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture(autouse=True)
def tall_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every section is in view: without a browser, nobody scrolls."""
    monkeypatch.setattr("pages.shell.in_view._notice", lambda key, seen: True)


@pytest.fixture
def zoo(own_zoo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The zoo that pages show: the tiny models, for a test to change as it likes."""
    monkeypatch.setattr("ser_core.models.zoo.ZOO", own_zoo)
    return own_zoo


@pytest.fixture
def app(request: pytest.FixtureRequest, zoo: Path) -> AppTest:
    """The page that the test module names as `PAGE`, else Analyze with a synthetic voice."""
    return open_page(getattr(request.module, "PAGE", START), state=SYNTHETIC_AT_ONCE)


@pytest.fixture
def actors(zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Analyze with a corpus in its data; of its actors, 01 was heard in training."""
    monkeypatch.setenv("SER_DATA", str(write_ravdess(tmp_path / "data", range(1, 4))))
    (zoo / "tiny" / "heard.txt").write_text("ravdess/03-01-01-01-01-01-01\n")
    return open_page(state=SYNTHETIC_AT_ONCE)
