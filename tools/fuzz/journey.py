"""A file's path through the app: from its bytes to the prediction, its report and its table.

Any problem with a file must be reported in a sentence; everything else is a fault and raises.
"""

from __future__ import annotations

import csv
import io
import json
import logging
import re

import msgspec
import numpy as np

from ser_core.audio.decoding import AudioError
from ser_core.evaluation.batch import Batch, gather
from ser_core.features.source import Source
from ser_core.features.spectrogram_image import PictureError, to_png
from ser_core.models.labels import EMOTIONS
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.reports.csv_table import TableRow, to_csv
from ser_core.reports.rows import as_row
from tools.fuzz.files import File

_FORMULA = re.compile(r"[\s\ufeff\u200b-\u200d\u2060]*[=+\-@＝＋－＠]")


class _Raise(logging.Handler):
    """The batch catches and logs unexpected errors; here they count as faults."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1]:
            raise record.exc_info[1]


def travel(file: File, recognizer: Recognizer) -> str:
    """Send a file through the app; returns `answered`, or the sentence that rejects it."""
    if file.kind == "zip":
        return _through_batch(file, recognizer)
    try:
        answer = _through_analyze(file, recognizer)
    except (AudioError, PictureError) as error:
        check_sentence(str(error))
        answer = str(error)
    _through_batch(file, recognizer)
    return answer


def _through_analyze(file: File, recognizer: Recognizer) -> str:
    settings = recognizer.signature.features
    source = Source.from_bytes(file.data, file.name)
    if source.clip:
        assert source.clip.waveform.dtype == np.float32
        assert np.isfinite(source.clip.waveform).all()
        assert np.abs(source.clip.waveform).max() <= 1
    prediction, spectrogram = recognizer(source), source.spectrogram(settings)
    assert np.isfinite(spectrogram.log_mel).all()
    _check_prediction(prediction)
    row = as_row(file.name, prediction, recognizer, spectrogram.note)
    json.dumps(msgspec.to_builtins(row), allow_nan=False)
    check_table([{"file": file.name, "label": prediction.label or ""}])
    assert to_png(spectrogram.log_mel, settings)
    return "answered"


def _through_batch(file: File, recognizer: Recognizer) -> str:
    upload = gather([(file.name, file.data)])
    batch = Batch(recognizer, *upload)
    logger, handler = logging.getLogger("ser_core.evaluation.batch"), _Raise()
    logger.addHandler(handler)
    try:
        batch.work(float("inf"))
    finally:
        logger.removeHandler(handler)
    lines = upload.report.lines()
    assert all(line.isprintable() for line in lines), lines
    assert {utterance.label for utterance in upload.utterances.values()} <= {*EMOTIONS}
    assert batch.rows or upload.report.n_left_out
    records = []
    for row in batch.rows:
        assert row.name.isprintable()
        assert len(row.name) <= 200
        if row.label is None:
            check_sentence(row.sentence)
        records.append(
            {"file": row.name, "label": row.label or "", **row.probabilities, "why": row.sentence}
        )
    check_table(records)
    refused = [row.sentence for row in batch.rows if row.status == "error"]
    if not batch.rows:
        return "Left out, as the report says."
    return refused[0] if refused else "answered"


def _check_prediction(prediction: Prediction) -> None:
    if prediction.label is None:
        check_sentence(prediction.sentence)
        return
    shares = list(prediction.probabilities.values())
    assert np.isfinite(shares).all()
    assert abs(sum(shares) - 1) < 1e-5


def check_sentence(text: str) -> None:
    """Check a message for people: whole sentences, no technical details."""
    assert text[:1].isupper(), text
    assert text.endswith("."), text
    assert len(text) < 500, text
    assert text.isprintable(), text
    for machinery in ("Traceback", "Error:", "Exception", "0x", "errno", "/site-packages/"):
        assert machinery not in text, text


def check_table(records: list[TableRow]) -> None:
    """Check that the rows survive their CSV, and that no text cell begins like a formula."""
    cells = list(csv.reader(io.StringIO(to_csv(records))))
    assert len(cells) == 1 + len(records)
    for written, record in zip(cells[1:], records, strict=True):
        for cell in written[:2]:
            assert not _FORMULA.match(cell), cell
        assert written[0].removeprefix("'") == str(record["file"]).removeprefix("'")
