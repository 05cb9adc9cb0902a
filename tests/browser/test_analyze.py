"""The Analyze page as a visitor sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from pages.shell.samples import real_voices
from ser_core.audio.clip import Clip
from ser_core.models.labels import EMOTIONS
from ser_core.models.recognizer import Recognizer
from tests.browser.actions import record, save, wait_until_whole

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
FIRST = f"{real_voices('ravdess')[0].file}.flac"


@pytest.fixture
def analyze_page(server: str, open_page: OpenPage) -> Page:
    """The page with the analysis of its first voice, and the player with the voice in it.

    A player that is taken away while it loads leaves an error in the console.
    """
    page = open_page(f"{server}/?begin=analysis")
    page.wait_for_function("document.querySelector('audio')?.readyState > 0")
    return page


def choose_file(page: Page, path: Path) -> None:
    page.get_by_role("radio", name="File").click()
    page.locator("input[type=file]").set_input_files(path)


def choose_models(page: Page, *names: str) -> None:
    models = page.get_by_role("combobox", name="Models to compare")
    for name in names:
        models.fill(name)
        models.press("Enter")
    models.press("Escape")


def answer(page: Page) -> str:
    """The label on the first model's card."""
    card = page.get_by_role("listitem").filter(has_text="probability").first
    expect(card).to_be_visible()
    return card.locator("[data-label]").get_attribute("data-label") or ""


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
    wait_until_whole(analyze_page)
    assert answer(analyze_page) == tiny_recognizer(Clip.from_file(voice_file)).label


def test_the_player_has_axes_and_a_description(analyze_page: Page) -> None:
    for title in ("Amplitude", "1000 Hz", "Time (s)", "◆ angry"):
        expect(analyze_page.locator(".player .axis").get_by_text(title, exact=True)).to_be_visible()
    expect(analyze_page.get_by_label("The voice over", exact=False).first).to_be_visible()


def test_each_model_has_a_bar_per_emotion_as_long_as_it_is_probable(analyze_page: Page) -> None:
    cards = analyze_page.get_by_role("list", name="Answers").get_by_role("listitem")
    choose_models(analyze_page, "tiny-mirrored, FP32")
    expect(cards).to_have_count(2)
    for card in cards.all():
        rows = card.get_by_role("row").all()
        names = [row.get_by_role("rowheader").inner_text().split()[1] for row in rows]
        assert names == [*EMOTIONS]
        widths = [row.locator(".bar").bounding_box()["width"] for row in rows]
        shares = [int(row.get_by_role("cell").last.inner_text().split()[0]) for row in rows]
        full = max(widths) / max(shares)
        for width, share in zip(widths, shares, strict=True):
            assert abs(width / full - share) < 1.5
    left, right = (card.bounding_box() for card in cards.all())
    assert left["y"] == right["y"], "side by side"


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


def test_a_recording_is_analyzed(analyze_page: Page) -> None:
    analyze_page.get_by_role("radio", name="Microphone").click()
    expect(analyze_page.get_by_text("Nothing to analyze yet")).to_be_visible()
    record(analyze_page, 2)
    expect(analyze_page.get_by_role("heading", name="Over time")).to_be_visible()


def test_the_saved_picture_and_prediction_are_those_on_the_screen(
    analyze_page: Page, tmp_path: Path
) -> None:
    label = answer(analyze_page)
    answers = save(analyze_page, "Answers (JSON)", tmp_path / "answers.json")
    (first,) = json.loads(answers.read_text())
    assert (first["file"], first["label"]) == (FIRST, label)
    assert first["precision"] == "INT8"
    slide = save(analyze_page, "Picture for slides (PNG)", tmp_path / "slide.png")
    assert Image.open(slide).size == (2000, 1125)
    picture = save(analyze_page, "Spectrogram to upload again (PNG)", tmp_path / "spectrogram.png")
    choose_file(analyze_page, picture)
    expect(analyze_page.get_by_label(f"The voice {FIRST}")).to_have_count(0)
    assert answer(analyze_page) == label


def test_the_report_opens_offline_with_the_same_answers(
    analyze_page: Page, open_page: OpenPage, tmp_path: Path
) -> None:
    label = answer(analyze_page)
    saved = save(analyze_page, "Report (HTML)", tmp_path / "report.html")
    report = open_page(saved.as_uri())
    expect(report.get_by_role("heading", name=FIRST)).to_be_visible()
    assert answer(report) == label
    expect(report.get_by_role("img", name="The voice over time", exact=False)).to_be_visible()
    drawn = report.locator("image").evaluate(
        """image => new Promise(done => { const picture = new Image();
        picture.onload = () => done(picture.naturalHeight); picture.src = image.href.baseVal; })"""
    )
    assert drawn == 80, "the spectrogram is there, a row per mel band"


def test_a_room_votes_before_it_sees_the_name_or_an_answer(
    analyze_page: Page, speech_like_wav: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "03-01-05-01-01-01-02.wav"
    path.write_bytes(speech_like_wav)
    analyze_page.get_by_role("radio", name="A vote").click()
    choose_file(analyze_page, path)
    expect(analyze_page.get_by_text("name is hidden")).to_be_visible()
    expect(analyze_page.get_by_role("heading", name="Which emotion is it?")).to_be_visible()
    expect(analyze_page.get_by_test_id("stFileUploader")).to_have_count(0)
    wait_until_whole(analyze_page)
    seen = analyze_page.content() + analyze_page.url
    for trace in ("03-01-05", "probability", "data-label", "Report (HTML)"):
        assert trace not in seen
    analyze_page.get_by_role("button", name="◆ angry").click()
    analyze_page.get_by_role("button", name="Show the answers").click()
    expect(analyze_page.locator("[data-who='The room']")).to_contain_text("✓ right · 1 of 1")
    expect(analyze_page.locator("[data-who='Actual emotion']")).to_contain_text("◆ angry")
    expect(analyze_page.get_by_text("room right 1/1")).to_be_visible()
    expect(analyze_page.get_by_label(f"The voice {path.name}")).to_be_visible()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_phone_shows_the_whole_width(server: str, open_page: OpenPage, color_scheme: str) -> None:
    page = open_page(f"{server}/?begin=analysis", width=390, color_scheme=color_scheme)
    answer(page)
    page.locator(".player").first.scroll_into_view_if_needed()
    overflow = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('[data-testid=stAudio]')).length"
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
    expect(page.get_by_role("heading", name="Which emotion is it?")).to_be_visible()


def test_a_strangers_first_minute_is_a_voice_a_guess_and_ones_own_voice(
    server: str, open_page: OpenPage
) -> None:
    page = open_page(server, width=390)
    page.wait_for_function("document.querySelector('audio')?.readyState > 0")
    expect(page.get_by_role("heading", name="Which emotion is it?")).to_be_in_viewport()
    for name in EMOTIONS:
        expect(page.get_by_role("button", name=name, exact=False)).to_be_in_viewport(ratio=1)
    assert page.locator("audio").bounding_box()["height"] > 60, "a large Play"
    wait_until_whole(page)
    seen = page.content() + page.url
    for trace in (FIRST, "data-label", "probability", "RAVDESS"):
        assert trace not in seen
    page.get_by_role("button", name="happy").click()
    for who in ("You", "Model", "Actor"):
        expect(page.locator(f"[data-who='{who}']")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Now my voice").click()
    expect(page.get_by_role("button", name="Record")).to_be_visible()
