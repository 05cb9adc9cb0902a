"""A batch once more, with a model that gets to know each speaker from all of their recordings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import softmax

from ser_core.adaptation.learning import centering
from ser_core.evaluation.batch import BatchRow
from ser_core.models.recognizer import Recognizer


def speakers(rows: Iterable[BatchRow]) -> dict[str, int]:
    """Recordings with an answer of each speaker that the names tell, the most frequent first."""
    return dict(Counter(name for row in rows if (name := _speaker(row))).most_common())


def adapted_rows(recognizer: Recognizer, rows: Sequence[BatchRow]) -> list[BatchRow]:
    """The rows as a model answers that knows their speakers; those of nobody known stay.

    No label is used, but all recordings of a speaker together, this one too: such answers are not
    those to a new voice.
    """
    logits = defaultdict(list)
    for row in rows:
        if row.logits is not None:
            logits[_speaker(row)].append(row.logits)
    offsets = {who: centering(np.mean(own, axis=0), len(own)) for who, own in logits.items() if who}
    return [
        _corrected(recognizer, row, offsets[who]) if (who := _speaker(row)) else row for row in rows
    ]


def _speaker(row: BatchRow) -> str:
    """Who spoke; empty where that is not known, or there is no answer to correct."""
    known = row.logits is not None and row.utterance is not None and row.utterance.speaker
    return row.utterance.speaker_id if row.utterance and known else ""


def _corrected(recognizer: Recognizer, row: BatchRow, offset: np.ndarray) -> BatchRow:
    signature = recognizer.signature
    assert row.logits is not None  # it has a speaker
    shares = softmax((row.logits - offset) / signature.temperature)
    status = row.status
    if status in ("ok", "uncertain"):
        status = "uncertain" if shares.max() < signature.uncertain_below else "ok"
    return replace(
        row,
        label=signature.labels[int(shares.argmax())],
        probabilities=dict(zip(signature.labels, shares.tolist(), strict=True)),
        status=status,
    )
