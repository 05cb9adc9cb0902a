"""A visitor teaches a voice, from files and with the microphone, and sees the answer change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import record, save, wait_until_whole
from tools import voices

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


@pytest.fixture
def takes(tmp_path: Path) -> list[Path]:
    """Three dark takes and three bright ones."""
    paths = []
    for n in range(6):
        pitch_hz, vowels = ((90, "u"), (280, "i"))[n // 3]
        paths.append(tmp_path / f"{n}.wav")
        paths[-1].write_bytes(voices.wav(voices.voice(1.5, pitch_hz, vowels, seed=n)))
    return paths


def teach(page: Page, mood: str, paths: list[Path]) -> None:
    choose_mood(page, mood)
    page.get_by_test_id("stExpander").locator("input[type=file]").first.set_input_files(paths)
    expect(page.get_by_text(f"{paths[0].name}:")).to_be_visible()
    wait_until_whole(page)


def choose_mood(page: Page, mood: str) -> None:
    box = page.get_by_role("combobox", name="Mood of the next takes")
    box.fill(mood)
    box.press("Enter")
    wait_until_whole(page)


def labels(page: Page) -> tuple[str, str]:
    untaught, taught = (page.locator(f"[data-who={who}] .label") for who in ("Untaught", "Taught"))
    return untaught.inner_text(), taught.inner_text()


def test_takes_from_files_and_the_microphone_change_the_answer(
    server: str, open_page: OpenPage, takes: list[Path], tmp_path: Path
) -> None:
    page = open_page(f"{server}/?begin=analysis")
    page.get_by_text("Teach it my voice").click()
    teach(page, "angry", takes[:3])
    teach(page, "bored", takes[3:])
    expect(page.get_by_text("With your 6 labeled takes:")).to_contain_text("6 after")
    expect(page.get_by_text("these words alone: angry, bored")).to_be_visible()
    untaught, taught = labels(page)
    assert taught != untaught

    choose_mood(page, "angry")
    card = page.get_by_test_id("stExpander").first
    record(card, 1.5)
    # The beeps of Chromium's microphone arrive; whether they pass for a voice depends on the cut.
    expect(card.get_by_text("Recording 7").first).to_be_visible()

    file = save(page, "Speaker file", tmp_path / "me.json")
    page.get_by_role("button", name="Forget my voice").click()
    expect(page.locator("[data-who=Taught]")).to_have_count(0)
    wait_until_whole(page)
    card.locator("input[type=file]").last.set_input_files(file)
    expect(page.locator("[data-who=Taught]")).to_be_visible()
    expect(page.get_by_text("The loaded speaker file counts; it knows 6 takes")).to_be_visible()
