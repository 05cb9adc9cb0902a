"""A server of the app on a port of its own, and pages of a headless Chromium that note faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from tools import voices
from tools.chromium import chromium_path
from tools.server import running_server

ColorScheme = Literal["light", "dark"]

# A busy machine takes its time; what never comes fails all the same.
TIMEOUT_MS = 90_000
expect.set_options(timeout=TIMEOUT_MS)

_DROPPED = "Download Button source error - 404"  # in the console, see `open_page`

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)


@pytest.fixture(scope="session")
def server(tiny_zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that all tests share."""
    with running_server(tiny_zoo, tmp_path_factory.mktemp("server") / "log") as running:
        yield running.address


@pytest.fixture
def cold_server(tiny_zoo: Path, tmp_path: Path) -> Iterator[str]:
    """Address of a server that nobody has visited yet."""
    with running_server(tiny_zoo, tmp_path / "log") as running:
        yield running.address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("needs Chromium: `apt install chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@contextmanager
def hearing(chromium: Browser, sound: np.ndarray, path: Path) -> Iterator[Browser]:
    """Another Chromium, whose microphone hears a sound again and again.

    Args:
        sound: at 48 kHz, shape `(n_samples,)`.
        path: where the sound is written.
    """
    path.write_bytes(voices.wav(sound, 48_000))
    flags = (*CHROMIUM_FLAGS, f"--use-file-for-fake-audio-capture={path}")
    browser = chromium.browser_type.launch(executable_path=chromium_path(), args=list(flags))
    yield browser
    browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages by address, width in pixels and color scheme; fails if one had faults.

    Faults are errors in the console and requests to anywhere but the server. Streamlit's client
    asks for its health below the page's own address first, so that 404 is none; nor is that of a
    sound or download whose page is built anew before it was fetched, since Streamlit has dropped it
    then; of a download, its client says so once more in words of its own.
    """
    faults: list[str] = []
    contexts = []

    def open_page(address: str, width: int = 1280, color_scheme: ColorScheme = "light") -> Page:
        origin = "/".join(address.split("/")[:3])
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=color_scheme,
            permissions=["microphone"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)

        def on_console(message: ConsoleMessage) -> None:
            where = message.location["url"]
            expected = "/_stcore/" in where or "/media/" in where or _DROPPED in message.text
            if message.type == "error" and not expected:
                faults.append(f"{message.text} {where}")

        def on_request(request: Request) -> None:
            if not request.url.startswith((origin, "data:", "blob:")):
                faults.append(f"request to {request.url}")

        page.on("console", on_console)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", on_request)
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults
