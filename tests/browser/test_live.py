"""The Live page with a microphone that plays voices: start, watch, stop, leave, come back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from ser_core.audio.clip import Clip
from ser_core.models.labels import EMOTIONS
from tests.browser.actions import record, save, save_table
from tests.browser.conftest import hearing
from tools import voices

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]

SPOKEN = re.compile("probability")


@pytest.fixture(scope="module")
def chromium(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium whose microphone hears a dark voice, a bright one and nobody, again and again."""
    dark, bright = (voices.voice(4.0, p, v, rate=48_000) for p, v in ((90, "u"), (280, "i")))
    nobody = voices.noise(4.0, 48_000, rms=1e-3)
    path = tmp_path_factory.mktemp("microphone") / "voices.wav"
    with hearing(chromium, np.concatenate([dark, bright, nobody]), path) as browser:
        yield browser


def microphone(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[title*='webrtc']")


def press(page: Page, name: str) -> None:
    microphone(page).get_by_role("button", name=name).click()


def label(page: Page) -> str:
    """The label that is seen next."""
    headline = page.locator(".live-label").filter(has_text=SPOKEN)
    expect(headline).to_be_visible()
    return headline.inner_text().split()[1]


def see_another_label(page: Page, than: str) -> None:
    others = "|".join(emotion for emotion in EMOTIONS if emotion != than)
    expect(page.locator(".live-label")).to_contain_text(re.compile(others))


def stands_still(page: Page) -> bool:
    """Whether the label and its probability stay for three seconds, soon."""
    for _ in range(5):
        before = page.locator(".live-label").inner_text()
        page.wait_for_timeout(3000)
        if page.locator(".live-label").inner_text() == before:
            return True
    return False


def test_the_label_changes_it_stops_starts_again_and_survives_leaving(
    server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{server}/live")
    press(page, "START")
    first = label(page)
    assert first in EMOTIONS
    see_another_label(page, than=first)
    expect(page.locator(".live-label")).to_contain_text("listening")
    expect(page.get_by_text("Dropped chunks 0")).to_be_visible()

    press(page, "STOP")
    expect(page.locator(".live-label")).to_contain_text("Stopped")
    press(page, "START")
    assert label(page) in EMOTIONS

    sidebar = page.get_by_test_id("stSidebar")
    about = page.get_by_role("heading", name="About", exact=True)
    for _ in range(4):  # a click is lost where the menu is drawn anew under it
        sidebar.get_by_role("link", name="About").dispatch_event("click")
        page.wait_for_timeout(5_000)
        if about.is_visible():
            break
    expect(about).to_be_visible()
    sidebar.get_by_role("link", name="Live").click()
    press(page, "START")
    assert label(page) in EMOTIONS
    press(page, "STOP")


def test_what_was_heard_can_be_frozen_marked_downloaded_and_analyzed(
    server: str, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(f"{server}/live")
    press(page, "START")
    see_another_label(page, than=label(page))
    # While the charts move, a slow machine never sees the button stand still.
    page.get_by_role("button", name="Mark this moment").dispatch_event("click")
    expect(page.get_by_text("Marked")).to_be_visible()
    assert page.evaluate(
        "() => [...document.querySelectorAll('style')].some("
        "style => style.textContent.includes('.live-label'))"
    ), "the stylesheet stays"
    assert page.get_by_test_id("stToast").count() == 0
    page.get_by_text("Freeze", exact=True).click()
    assert stands_still(page)
    lines = page.evaluate(
        "() => [...document.querySelectorAll('.js-plotly-plot .shapelayer path')]"
        ".map(line => Math.round(line.getBoundingClientRect().x)).filter(x => x > 0)"
    )
    assert len(lines) >= 2
    assert max(lines) - min(lines) <= 2, "the mark is at one place in both charts"
    page.get_by_text("Freeze", exact=True).click()
    page.wait_for_timeout(1000)

    page.get_by_role("button", name="Prepare downloads").click()
    track = save_table(page, "Track (CSV)", tmp_path / "track.csv")
    assert {row["label"] for row in track} & set(EMOTIONS)
    assert [row["mark"] for row in track].count("1") == 1
    recorded = Clip.from_file(save(page, "Recording (WAV)", tmp_path / "recording.wav"))
    assert recorded.duration_s > 5
    assert recorded.peak == pytest.approx(0.3, abs=0.1), "no gain on the way"

    page.get_by_role("link", name="Last 30 s to Analyze").click()
    expect(page.get_by_text("Loaded earlier: live microphone.wav")).to_be_visible()
    card = page.get_by_role("listitem").filter(has_text=SPOKEN).first
    expect(card).to_be_visible()  # three models, half a minute of sound


def test_models_window_and_smoothing_change_while_it_runs(server: str, open_page: OpenPage) -> None:
    page = open_page(f"{server}/live")
    press(page, "START")
    label(page)
    page.get_by_role("radio", name="INT8").click()
    page.get_by_test_id("stPopover").get_by_role("button", name="More").click()
    further = page.get_by_role("combobox", name=re.compile("further models"))
    further.click()
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    expect(page.locator(".live-label")).to_contain_text("Tiny network")
    page.get_by_text("Get to know my voice while I speak").click()
    known = page.get_by_text(re.compile(r"Knows [1-9]\d* s of your voice"))
    expect(known).to_be_visible()
    expect(page.locator(".live-label")).to_contain_text("untaught")
    page.keyboard.press("Escape")
    expect(microphone(page).get_by_role("button", name="STOP")).to_be_visible()
    press(page, "STOP")


def test_a_recording_gets_a_track_where_nothing_streams(server: str, open_page: OpenPage) -> None:
    page = open_page(f"{server}/live")
    page.get_by_text("No live sound?").click()
    record(page, 3)
    assert label(page) in EMOTIONS
    page.get_by_text("The numbers behind the charts").click()
    expect(page.get_by_role("cell", name="2 s")).to_be_visible()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_phone_shows_the_whole_width(server: str, open_page: OpenPage, color_scheme: str) -> None:
    page = open_page(f"{server}/live", width=390, color_scheme=color_scheme)
    press(page, "START")
    label(page)
    overflow = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('.js-plotly-plot, [data-testid=stAudio]')).length"
    )
    assert overflow == 0
    press(page, "STOP")


def test_a_link_to_live_works_on_a_server_that_nobody_visited(
    cold_server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{cold_server}/live")
    press(page, "START")
    assert label(page) in EMOTIONS
