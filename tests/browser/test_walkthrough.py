"""The walkthrough as a class sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from ser_core.models.zoo import ZOO
from tests.browser.actions import wait_until_whole
from tests.browser.conftest import running_server

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
LAST = 11
TRANSLATE = """() => {  // as Google Translate does: every text into elements of its own
  const walker = document.createTreeWalker(
    document.querySelector('[data-testid="stMain"]'), NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts.filter(text => text.nodeValue.trim())) {
    const outer = document.createElement('font'), inner = document.createElement('font');
    inner.textContent = 'translated ' + text.nodeValue;
    outer.appendChild(inner);
    text.parentNode.replaceChild(outer, text);
  }
}"""


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with the shipped models."""
    with running_server(ZOO, tmp_path_factory.mktemp("walkthrough") / "log") as server:
        yield server.address


def wait_for_step(page: Page, number: int) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{number} · ")
    wait_until_whole(page)
    expect(page.get_by_text("Ask the class:")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_be_visible()


def test_a_cold_link_opens_its_step(cold_server: str, open_page: OpenPage) -> None:
    page = open_page(f"{cold_server}/walkthrough?step=3")
    wait_for_step(page, 3)
    expect(page.get_by_role("link", name="Analyze")).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_next_goes_from_the_first_step_to_the_last_and_the_address_follows(
    real_server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{real_server}/walkthrough")
    page.set_viewport_size({"width": 1280, "height": 800})
    for number in range(1, LAST + 1):
        wait_for_step(page, number)
        # About one screen; while a step is drawn, the one before it is still there.
        page.wait_for_function(
            "() => { const main = document.querySelector('[data-testid=stMain]');"
            " return main.scrollHeight - main.clientHeight <= 40; }"
        )
        if number < LAST:
            page.get_by_role("button", name="Next").click()
            page.wait_for_url(f"**/walkthrough?step={number + 1}")
    expect(page.get_by_role("button", name="Next")).to_have_count(0)
    expect(page.get_by_role("button", name="Save")).to_be_visible()


def test_the_keys_of_a_presenter_turn_the_page(real_server: str, open_page: OpenPage) -> None:
    page = open_page(f"{real_server}/walkthrough?step=6")
    wait_for_step(page, 6)
    page.keyboard.press("PageDown")
    wait_for_step(page, 7)
    page.keyboard.press("PageUp")
    wait_for_step(page, 6)


def test_the_step_is_kept_when_another_page_is_visited(
    real_server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{real_server}/walkthrough?step=4")
    wait_for_step(page, 4)
    page.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="About", level=1)).to_be_visible()
    page.get_by_role("link", name="Walkthrough").click()
    wait_for_step(page, 4)


def test_a_knob_moves_the_probabilities_and_every_flip_is_said(
    server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{server}/walkthrough?step=8")
    page.get_by_role("radio", name="Knobs").click()
    # 37 answers, in four turns, take a while on a busy machine.
    expect(page.get_by_text(re.compile("Pitch: .* Tempo: .* Level: .* Noise: "))).to_be_visible()
    wait_until_whole(page)
    bars = page.get_by_label("Probabilities as recorded", exact=False).first
    before = bars.get_attribute("aria-label") or ""
    assert "now" in before
    page.get_by_role("slider", name="Noise").focus()
    page.keyboard.press("End")
    expect(bars).not_to_have_attribute("aria-label", before)
    expect(page.get_by_label("The voice with the knobs turned").first).to_be_attached()


def test_hiding_a_region_shows_how_the_probability_changes(
    real_server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{real_server}/walkthrough?step=6")
    wait_for_step(page, 6)
    page.get_by_role("radio", name="Hide a region").click()
    change = page.get_by_test_id("stMetricDelta")
    expect(change).to_be_visible()
    before = change.inner_text()
    handle = page.get_by_role("slider").first
    handle.focus()
    for _ in range(6):
        handle.press("ArrowLeft")
    expect(change).not_to_have_text(before)


def test_the_browsers_back_leads_to_the_step_in_the_address(
    server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{server}/walkthrough?step=3")
    wait_for_step(page, 3)
    page.get_by_role("button", name="Next").click()
    wait_for_step(page, 4)
    page.go_back()
    page.wait_for_url("**/walkthrough?step=3")
    wait_for_step(page, 3)
    expect(page.get_by_role("radio", name="3", exact=True)).to_be_checked()


def test_a_page_that_the_browser_has_translated_goes_on(server: str, open_page: OpenPage) -> None:
    page = open_page(f"{server}/walkthrough?step=2")
    wait_for_step(page, 2)
    page.evaluate(TRANSLATE)
    page.get_by_role("button", name="Next").click()
    wait_for_step(page, 3)
    for part in (page.locator("h1"), page.locator(".st-key-content-of-3")):
        expect(part).not_to_contain_text("translated")


def test_on_a_phone_the_controls_take_two_rows_and_the_menu_closes_after_a_choice(
    server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{server}/walkthrough", width=390)
    wait_for_step(page, 1)
    controls = page.locator(".st-key-walkthrough-controls")
    assert controls.bounding_box()["height"] < 130
    page.get_by_test_id("stExpandSidebarButton").click()
    menu = page.get_by_test_id("stSidebar")
    menu.get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="About", level=1)).to_be_visible()
    expect(menu.get_by_role("link", name="About")).not_to_be_in_viewport()


@pytest.mark.parametrize("number", [1, 3, 6, 10, 11])
def test_a_phone_shows_the_whole_width(real_server: str, open_page: OpenPage, number: int) -> None:
    page = open_page(f"{real_server}/walkthrough?step={number}", width=390, color_scheme="dark")
    wait_for_step(page, number)
    overflow = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('.js-plotly-plot, [data-testid=stDataFrame]')).length"
    )
    assert overflow == 0
