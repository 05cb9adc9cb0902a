"""One visitor, one session: a voice is compared and kept, then the figures, then many files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ser_core.audio.clip import Clip
from ser_core.models.zoo import load_model
from tests.browser.actions import save, save_table, wait_until_whole
from tests.evaluation.test_batch import packed

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


def go_to(page: Page, title: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


def test_a_visitor_uploads_compares_downloads_looks_up_the_accuracy_and_works_through_a_zip(
    server: str, open_page: OpenPage, tiny_zoo: Path, speech_like_wav: bytes, tmp_path: Path
) -> None:
    voice = tmp_path / "my voice.wav"
    voice.write_bytes(speech_like_wav)
    page = open_page(f"{server}/?begin=analysis")
    page.wait_for_function("document.querySelector('audio')?.readyState > 0")

    # upload
    page.get_by_role("radio", name="File").click()
    page.locator("input[type=file]").set_input_files(voice)
    expect(page.get_by_label("The voice my voice.wav")).to_be_visible()

    # compare
    models = page.get_by_role("combobox", name="Models to compare")
    models.fill("tiny-mirrored, FP32")
    models.press("Enter")
    models.press("Escape")
    cards = page.get_by_role("list", name="Answers").get_by_role("listitem")
    expect(cards).to_have_count(2)
    wait_until_whole(page)
    expect(cards).to_have_count(2)
    expected = [
        load_model(name, precision, zoo=tiny_zoo)(Clip.from_file(voice)).label
        for name, precision in (("tiny", "INT8"), ("tiny-mirrored", "FP32"))
    ]
    shown = [c.locator("[data-label]").get_attribute("data-label") for c in cards.all()]
    assert shown == expected
    expect(page.get_by_text("They disagree")).to_be_visible()

    # download
    answers = json.loads(save(page, "Answers (JSON)", tmp_path / "answers.json").read_text())
    assert [answer["label"] for answer in answers] == expected
    table = save_table(page, "Answers (CSV)", tmp_path / "answers.csv")
    assert [row["label"] for row in table] == expected
    report = save(page, "Report (HTML)", tmp_path / "report.html").read_text()
    assert report.count('role="listitem"') == 2
    assert "my voice.wav" in report

    # accuracy
    go_to(page, "Accuracy")
    page.get_by_role("link", name="All results").click()
    save(page, "All results (CSV)", tmp_path / "results.csv")

    # batch
    archive = tmp_path / "voices.zip"
    archive.write_bytes(packed(dict.fromkeys(["angry/1.wav", "calm/2.wav"], speech_like_wav)))
    go_to(page, "Batch")
    page.locator("input[type=file]").set_input_files(archive)
    start = page.get_by_role("button", name="Start")
    expect(start).to_be_enabled()
    start.click()
    expect(page.get_by_role("heading", name="Predicted emotions")).to_be_visible()
    rows = save_table(page, "All rows (CSV)", tmp_path / "rows.csv")
    assert [row["label"] for row in rows] == expected[:1] * 2

    # and back: everything is as it was left
    go_to(page, "Analyze")
    expect(page.get_by_text("Loaded earlier")).to_be_visible()
    expect(cards).to_have_count(2)
