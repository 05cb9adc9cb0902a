"""Record the tour of the README again, after a page has changed its look.

    .venv/bin/python -m tools.recording

starts the app with the models of `model_zoo/`, leads a headless Chromium through it and writes
docs/tour.webp. The pictures are the app's own; only the waiting is left out.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tools.app_page import SETTLED_MS, app_page

TOUR = Path(__file__).resolve().parents[1] / "docs" / "tour.webp"
WIDTH, HEIGHT = 1280, 800  # pixels
SHOWN_WIDTH = 960
MS_EACH = 2200

STOPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("/?begin=analysis", ()),
    ("/walkthrough?step=2", ()),
    ("/walkthrough?step=4", ()),
    ("/walkthrough?step=6", ("Over time", "What matters")),
    ("/walkthrough?step=9", ("Weights", "Answers")),
    ("/walkthrough?step=10", ("The figures", "One left-out take")),
    ("/accuracy", ()),
)
"""Addresses, and the views to visit there, one after the other."""


def tour(page: Page, address: str) -> Iterator[Image.Image]:
    """Pictures of all stops; the first one is the question, before and after the guess."""
    page.goto(address)
    guess = page.get_by_role("button", name="happy")
    guess.wait_for()
    yield still(page)
    guess.click()
    page.get_by_role("button", name="Now my voice").wait_for()
    yield still(page)
    for path, views in STOPS:
        page.goto(address + path)
        page.locator(".js-plotly-plot, .player canvas").first.wait_for()
        yield still(page)
        if path == "/?begin=analysis":
            page.mouse.move(WIDTH // 2, HEIGHT // 2)
            page.mouse.wheel(0, HEIGHT - 150)
            yield still(page)
        for view in views:
            page.get_by_role("radio", name=view).click()
            yield still(page)


def still(page: Page) -> Image.Image:
    """The page when nothing moves anymore, in the size of the README."""
    page.wait_for_timeout(SETTLED_MS)
    page.get_by_test_id("stSpinner").first.wait_for(state="detached")
    page.wait_for_timeout(SETTLED_MS)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return picture.resize((SHOWN_WIDTH, HEIGHT * SHOWN_WIDTH // WIDTH), Image.Resampling.LANCZOS)


def main() -> None:
    """Record the tour."""
    with app_page() as (server, page):
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        start, *later = list(tour(page, server.address))
    start.save(
        TOUR,
        save_all=True,
        append_images=later,
        duration=MS_EACH,
        loop=0,
        quality=77,
        method=6,
    )
    print(f"{TOUR}: {1 + len(later)} pictures, {TOUR.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
