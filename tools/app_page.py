"""The app in a headless Chromium: for the pictures of the README, and to measure waits."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from ser_core.models.zoo import ZOO
from tools.chromium import chromium_path
from tools.server import Server, running_server

SETTLED_MS = 1500  # charts fade in


@contextmanager
def app_page() -> Iterator[tuple[Server, Page]]:
    """A server of the app with the models of `model_zoo/`, and an empty browser page."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(ZOO, Path(folder) / "log") as server,
        sync_playwright() as playwright,
    ):
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
        yield server, browser.new_page()
        browser.close()
