"""What a visitor does on more than one page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page


def wait_until_whole(page: Page) -> None:
    """Wait for the last element: while a page is built anew, what is below is still the old."""
    page.wait_for_selector("[data-test-script-state=notRunning]")


def save(page: Page, button: str, path: Path) -> Path:
    """Download to `path` what `button` of the whole page offers."""
    wait_until_whole(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name=button).click()
    saved.value.save_as(path)
    return path
