"""The Batch page without a browser: files and archives in, rows, report and CSV out."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from pages.shell.batch.result import as_records
from ser_core.evaluation.batch import Batch
from ser_core.models.labels import EMOTIONS
from ser_core.reports.csv_table import to_csv
from tests.app import open_page, text
from tests.evaluation.test_batch import packed
from tools import voices

PAGE = "pages/batch.py"


def button(app: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(b for b in app.button if b.label == label)


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    app.file_uploader[0].set_value([(name, data, "audio/wav") for name, data in files]).run()
    return app


def finish(app: AppTest) -> AppTest:
    """Let the batch run to its end: a browser would begin each slice by itself."""
    for _ in range(100):
        assert not app.exception
        if not any(b.label == "Stop" for b in app.button):
            return app
        app.run()
    raise AssertionError("The batch does not end.")


def classify(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    button(upload(app, *files), "Start").click().run()
    return finish(app)


def start_in_small_slices(
    app: AppTest, recordings: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.shell.batch.run.SLICE_S", 0.0)
    upload(app, *((f"{i}.wav", data) for i, data in enumerate(recordings)))
    button(app, "Start").click().run()


def rows(app: AppTest) -> pd.DataFrame:
    return next(t.value for t in app.dataframe if "Note" in t.value.columns)


def test_without_recordings_there_is_nothing_to_start(app: AppTest) -> None:
    assert button(app, "Start").disabled
    assert "Nothing to show yet" in app.info[0].value


def test_every_file_gets_a_row_and_bad_ones_a_sentence(
    app: AppTest, speech_like_wav: bytes
) -> None:
    classify(app, ("one.wav", speech_like_wav), ("bad.wav", b"no"), ("two.wav", speech_like_wav))
    table = rows(app)
    assert list(table["File"]) == ["one.wav", "bad.wav", "two.wav"]
    assert [heard.split()[-1] in EMOTIONS for heard in table["Predicted"]] == [True, False, True]
    assert "not audio" in table["Note"][1]
    assert [metric.value for metric in app.metric][:2] == ["3", "1"]
    assert "file names do not tell the actual emotion" in text(app)
    assert "Actual" not in table


def test_an_archive_with_labels_gets_the_report_of_exactly_these_files(
    app: AppTest, speech_like_wav: bytes
) -> None:
    members = {f"{label}/1.wav": speech_like_wav for label in EMOTIONS}
    archive = packed({**members, "notes.txt": b"x", "angry/bad.wav": b"no"})
    classify(app, ("voices.zip", archive))
    assert "Accuracy report" in [header.value for header in app.header]
    accuracy = next(m for m in app.metric if m.label == "Accuracy")
    assert accuracy.value == "12.5\N{NO-BREAK SPACE}%", "one voice, eight emotions"
    assert "1 not audio: notes.txt" in app.code[0].value
    assert "1 could not be read and does not count" in text(app)
    assert (rows(app)["Actual"].str.startswith("✓")).sum() == 1
    assert app.code[1].value.startswith("Test Loss:")


def test_clips_of_the_models_training_are_marked_counted_and_left_out_at_first(
    app: AppTest, zoo: Path, speech_like_wav: bytes
) -> None:
    (zoo / "tiny" / "heard.txt").write_text("ravdess/03-01-05-01-01-01-01\n")
    names = ("03-01-05-01-01-01-01.wav", "03-01-04-01-01-01-02.wav")
    classify(app, *((name, speech_like_wav) for name in names))
    assert "1 of these 2 clips was in the training set" in text(app)
    assert list(rows(app)["Note"].str.startswith("Heard in training")) == [True, False]
    assert next(m for m in app.metric if m.label == "Clips").value == "1"
    app.segmented_control(key="which clips count").set_value("all clips").run()
    assert not {"UAR", "Accuracy"} & {metric.label for metric in app.metric}, "in small print only"
    assert any("On these 2 clips" in caption.value for caption in app.caption)


def test_rows_can_be_filtered(app: AppTest, speech_like_wav: bytes) -> None:
    classify(app, ("happy/a.wav", speech_like_wav), ("sad/b.wav", speech_like_wav), ("c.wav", b""))
    show = next(w for w in app.segmented_control if w.label == "Show")
    show.set_value("no answer").run()
    assert list(rows(app)["File"]) == ["c.wav"]
    next(w for w in app.segmented_control if w.label == "Show").set_value("all").run()
    heard = rows(app)["Predicted"][0].split()[-1]
    app.multiselect(key="heard as").set_value([heard]).run()
    assert list(rows(app)["File"]) == ["happy/a.wav", "sad/b.wav"]
    other = next(label for label in EMOTIONS if label != heard)
    app.multiselect(key="heard as").set_value([other]).run()
    assert "No recording matches" in text(app)
    assert not app.exception


def test_results_survive_a_look_at_another_page_and_can_be_forgotten(
    app: AppTest, speech_like_wav: bytes
) -> None:
    classify(app, ("one.wav", speech_like_wav))
    app.switch_page("pages/about.py").run()
    app.switch_page("pages/batch.py").run()
    assert list(rows(app)["File"]) == ["one.wav"]
    app.button(key="forget").click().run()
    assert "Nothing to show yet" in app.info[0].value


def test_the_recordings_are_let_go_when_they_are_answered(
    app: AppTest, speech_like_wav: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = []
    monkeypatch.setattr(
        MemoryUploadedFileManager, "remove_file", lambda _, session_id, file_id: removed.append(1)
    )
    classify(app, ("one.wav", speech_like_wav), ("two.wav", speech_like_wav))
    assert len(removed) == 2, "Streamlit would keep them until the session ends"
    assert not app.session_state["batch"].recordings
    assert button(app, "Start").disabled, "the uploader is empty again"


def test_a_batch_can_be_stopped_and_keeps_what_it_has(
    app: AppTest, speech_like_wav: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_in_small_slices(app, [speech_like_wav] * 5, monkeypatch)
    assert app.get("progress")
    button(app, "Stop").click().run()
    finish(app)
    assert "Stopped after" in text(app)
    assert 0 < len(rows(app)) < 5
    assert not app.session_state["batch"].recordings


def test_a_batch_goes_on_after_a_look_at_another_page(
    app: AppTest, speech_like_wav: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_in_small_slices(app, [speech_like_wav] * 4, monkeypatch)
    app.switch_page("pages/about.py").run()
    app.switch_page("pages/batch.py").run()
    assert len(rows(finish(app))) == 4


def test_a_refused_archive_is_a_row_and_the_rest_goes_on(
    app: AppTest, speech_like_wav: bytes
) -> None:
    classify(app, ("broken.zip", b"PK\x03\x04 broken"), ("one.wav", speech_like_wav))
    assert "zip file cannot be read" in rows(app)["Note"][0]
    assert rows(app)["Predicted"][1] != "–"


def test_names_with_markup_and_formulas_are_only_text(app: AppTest, speech_like_wav: bytes) -> None:
    names = [
        "=HYPERLINK(1).wav",
        "![x](http://example.invalid/x.png).wav",
        "<script>alert(1)</script>.wav",
        "../../etc/passwd.wav",
    ]
    classify(app, ("x.zip", packed(dict.fromkeys(names, speech_like_wav))))
    assert list(rows(app)["File"]) == ["'" + names[0], *names[1:]]
    assert not any(name in text(app) for name in names)
    assert not app.table, "st.table takes its cells for Markdown"


def test_the_csv_has_every_probability(app: AppTest, speech_like_wav: bytes) -> None:
    classify(app, ("=1.wav", speech_like_wav), ("sad/2.wav", b"bad"))
    batch = app.session_state["batch"]
    assert isinstance(batch, Batch)
    first, second = csv.DictReader(io.StringIO(to_csv(as_records(batch))))
    assert first["file"] == "'=1.wav"
    assert sum(float(first[label]) for label in EMOTIONS) == pytest.approx(1, abs=1e-5)
    assert (second["label"], second["status"], second["actual"]) == ("", "error", "sad")
    assert second["angry"] == ""


def test_another_model_answers_too(app: AppTest, speech_like_wav: bytes) -> None:
    classify(app, ("one.wav", speech_like_wav))
    first = rows(app)["Predicted"][0]
    app.selectbox(key="model for main").set_value("tiny-mirrored").run()
    assert rows(app)["Predicted"][0] == first, "the old rows stay until the next start"
    classify(app, ("one.wav", speech_like_wav))
    assert rows(app)["Predicted"][0] != first
    assert "Tiny network (comparison), FP32" in text(app)


def test_a_reload_keeps_what_was_answered(app: AppTest, speech_like_wav: bytes) -> None:
    classify(app, ("one.wav", speech_like_wav))
    address = {"batch": app.session_state["key of the batch"]}
    reloaded = open_page(PAGE, query=address)
    assert list(rows(reloaded)["File"]) == ["one.wav"]
    assert not reloaded.session_state["batch"].recordings
    reloaded.button(key="forget").click().run()
    assert "Nothing to show yet" in open_page(PAGE, query=address).info[0].value
    assert "Nothing to show yet" in open_page(PAGE, query={"batch": "guess"}).info[0].value


def test_the_page_says_what_was_left_out_even_if_nothing_remains(app: AppTest) -> None:
    classify(app, ("letter.txt", b"Dear voice,"))
    assert "1 not audio: letter.txt" in app.code[0].value


def test_each_speaker_can_be_adapted_to(app: AppTest) -> None:
    dark = [(f"angry/anna/{n}.wav", voices.wav(voices.voice(1.5, 90, "u", seed=n))) for n in (1, 2)]
    bright = [(f"happy/ben/{n}.wav", voices.wav(voices.voice(1.5, 280, "i"))) for n in (1, 2)]
    classify(app, *dark, *bright, ("nobody.wav", dark[0][1]))
    before = rows(app)
    toggle = app.toggle(key="adapt to each speaker")
    assert toggle.label == "Adapt to each speaker (2 named)"
    assert toggle.value is False
    toggle.set_value(True).run()
    assert not app.exception
    assert "uses all recordings of a speaker together" in text(app)
    assert "Of 4 with a known emotion, " in text(app)
    named = next(t.value for t in app.dataframe if "Speaker" in t.value.columns)
    assert dict(zip(named["Speaker"], named["Recordings"], strict=True)) == {
        "own/anna": 2,
        "own/ben": 2,
    }
    after = rows(app)
    changed = before["Probability"] != after["Probability"]
    assert changed.tolist() == [True, True, True, True, False]
    # Whatever was likely for all of a speaker's recordings is less so now.
    assert (after["Probability"] < before["Probability"])[changed].all()


def test_without_speakers_there_is_nothing_to_adapt_to(
    app: AppTest, speech_like_wav: bytes
) -> None:
    classify(app, ("a.wav", speech_like_wav), ("b.wav", speech_like_wav))
    assert "adapt to each speaker" not in [toggle.key for toggle in app.toggle]
