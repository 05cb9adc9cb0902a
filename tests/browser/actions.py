"""What a visitor does on more than one page."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Locator, Page, expect


def wait_until_whole(page: Page) -> None:
    """Wait for the last element: while a page is built anew, what is below is still the old."""
    page.wait_for_selector("[data-test-script-state=notRunning]")


def record(place: Page | Locator, seconds: float) -> None:
    """Speak into the recorder of a page, or of a part of it, for so long."""
    place.get_by_role("button", name="Record", exact=True).click()
    stop = place.get_by_role("button", name="Stop recording")
    # On a busy machine the microphone opens seconds after the click: only then does it hear.
    expect(stop).to_be_visible()
    stop.page.wait_for_timeout(1000 * seconds)
    stop.click()


def see_all(page: Page) -> None:
    """Scroll through the page, so that every section is built."""
    wait_until_whole(page)
    for heading in page.get_by_role("heading", level=2).all():
        heading.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        wait_until_whole(page)


def save(page: Page, button: str, path: Path) -> Path:
    """Download to `path` what `button` of the whole page offers."""
    wait_until_whole(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name=button).click()
    saved.value.save_as(path)
    return path


def save_table(page: Page, button: str, path: Path) -> list[dict[str, str]]:
    """Download a CSV to `path`; its rows."""
    with save(page, button, path).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))
