"""What a model answers to the same voices through a telephone, in a babble, in a room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.distortions import Distortion, distortions
from ser_core.corpora.readers import load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.answers import answers
from ser_core.evaluation.figures import figures
from ser_core.models.recognizer import Recognizer


def robustness(
    recognizer: Recognizer,
    test: Sequence[Utterance],
    talkers: Sequence[Utterance],
    task: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[dict[str, Any]]:
    """UAR and accuracy on distorted clips, and how many labels each distortion changes.

    Args:
        test: clips that the model never heard.
        talkers: clips of other actors, for the babble; a hundred of them are drawn.
        progress: called with (distortions done, all distortions).

    Returns:
        One row per distortion: `distortion`, `n`, `uar`, `accuracy` and `changed`, the share of
        clips whose label is not the one of the clip as recorded; all but `n` are fractions 0–1.
    """
    drawn = np.random.default_rng(0).choice(len(talkers), min(100, len(talkers)), replace=False)
    listed = distortions([load_clip(talkers[i]).waveform for i in drawn])
    rows: list[dict[str, Any]] = []
    clean: list[str] = []
    for done, (name, distort) in enumerate(listed.items(), start=1):
        found = answers(recognizer, test, task, load=_distorted(distort))
        labels = [answer.predicted for answer in found]
        clean = clean or labels
        result = figures(found, recognizer.signature.labels)
        rows.append(
            {
                "distortion": name,
                "n": len(found),
                "uar": result["uar"],
                "accuracy": result["accuracy"],
                "changed": float(np.mean([a != b for a, b in zip(labels, clean, strict=True)])),
            }
        )
        progress(done, len(listed))
    return rows


def _distorted(distort: Distortion) -> Callable[[Utterance], Clip]:
    random = np.random.default_rng(0)
    return lambda utterance: Clip(distort(load_clip(utterance).waveform, random))
