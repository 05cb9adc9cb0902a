"""A visitor speaks into the microphone to teach a voice, in words of the visitor's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.actions import record, wait_until_whole
from tests.browser.conftest import hearing
from tests.browser.test_teach import choose_mood, labels
from tools import voices

pytestmark = pytest.mark.browser

WORDS = ("bored", "excited")


@pytest.fixture(scope="module")
def chromium(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium whose microphone hears somebody speak without a pause."""
    path = tmp_path_factory.mktemp("microphone") / "voice.wav"
    with hearing(chromium, voices.voice(9.0, 180, "aiu", rate=48_000), path) as browser:
        yield browser


def test_spoken_takes_teach_words_of_ones_own(server: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{server}/?begin=analysis")
    page.get_by_text("Teach it my voice").click()
    card = page.get_by_test_id("stExpander").first
    for number, word in enumerate(2 * WORDS, start=1):
        choose_mood(page, word)
        # Each time another length: the microphone begins anew, and equal takes are refused.
        record(card, 1 + number / 2)
        expect(page.get_by_text(re.compile(f"Recording {number}: . {word}"))).to_be_visible()
        wait_until_whole(page)
    expect(page.get_by_text("With your 4 labeled takes:")).to_be_visible()
    expect(page.get_by_text("these words alone: bored, excited")).to_be_visible()
    untaught, taught = (label.split()[-1] for label in labels(page))  # behind their symbols
    assert untaught not in WORDS
    assert taught in WORDS
