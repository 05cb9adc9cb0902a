"""How a model performs on the same voices by telephone, in babble, in a room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar, cast

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.audio.distortions import CLEAN, DISTORTION_NAMES, Distortion, distortions
from ser_core.corpora.readers import load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.adapted import KnownTake, Subject, as_entry, draw_scores, known_take
from ser_core.evaluation.answers import Answer, answers_to, clip_or_error
from ser_core.evaluation.figures import figures
from ser_core.models.card import Adaptation, Precision, Robustness
from ser_core.models.many import Answering, answer_many
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.progress import SILENT, Progress

Heard = TypeVar("Heard")


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
    hearing = partial(_answering, test=test, talkers=talkers, task=task)
    heard = _each_distortion(hearing, recognizer, len(test), progress)
    clean = [answer.predicted for answer in heard[CLEAN]]
    rows = []
    for name, distorted in heard.items():
        result = figures(distorted, recognizer.signature.labels)
        changed = [a.predicted != b for a, b in zip(distorted, clean, strict=True)]
        rows.append(
            Robustness(
                distortion=name,
                n=len(distorted),
                uar=result.uar,
                accuracy=result.accuracy,
                changed=float(np.mean(changed)),
            )
        )
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
    hearing = partial(_learning, test=test, talkers=talkers, task=task)
    takes = _each_distortion(hearing, recognizer, len(test), progress)
    subject = Subject("this file", cast(Precision, recognizer.precision), "actors-5fold")
    return {
        name: as_entry(draw_scores(recognizer, known, k), "any", k, subject)
        for name, known in takes.items()
    }


def _each_distortion(
    hearing: Answering[str, Heard], recognizer: Recognizer, n_test: int, progress: Progress
) -> dict[str, Heard]:
    """What is heard under each distortion; several of them at once."""
    n_clips = len(DISTORTION_NAMES) * n_test
    heard = answer_many(hearing, recognizer, DISTORTION_NAMES, n_clips, together=1)
    results = {}
    for name, result in zip(DISTORTION_NAMES, heard, strict=True):
        results[name] = result
        progress.step(len(results), len(DISTORTION_NAMES))
    return results


def _answering(
    recognizer: Recognizer, test: Sequence[Utterance], talkers: Sequence[Utterance], task: str
) -> Callable[[str], list[Answer]]:
    """What answers the test clips under a distortion."""
    distorted = _distorting(test, talkers)
    return lambda name: answers_to(distorted(name), recognizer, test, task)


def _learning(
    recognizer: Recognizer, test: Sequence[Utterance], talkers: Sequence[Utterance], task: str
) -> Callable[[str], list[KnownTake]]:
    """What hears the test clips as takes to learn from, under a distortion."""
    distorted = _distorting(test, talkers)

    def learn_under(name: str) -> list[KnownTake]:
        pairs = zip(test, distorted(name), strict=True)
        takes = (known_take(recognizer, utterance, clip, task) for utterance, clip in pairs)
        return [take for take in takes if take is not None]

    return learn_under


def _distorting(
    test: Sequence[Utterance], talkers: Sequence[Utterance]
) -> Callable[[str], Iterator[Clip | AudioError]]:
    """What distorts the test clips; a hundred of the talkers babble."""
    indices = np.random.default_rng(0).choice(len(talkers), min(100, len(talkers)), replace=False)
    by_name = distortions([load_clip(talkers[i]).waveform for i in indices])
    return lambda name: _distorted(test, by_name[name])


def _distorted(test: Sequence[Utterance], distort: Distortion) -> Iterator[Clip | AudioError]:
    random = np.random.default_rng(0)  # each clip goes on where the one before it stopped
    for clip in map(clip_or_error, test):
        yield clip if isinstance(clip, AudioError) else Clip(distort(clip.waveform, random))
