"""The Analyze page as a visitor sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ser_core.audio import Clip
from ser_core.labels import EMOTIONS
from ser_core.recognizer import Recognizer

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


@pytest.fixture
def analyze_page(server: str, open_page: OpenPage) -> Page:
    """The page with its first sample voice, and the player with the voice in it.

    A player that is taken away while it loads leaves an error in the console.
    """
    page = open_page(server)
    page.wait_for_function("document.querySelector('audio')?.readyState > 0")
    return page


def choose_file(page: Page, path: Path) -> None:
    page.get_by_role("radio", name="File").click()
    page.locator("input[type=file]").set_input_files(path)


def answer(page: Page) -> str:
    """The label of the large answer."""
    headline = page.get_by_role("status").filter(has_text="probability")
    expect(headline).to_be_visible()
    return headline.inner_text().split()[1]


@pytest.fixture
def voice_file(speech_like_wav: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "my voice.wav"
    path.write_bytes(speech_like_wav)
    return path


def test_an_uploaded_voice_gets_the_label_that_the_model_gives(
    analyze_page: Page,
    voice_file: Path,
    tiny_recognizer: Recognizer,
) -> None:
    choose_file(analyze_page, voice_file)
    expect(analyze_page.get_by_label("The voice my voice.wav")).to_be_visible()
    assert answer(analyze_page) == tiny_recognizer(Clip.from_file(voice_file)).label


def test_the_charts_are_drawn_with_axes_and_a_description(analyze_page: Page) -> None:
    for title in ("Amplitude", "Frequency (Hz)", "Time (s)", "Probability"):
        expect(
            analyze_page.locator(".js-plotly-plot").get_by_text(title, exact=True)
        ).to_be_visible()
    bars = analyze_page.get_by_label("Bar chart of the probability of each emotion", exact=False)
    expect(bars.first).to_be_visible()
    names = analyze_page.locator(".js-plotly-plot .ytick text").all_text_contents()
    assert [name.split()[1] for name in names[:8]] == list(EMOTIONS)


def test_a_file_that_is_no_audio_gets_a_sentence_and_the_next_one_an_answer(
    analyze_page: Page, voice_file: Path, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.wav"
    letter.write_text("Dear voice,")
    choose_file(analyze_page, letter)
    expect(analyze_page.get_by_text("This is not audio")).to_be_visible()
    choose_file(analyze_page, voice_file)
    assert answer(analyze_page) in EMOTIONS
    expect(analyze_page.get_by_text("This is not audio")).to_have_count(0)


def test_a_recording_is_analysed(analyze_page: Page) -> None:
    analyze_page.get_by_role("radio", name="Microphone").click()
    expect(analyze_page.get_by_text("Nothing to analyse yet")).to_be_visible()
    analyze_page.get_by_role("button", name="Record").click()
    analyze_page.wait_for_timeout(2000)
    analyze_page.get_by_role("button", name="Stop recording").click()
    expect(analyze_page.get_by_text("Over time")).to_be_visible()


def test_the_saved_picture_and_prediction_are_those_on_the_screen(
    analyze_page: Page, tmp_path: Path
) -> None:
    label = answer(analyze_page)
    with analyze_page.expect_download() as saved:
        analyze_page.get_by_role("button", name="Prediction (JSON)").click()
    saved.value.save_as(tmp_path / "prediction.json")
    prediction = json.loads((tmp_path / "prediction.json").read_text())
    assert (prediction["file"], prediction["label"]) == ("plain.flac", label)
    with analyze_page.expect_download() as saved:
        analyze_page.get_by_role("button", name="Spectrogram (PNG)").click()
    saved.value.save_as(tmp_path / "spectrogram.png")
    choose_file(analyze_page, tmp_path / "spectrogram.png")
    expect(analyze_page.get_by_label("The voice plain.flac")).to_have_count(0)
    assert answer(analyze_page) == label


@pytest.mark.parametrize("colour_scheme", ["light", "dark"])
def test_a_phone_shows_the_whole_width(
    server: str, open_page: OpenPage, colour_scheme: str
) -> None:
    page = open_page(server, width=390, colour_scheme=colour_scheme)
    answer(page)
    page.locator(".js-plotly-plot").nth(1).scroll_into_view_if_needed()
    overflow = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('.js-plotly-plot, [data-testid=stAudio]')).length"
    )
    assert overflow == 0
    expect(page.get_by_test_id("stSidebar").get_by_text("About")).not_to_be_in_viewport()


def test_a_link_to_about_works_on_a_server_that_nobody_visited(
    cold_server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{cold_server}/about")
    expect(page.get_by_role("heading", name="About", exact=True)).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)
    links = page.get_by_test_id("stSidebar").get_by_role("link")
    expect(links.filter(has_text="About")).to_have_count(1)
    links.filter(has_text="Analyze").click()
    assert answer(page) in EMOTIONS
