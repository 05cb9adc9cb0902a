"""One recognizer, asked by many threads at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.models.recognizer import Recognizer

N_THREADS = 16


def assert_threads_answer_as_one_does(
    recognizer: Recognizer, clips: Sequence[Clip], times: int
) -> None:
    """Bit for bit, with every clip asked `times` times, and the clips are left alone."""
    before = [clip.waveform.copy() for clip in clips]
    alone = [recognizer(clip) for clip in clips]
    with ThreadPoolExecutor(N_THREADS) as pool:
        together = list(pool.map(recognizer, [*clips] * times))
    for one, other in zip(alone * times, together, strict=True):
        assert one.probabilities == other.probabilities
        np.testing.assert_array_equal(one.evidence.probabilities, other.evidence.probabilities)
        np.testing.assert_array_equal(one.embedding, other.embedding)
    for clip, waveform in zip(clips, before, strict=True):
        np.testing.assert_array_equal(clip.waveform, waveform)
