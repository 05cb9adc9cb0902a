"""Presenter mode as a class sees it, and the keys of the lecturer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import wait_until_whole

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
PROJECTOR = {"width": 1920, "height": 1080}


def open_step(server: str, open_page: OpenPage, number: int, query: str = "") -> Page:
    page = open_page(f"{server}/walkthrough?step={number}{query}", width=PROJECTOR["width"])
    page.set_viewport_size(PROJECTOR)
    expect(page.locator(".js-plotly-plot svg").first).to_be_visible()
    wait_until_whole(page)
    return page


def test_p_begins_and_ends_the_mode(server: str, open_page: OpenPage) -> None:
    page = open_step(server, open_page, 3)
    menu = page.get_by_role("link", name="Analyze")
    expect(menu).to_be_visible()
    page.keyboard.press("p")
    page.wait_for_url("**present=1**")
    expect(menu).to_be_hidden()
    page.keyboard.press("p")
    expect(menu).to_be_visible()
    expect(page.get_by_text("Ask the class:")).to_be_visible()


def test_the_chart_fills_the_screen_and_makes_room_for_question_and_notes(
    server: str, open_page: OpenPage
) -> None:
    page = open_step(server, open_page, 3, "&present=1")
    # The plot itself, not only the box around it.
    fills = """(least) => {
      const plot = document.querySelector('.js-plotly-plot svg').getBoundingClientRect();
      const main = document.querySelector('[data-testid=stMain]');
      return plot.bottom > least * innerHeight && plot.bottom <= innerHeight
        && main.scrollHeight <= main.clientHeight; }"""
    page.wait_for_function(fills, arg=0.95)
    wait_until_whole(page)
    page.keyboard.press("a")
    answer = page.get_by_text("Their spacing is the pitch.")
    expect(answer).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("Minutes 5 to 8 of 20")).to_be_in_viewport()
    expect(answer).to_be_in_viewport()
    page.wait_for_function(fills, arg=0.6)


def test_a_number_that_was_just_clicked_does_not_swallow_the_keys(
    server: str, open_page: OpenPage
) -> None:
    page = open_step(server, open_page, 1, "&present=1")
    page.get_by_role("radio", name="3", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("3 · ")
    wait_until_whole(page)
    page.keyboard.press("q")
    expect(page.get_by_text("Find a frame with many evenly spaced peaks.")).to_be_visible()
    page.keyboard.press("PageUp")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 · ")


def test_the_letters_of_a_word_are_no_keys(server: str, open_page: OpenPage) -> None:
    page = open_page(f"{server}/walkthrough?step=10")
    page.get_by_role("radio", name="Your own voice").click()
    mood = page.get_by_role("combobox", name="Mood of the next takes")
    mood.click()
    page.keyboard.type("qapn")
    expect(mood).to_have_value("qapn")
    assert "present" not in page.url
