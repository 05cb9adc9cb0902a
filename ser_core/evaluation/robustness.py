"""How a model performs on the same voices by telephone, in babble, in a room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.audio.distortions import Distortion, distortions
from ser_core.corpora.readers import load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.adapted import Subject, as_entry, draw_scores, known_takes
from ser_core.evaluation.answers import answers, clip_or_error
from ser_core.evaluation.figures import figures
from ser_core.models.card import Adaptation, Precision, Robustness
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
    by_name = _by_name(talkers)
    rows: list[Robustness] = []
    clean: list[str] = []
    for done, (name, distort) in enumerate(by_name.items(), start=1):
        distorted = answers(recognizer, test, task, clips=_distorted(test, distort))
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


def adapted_robustness(
    recognizer: Recognizer,
    test: Sequence[Utterance],
    talkers: Sequence[Utterance],
    task: str,
    k: int,
    progress: Progress = SILENT,
) -> dict[str, Adaptation]:
    """What learning from `k` equally distorted recordings of each speaker, without labels, gains.

    Args:
        test, talkers, task, progress: as in `robustness`.

    Returns:
        The gain under each distortion.
    """
    by_name = _by_name(talkers)
    subject = Subject("this file", cast(Precision, recognizer.precision), "actors-5fold")
    gains = {}
    for done, (name, distort) in enumerate(by_name.items(), start=1):
        takes = known_takes(recognizer, test, task, clips=_distorted(test, distort))
        gains[name] = as_entry(draw_scores(recognizer, takes, k), "any", k, subject)
        progress.step(done, len(by_name))
    return gains


def _by_name(talkers: Sequence[Utterance]) -> dict[str, Distortion]:
    """The distortions; a hundred of the talkers babble."""
    indices = np.random.default_rng(0).choice(len(talkers), min(100, len(talkers)), replace=False)
    return distortions([load_clip(talkers[i]).waveform for i in indices])


def _distorted(test: Sequence[Utterance], distort: Distortion) -> Iterator[Clip | AudioError]:
    random = np.random.default_rng(0)  # each clip goes on where the one before it stopped
    for clip in map(clip_or_error, test):
        yield clip if isinstance(clip, AudioError) else Clip(distort(clip.waveform, random))
