"""How long a visitor waits: the first page of a cold server, every page, and what is chosen there.

    python -m tools.waits             # three rounds with the models of model_zoo/
    python -m tools.waits --rounds 1

A wait lasts from the click until the script has ended and the page has stopped changing. Each
round has a server of its own; the table for docs/reliability.md has the medians. Needs a quiet
machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

from playwright.sync_api import Locator, Page

from pages.shell.page import NAVIGATION
from tools.app_page import app_page

QUIET_MS = 1500  # without a change: the page is whole
_PATIENCE_MS = 120_000

_WATCH = """() => {
  window.changedAt = performance.now();
  window.changes = new MutationObserver(() => { window.changedAt = performance.now(); });
  window.changes.observe(document.body, {childList: true, subtree: true});
}"""
_WHOLE = f"""() => document.querySelector('[data-test-script-state=notRunning]') !== null
  && document.querySelector('[data-testid=stSkeleton]') === null
  && performance.now() - window.changedAt > {QUIET_MS}"""

Wait: TypeAlias = "tuple[str, float]"
"""What was done, and the seconds until the page was whole."""


def wait_after(page: Page, action: Callable[[], object]) -> float:
    """Seconds from an action until the page is whole."""
    page.evaluate(_WATCH)
    start_ms = page.evaluate("() => performance.now()")
    action()
    page.wait_for_function(_WHOLE, timeout=_PATIENCE_MS, polling=50)
    changed_ms = page.evaluate("() => { window.changes.disconnect(); return window.changedAt; }")
    return max(0.0, changed_ms - start_ms) / 1000


def first_start(page: Page, address: str, started_s: float) -> float:
    """Seconds from the start of the server until its first page is whole."""
    page.goto(address)
    page.evaluate(_WATCH)
    page.wait_for_function(_WHOLE, timeout=_PATIENCE_MS, polling=50)
    return time.monotonic() - started_s - QUIET_MS / 1000


def waits_of_pages(page: Page) -> Iterator[Wait]:
    """Each page opened from the menu, the first time on this server and once more."""
    entries = [*NAVIGATION[1:], NAVIGATION[0]]
    for visit in ("first visit", "again"):
        for entry in entries:
            link = page.get_by_test_id("stSidebar").get_by_role("link", name=entry.title)
            yield f"{entry.title}, {visit}", wait_after(page, link.click)


def waits_of_choices(page: Page) -> Iterator[Wait]:
    """What is chosen on a page, where the page must answer."""
    sidebar = page.get_by_test_id("stSidebar")
    wait_after(page, sidebar.get_by_role("link", name="Analyze").click)
    guess = page.get_by_role("button", name="happy")
    yield "Analyze: a guess, then the answers", wait_after(page, guess.click)
    following = page.get_by_role("button", name="Next voice")
    yield "Analyze: the next voice", wait_after(page, following.click)
    wait_after(page, guess.click)
    models = page.get_by_role("combobox", name="Models to compare")
    yield "Analyze: one more model", _select_next(page, models)
    wait_after(page, sidebar.get_by_role("link", name="Accuracy").click)
    yield "Accuracy: to one result", _scroll_to(page, "One result in detail")
    for title in ("Model", "Tested on"):
        box = page.get_by_role("combobox", name=title, exact=True).first
        yield f"Accuracy: {title}", _select_next(page, box)
    for title in ("clips", "Actor"):
        switch = page.get_by_role("radio", name=title, exact=True).first
        wait_after(page, switch.scroll_into_view_if_needed)  # which builds what is near
        yield f"Accuracy: {title}", wait_after(page, switch.click)
    _scroll_to(page, "Getting to know a voice")
    adapted = page.get_by_role("combobox", name="Model", exact=True).last
    yield "Accuracy: the model that gets to know a voice", _select_next(page, adapted)
    wait_after(page, sidebar.get_by_role("link", name="Walkthrough").click)
    for number in range(2, 12):
        following = page.get_by_role("button", name="Next", exact=True)
        yield f"Walkthrough: step {number}", wait_after(page, following.click)


def _scroll_to(page: Page, heading: str) -> float:
    """Scroll to a section, which is built then."""
    return wait_after(page, page.get_by_role("link", name=heading, exact=True).click)


def _select_next(page: Page, box: Locator) -> float:
    """Choose the option below the present one."""
    box.click()
    page.keyboard.press("ArrowDown")
    page.get_by_role("option").first.wait_for()
    waited_s = wait_after(page, lambda: page.keyboard.press("Enter"))
    page.keyboard.press("Escape")  # where several may be chosen, the list is still open
    return waited_s


def main() -> None:
    """Print the median of each wait."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    waits: dict[str, list[float]] = {}
    for _ in range(parser.parse_args().rounds):
        with app_page() as (server, page):
            page.set_viewport_size({"width": 1280, "height": 900})
            page.set_default_timeout(_PATIENCE_MS)
            waits.setdefault("From a cold server to the first whole page", []).append(
                first_start(page, server.address, server.started_s)
            )
            for name, seconds in (*waits_of_pages(page), *waits_of_choices(page)):
                waits.setdefault(name, []).append(seconds)
    print("| what | s |\n|---|---|")
    for name, seconds in waits.items():
        print(f"| {name} | {statistics.median(seconds):.1f} |")


if __name__ == "__main__":
    main()
