"""Files whose names mean harm, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import wait_until_whole
from tools.fuzz.damage import NASTY_NAMES
from tools.fuzz.files import packed

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
LONG = "long " * 400 + ".wav"
MARKUP = [name for name in NASTY_NAMES if set(name) & set("<[`$:")]


def upload(page: Page, name: str, data: bytes) -> None:
    files = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    page.locator("input[type=file]").first.set_input_files(files=[files])


def stays_harmless(page: Page, width: int) -> None:
    """Nothing ran, no element came of a name, and nothing is wider than the window."""
    assert page.evaluate("window.harmed") is None
    assert page.locator("img[onerror], [src*='example.invalid'], [href^='javascript']").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def heard(page: Page) -> None:
    """Wait until the player holds the voice: taken away while it loads, it leaves an error."""
    wait_until_whole(page)
    page.wait_for_function("document.querySelector('audio')?.readyState > 0")


def test_names_with_markup_do_nothing_on_the_analyze_page(
    server: str, open_page: OpenPage, speech_like_wav: bytes
):
    page = open_page(f"{server}/?begin=analysis", width=390)
    heard(page)
    page.get_by_role("radio", name="File").click()
    expect(page.locator("input[type=file]")).to_be_attached()
    for name in [*MARKUP, LONG]:
        upload(page, name, speech_like_wav)
        label = re.compile(re.escape(f"Remove {name[:8]}"))
        remove = page.get_by_role("button", name=label).first
        answers = page.get_by_role("button", name="Answers (JSON)")
        expect(remove).to_be_attached()
        expect(answers).to_be_visible()
        heard(page)
        stays_harmless(page, 390)
        # Streamlit can lose a file that comes before the script has run for the one before.
        remove.click()
        expect(answers).to_have_count(0)


def test_an_archive_of_such_names_does_nothing_on_the_batch_page(
    server: str, open_page: OpenPage, speech_like_wav: bytes
):
    names = [*MARKUP, LONG, "../../slip.wav"]
    page = open_page(f"{server}/batch")
    expect(page.locator("input[type=file]").first).to_be_attached()
    upload(
        page,
        "<img src=x onerror=window.harmed=1>.zip",
        packed(dict.fromkeys(names, speech_like_wav)),
    )
    start = page.get_by_role("button", name="Start")
    expect(start).to_be_enabled()
    start.click()
    expect(page.get_by_role("heading", name="Predicted emotions")).to_be_visible()
    stays_harmless(page, 1280)
