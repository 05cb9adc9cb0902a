"""A room votes: a projector and phones, from the code to the second round."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from ser_core.models.labels import EMOTIONS, emotion_name

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
PHONE = 390


@pytest.fixture
def projector(server: str, open_page: OpenPage) -> Page:
    """Analyze, which shows the code of a room."""
    page = open_page(f"{server}/?begin=vote")
    page.get_by_text("Vote from phones").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    return page


def phone(open_page: OpenPage, server: str, code: str, **look: str) -> Page:
    page = open_page(f"{server}/vote?room={code}", width=PHONE, **look)
    expect(page.get_by_role("heading", name="What do you hear?")).to_be_visible()
    return page


def choose(page: Page, label: str) -> None:
    page.get_by_role("button", name=emotion_name(label)).click()
    expect(page.get_by_text("Your vote counts")).to_be_visible()


def pressed(page: Page) -> list[str | None]:
    buttons = page.locator("#labels button[aria-pressed=true]")
    return [button.get_attribute("data-label") for button in buttons.all()]


def test_a_room_votes_twice_and_sees_both_rounds_beside_the_models(
    projector: Page, server: str, open_page: OpenPage
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


def test_a_code_can_be_typed_and_a_wrong_one_is_explained(
    projector: Page, server: str, open_page: OpenPage
) -> None:
    code = projector.locator(".room .code").inner_text()
    page = open_page(f"{server}/vote", width=PHONE)
    page.get_by_label("The code on the projector").fill(code.replace("-", " ").lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What do you hear?")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_text("Your vote counts")).to_be_visible()
    assert pressed(page) == [EMOTIONS[0]]
