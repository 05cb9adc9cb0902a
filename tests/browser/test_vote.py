"""A room votes: a projector and phones, from the code to the second round."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from ser_core.models.labels import EMOTIONS, emotion_name
from tests.browser.actions import save, wait_until_whole
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
PHONE = 390
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def projector(server: str, open_page: OpenPage) -> Page:
    """Analyze, which shows the code of a room."""
    page = open_page(f"{server}/?begin=vote")
    page.get_by_text("Vote from phones").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    return page


def phone(open_page: OpenPage, server: str, code: str, **look: str) -> Page:
    page = open_page(f"{server}/vote?room={code}", width=PHONE, **look)
    expect(page.get_by_role("heading", name="Which emotion is it?")).to_be_visible()
    return page


def choose(page: Page, label: str) -> None:
    page.get_by_role("button", name=emotion_name(label)).click()
    expect(page.get_by_text("Your vote counts")).to_be_visible()


def pressed(page: Page) -> list[str | None]:
    buttons = page.locator("#labels button[aria-pressed=true]")
    return [button.get_attribute("data-label") for button in buttons.all()]


def test_a_room_votes_twice_sees_both_rounds_beside_the_models_and_takes_them_home(
    projector: Page, server: str, open_page: OpenPage, tmp_path: Path
) -> None:
    code = projector.locator(".room .code").inner_text()
    anna = phone(open_page, server, code)
    ben = phone(open_page, server, code.lower(), color_scheme="dark")
    assert anna.locator("#labels button").count() == len(EMOTIONS)
    count = projector.locator(".vote-count")
    expect(count).to_contain_text("2 phones are in the room")
    choose(anna, "happy")
    choose(anna, "angry")
    choose(ben, "happy")
    expect(count).to_contain_text("2 votes")
    anna.reload()
    expect(anna.get_by_text("Your vote counts")).to_be_visible()
    assert pressed(anna) == ["angry"]

    projector.get_by_role("button", name="Discuss, then vote again").click()
    for page in (anna, ben):
        expect(page.get_by_role("heading", name="And now?")).to_be_visible()
        assert pressed(page) == []
    expect(anna.get_by_text(f"Before: {emotion_name('angry')}")).to_be_visible()
    choose(anna, "happy")
    choose(ben, "happy")
    expect(count).to_contain_text("2 votes")
    projector.get_by_role("button", name="Show the answers").click()

    for page in (anna, ben):
        expect(page.get_by_role("heading", name="The answers")).to_be_visible()
        expect(page.locator("#said")).to_contain_text("The room")
        expect(page.locator("#said")).to_contain_text("2 of 2")
        row = page.locator("#counts tr.mine")
        expect(row).to_have_text(f"{emotion_name('happy')} (yours)12")
    expect(projector.locator(".round")).to_contain_text("2 of 2")
    expect(projector.locator("table.votes")).to_contain_text("before")
    assert anna.evaluate("document.documentElement.scrollWidth") <= PHONE

    home = open_page(save(projector, "Take it home", tmp_path / "session.html").as_uri())
    expect(home.get_by_role("cell", name="2 of 2")).to_be_visible()
    expect(home.get_by_role("img", name="The voice over time")).to_be_visible()


def test_a_code_can_be_typed_and_a_wrong_one_is_explained(
    projector: Page, server: str, open_page: OpenPage
) -> None:
    code = projector.locator(".room .code").inner_text()
    page = open_page(f"{server}/vote", width=PHONE)
    page.get_by_label("The code on the projector").fill(code.replace("-", " ").lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Which emotion is it?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_text("Your vote counts")).to_be_visible()
    assert pressed(page) == [EMOTIONS[0]]


def test_neither_the_projector_nor_a_phone_excludes_anybody(
    projector: Page, server: str, open_page: OpenPage
) -> None:
    code = projector.locator(".room .code").inner_text()
    page = phone(open_page, server, code)
    choose(page, "happy")

    def check(where: str) -> None:
        for scheme in SCHEMES:
            for shown in (projector, page):
                shown.emulate_media(color_scheme=scheme)
                shown.wait_for_timeout(300)  # Streamlit changes its theme
                assert violations(shown) == [], (where, scheme, shown.url)

    expect(projector.locator(".vote-count")).to_contain_text("1 vote")
    check("ballot")
    projector.get_by_role("button", name="Show the answers").click()
    expect(page.get_by_role("heading", name="The answers")).to_be_visible()
    expect(projector.locator(".round")).to_be_visible()
    wait_until_whole(projector)
    check("answers")
    page.goto(f"{server}/vote?room=2222-2222")
    expect(page.get_by_text("There is no room with this code")).to_be_visible()
    assert violations(page) == []
