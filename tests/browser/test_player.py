"""The player: sound and picture under one playhead, and a stretch that is analyzed alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from ser_core.audio.clip import Clip
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.places import SAMPLES
from tests.browser.actions import save, wait_until_whole

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
PLAIN = SAMPLES / "plain.flac"  # the first of the synthetic voices


@pytest.fixture
def page(server: str, open_page: OpenPage) -> Page:
    page = open_page(f"{server}/?begin=analysis")
    playhead(page).wait_for()
    wait_until_whole(page)
    page.get_by_role("radio", name="Synthetic").click()
    page.get_by_label(f"The voice {PLAIN.name}").wait_for()
    # Until the page is whole, the player may still hold the voice before.
    length = f"{Clip.from_file(PLAIN).duration_s:.2f}"
    expect(playhead(page)).to_have_attribute("aria-valuemax", length)
    expect(page.locator(".player audio")).to_have_js_property("readyState", 4)
    wait_until_whole(page)
    return page


def playhead(page: Page) -> Locator:
    """What takes the keys, clicks and drags of the full player."""
    return page.get_by_role("slider", name="playhead")


def now_s(page: Page) -> float:
    return float(playhead(page).get_attribute("aria-valuenow") or "nan")


def at(page: Page, share: float, down: float) -> tuple[float, float]:
    """A point on the player, as shares of its width and height."""
    box = playhead(page).bounding_box()
    assert box
    return box["x"] + share * box["width"], box["y"] + down * box["height"]


def drag(page: Page, start: float, end: float) -> None:
    playhead(page).scroll_into_view_if_needed()
    page.mouse.move(*at(page, start, 0.3))
    page.mouse.down()
    page.mouse.move(*at(page, (start + end) / 2, 0.3))
    page.mouse.move(*at(page, end, 0.3))
    page.mouse.up()


def test_a_click_on_the_picture_plays_from_there_and_the_readout_says_what_is_there(
    page: Page,
) -> None:
    playhead(page).scroll_into_view_if_needed()
    page.mouse.move(*at(page, 0.5, 0.4))
    for name, unit in (("time", "s"), ("frequency", "Hz"), ("level", "dB"), ("pitch", "Hz|none")):
        expect(page.locator(f".readout .{name}")).to_have_text(re.compile(rf"\d.* ({unit})|none"))
    duration_s = Clip.from_file(PLAIN).duration_s
    assert float(page.locator(".readout .time").inner_text().split()[0]) == pytest.approx(
        duration_s / 2, abs=0.02
    )
    page.mouse.click(*at(page, 0.5, 0.4))
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.wait_for_timeout(400)
    assert duration_s / 2 + 0.1 < now_s(page) < duration_s
    before = now_s(page)
    page.wait_for_timeout(200)
    assert now_s(page) > before, "the playhead moves"


def test_the_keyboard_plays_pauses_moves_and_selects(page: Page) -> None:
    playhead(page).focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(playhead(page)).to_have_attribute("aria-valuenow", "0.90")
    expect(playhead(page)).to_have_attribute("aria-valuetext", re.compile("level .* pitch"))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("[")
    expect(page.get_by_text("1.00–2.73 s")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1.00–2.73 s")).to_have_count(0)


def test_two_keys_at_once_are_two_steps(page: Page) -> None:
    playhead(page).evaluate(
        """player => ["Home", "ArrowRight", "ArrowRight"].forEach(
            key => player.dispatchEvent(new KeyboardEvent("keydown", { key })))"""
    )
    page.wait_for_timeout(500)  # a seek that comes late would take it back
    expect(playhead(page)).to_have_attribute("aria-valuenow", "0.20")


def test_a_selected_stretch_loops_and_its_answer_is_that_of_these_samples_alone(
    page: Page, tiny_recognizer: Recognizer, tmp_path: Path
) -> None:
    drag(page, 0.3, 0.6)
    start_s, end_s = map(float, re.findall(r"[\d.]+", page.locator("output.stretch").inner_text()))
    assert end_s - start_s == pytest.approx(0.3 * Clip.from_file(PLAIN).duration_s, abs=0.05)
    page.wait_for_timeout(round(1000 * (end_s - start_s)) + 300)
    assert start_s - 0.02 <= now_s(page) <= end_s + 0.1, "it went around"
    page.get_by_role("button", name="Analyze this stretch").click()
    note = page.get_by_text("These answers are for")
    expect(note).to_be_visible()
    said = re.search(r"alone: ([\d,]+) of ([\d,]+) samples", note.inner_text())
    assert said
    whole = Clip.from_file(PLAIN)
    assert [int(n.replace(",", "")) for n in said.groups()][1] == len(whole.waveform)
    answers = json.loads(save(page, "Answers (JSON)", tmp_path / "answers.json").read_text())
    # The screen rounds to 0.01 s, so the oracle looks for the stretch of that many samples.
    n_samples = int(said[1].replace(",", ""))
    first = round(start_s * whole.sample_rate)
    expected = [
        tiny_recognizer(Clip(whole.waveform[n : n + n_samples])).probabilities
        for n in range(first - 80, first + 81)
    ]
    assert any(answers[0]["probabilities"] == pytest.approx(p, abs=1e-5) for p in expected)
    alone = answers[0]["probabilities"]
    assert alone != pytest.approx(tiny_recognizer(whole).probabilities, abs=1e-3)
    page.get_by_role("button", name="Whole clip").click()
    expect(note).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1920])
def test_the_player_fits_the_screen(server: str, open_page: OpenPage, width: int) -> None:
    page = open_page(f"{server}/?begin=analysis", width=width, color_scheme="dark")
    playhead(page).wait_for()
    overflow = page.locator(".player").evaluate(
        "player => [...player.querySelectorAll('*')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert overflow == 0
