"""axe-core finds nothing wrong with any page, wide and narrow, light and dark; the vote has its own
test (`test_vote.py`).

`axe/axe.min.js` is axe-core 4.14.1 from npm, unchanged, under the MPL 2.0 (axe/LICENSE).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import see_all, wait_until_whole

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
AXE = Path(__file__).with_name("axe") / "axe.min.js"
EVERY_RULE = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
COLORS = {"type": "rule", "values": ["color-contrast"]}
ADDRESSES = (
    "/",
    "/?begin=analysis",
    "/live",
    "/accuracy",
    "/batch",
    "/benchmark",
    "/walkthrough?step=6",
    "/walkthrough?step=9",
    "/walkthrough?step=10",
    "/walkthrough?step=11&present=1",
    "/about",
)


def violations(page: Page, run: dict = EVERY_RULE) -> list[str]:
    """What axe-core complains about, one line per kind and element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return page.evaluate(
        """async (run) => (await axe.run(document, {runOnly: run})).violations.flatMap(
        (kind) => kind.nodes.map((node) => `${kind.id}: ${node.html}`))""",
        run,
    )


@pytest.mark.parametrize(("width", "color_scheme"), [(1280, "light"), (390, "dark")])
def test_no_page_excludes_anybody(
    server: str, open_page: OpenPage, width: int, color_scheme: str
) -> None:
    page = open_page(f"{server}/about", width=width, color_scheme=color_scheme)
    for address in ADDRESSES:
        page.goto(server + address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        wait_until_whole(page)
        see_all(page)
        for player in page.locator(".player").all():
            expect(player).to_be_visible()
        assert violations(page) == [], (address, width)
        if color_scheme == "light":  # a phone has the colors of a screen
            page.emulate_media(color_scheme="dark")
            page.wait_for_timeout(300)
            assert violations(page, COLORS) == [], (address, width, "dark")
