"""Take the screenshots of the README again, after a page has changed its look.

    .venv/bin/python -m tools.screenshots

starts the app with the models of `model_zoo/`, photographs it in headless Chromium (as the browser
tests do: `apt install chromium`) and writes docs/*.png. The voices in them are samples:
samples/LICENSE says whose.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Page

from tools.app_page import SETTLED_MS, app_page

DOCS = Path(__file__).resolve().parents[1] / "docs"
WIDTH = 1280  # pixels
MAX_BYTES = 300_000
COLORS = 256


class Picture(NamedTuple):
    """One picture: its name, the page, what to do there, and how much of it to show."""

    name: str
    address: str
    prepare: Callable[[Page], object]
    height: int


def _analyze(page: Page) -> None:
    page.get_by_role("button", name="happy").click()
    page.get_by_role("list", name="Answers").wait_for()


def _accuracy(page: Page) -> None:
    page.get_by_label("Bar chart of accuracy", exact=False).first.wait_for()


def _walkthrough(page: Page) -> None:
    page.get_by_role("radio", name="6", exact=True).click()
    page.get_by_role("heading", name="6 ·", exact=False).wait_for()
    page.locator(".js-plotly-plot").first.wait_for()


PICTURES = (
    Picture("analyze", "/", _analyze, 1090),
    Picture("accuracy", "/accuracy", _accuracy, 900),
    Picture("walkthrough", "/walkthrough", _walkthrough, 900),
)


def take(address: str, picture: Picture, page: Page) -> Path:
    """Photograph a page.

    Raises:
        ValueError: the file is too large for the README.
    """
    page.set_viewport_size({"width": WIDTH, "height": picture.height})
    page.goto(address + picture.address)
    picture.prepare(page)
    page.wait_for_timeout(SETTLED_MS)
    # Fewer colors make a third of the size; this method keeps the rare ones, too.
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image = image.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    path = DOCS / f"{picture.name}.png"
    image.save(path, optimize=True)
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path} is larger than {MAX_BYTES} bytes. Show less of the page.")
    return path


def main() -> None:
    """Take all pictures."""
    with app_page() as (server, page):
        for picture in PICTURES:
            print(take(server.address, picture, page))


if __name__ == "__main__":
    main()
