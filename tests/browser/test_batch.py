"""The Batch page as a visitor sees it: from files to rows, report and CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ser_core.audio.clip import Clip
from ser_core.models.recognizer import Recognizer
from tests.browser.actions import save_table
from tests.evaluation.test_batch import packed
from tools import voices

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
HOSTILE = "![x](http://example.invalid/x.png)<img src=x onerror=alert(1)>.wav"


def classify(page: Page, path: Path, uploader: str = "Audio files or zip archives") -> None:
    widget = page.get_by_test_id("stFileUploader").filter(has_text=uploader)
    widget.locator("input").set_input_files(path)
    start = page.get_by_role("button", name="Start")
    expect(start).to_be_enabled()
    start.click()
    expect(page.get_by_role("heading", name="Predicted emotions")).to_be_visible()


def test_a_zip_opened_by_a_cold_link_becomes_rows_a_report_and_a_csv(
    cold_server: str,
    open_page: OpenPage,
    speech_like: Clip,
    speech_like_wav: bytes,
    tiny_recognizer: Recognizer,
    tmp_path: Path,
) -> None:
    names = ["angry/1.wav", "calm/2.wav", HOSTILE]
    archive = tmp_path / "voices.zip"
    archive.write_bytes(packed({**dict.fromkeys(names, speech_like_wav), "bad.wav": b"no"}))
    page = open_page(f"{cold_server}/batch")
    expect(page.get_by_role("heading", name="Batch", exact=True)).to_be_visible()
    classify(page, archive)
    label = tiny_recognizer(speech_like).label
    rows = save_table(page, "All rows (CSV)", tmp_path / "rows.csv")
    assert [row["file"] for row in rows] == [*names, "bad.wav"]
    assert [row["label"] for row in rows] == [label, label, label, ""]
    assert [row["actual"] for row in rows] == ["angry", "calm", "", ""]
    playhead = page.get_by_role("slider", name="playhead")
    playhead.focus()
    page.keyboard.press("ArrowRight")
    expect(playhead).to_have_attribute("aria-valuenow", "0.10")
    expect(page.get_by_role("heading", name="Accuracy report")).to_be_visible()
    expect(page.get_by_label("Confusion matrix", exact=False).first).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name="About").click()
    expect(page.get_by_role("heading", name="About", exact=True)).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Batch").click()
    expect(page.get_by_role("heading", name="Predicted emotions")).to_be_visible()


def test_a_folder_tells_its_labels(
    server: str, open_page: OpenPage, speech_like_wav: bytes, tmp_path: Path
) -> None:
    for name in ("happy/anna/1.wav", "sad/2.wav"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True)
        (tmp_path / "mine" / name).write_bytes(speech_like_wav)
    page = open_page(f"{server}/batch")
    page.get_by_role("radio", name="A folder").click()
    classify(page, tmp_path / "mine", "A folder and everything in it")
    rows = save_table(page, "All rows (CSV)", tmp_path / "rows.csv")
    assert sorted(row["actual"] for row in rows) == ["happy", "sad"]


def test_a_long_batch_shows_its_progress_and_can_be_stopped(
    server: str, open_page: OpenPage, tmp_path: Path
) -> None:
    # Opus takes ten times as long as wav to read, so even a fast machine is not done at once.
    recording = voices.encode(voices.voice(2.0, rate=48_000), "opus", rate=48_000)
    archive = tmp_path / "many.zip"
    archive.write_bytes(packed({f"{i}.opus": recording for i in range(3000)}))
    page = open_page(f"{server}/batch")
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("s left")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped after")).to_be_visible()
    assert 0 < len(save_table(page, "All rows (CSV)", tmp_path / "rows.csv")) < 3000
