"""How a model performs on the same voices by telephone, in babble, in a room."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.distortions import Distortion, distortions
from ser_core.corpora.readers import load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.answers import answers
from ser_core.evaluation.figures import figures
from ser_core.models.card import Robustness
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.progress import SILENT, Progress


def robustness(
    recognizer: Recognizer,
    test: Sequence[Utterance],
    talkers: Sequence[Utterance],
    task: str,
    progress: Progress = SILENT,
) -> list[Robustness]:
    """UAR and accuracy on distorted clips, and how many labels each distortion changes.

    Args:
        test: clips that are not in the training set.
        talkers: clips of other actors, for the babble; a hundred of them are drawn.
        task: the model's task.
        progress: steps by distortions.

    Returns:
        One row per distortion, starting with the clips as recorded.
    """
    indices = np.random.default_rng(0).choice(len(talkers), min(100, len(talkers)), replace=False)
    by_name = distortions([load_clip(talkers[i]).waveform for i in indices])
    rows: list[Robustness] = []
    clean: list[str] = []
    for done, (name, distort) in enumerate(by_name.items(), start=1):
        distorted = answers(recognizer, test, task, load=_distorted(distort))
        labels = [answer.predicted for answer in distorted]
        clean = clean or labels
        result = figures(distorted, recognizer.signature.labels)
        rows.append(
            Robustness(
                distortion=name,
                n=len(distorted),
                uar=result.uar,
                accuracy=result.accuracy,
                changed=float(np.mean([a != b for a, b in zip(labels, clean, strict=True)])),
            )
        )
        progress.step(done, len(by_name))
    return rows


def _distorted(distort: Distortion) -> Callable[[Utterance], Clip]:
    random = np.random.default_rng(0)
    return lambda utterance: Clip(distort(load_clip(utterance).waveform, random))
