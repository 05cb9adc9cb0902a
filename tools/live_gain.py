"""What Live gains by getting to know a voice while it speaks.

    python -m tools.live_gain whisper --precision INT8 --data "$SER_DATA"

Each test actor of the model says all spoken clips in a random order, through the windows of
Live, with and without *Get to know my voice while I speak*. UAR over all moments with a voice, by
how much of the voice was known then; mean of the draws, and what they lie within.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ser_core.adaptation.running import AdaptingRecognizer
from ser_core.corpora.readers import load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.evaluate import unheard_speech
from ser_core.evaluation.metrics import uar
from ser_core.live.track import follow
from ser_core.live.windows import HOP_S
from ser_core.models.labels import label_in_task
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model

EDGES_S = (0, 5, 15, 30, 60, 1000)


class Answer(NamedTuple):
    """The answers at one moment, and how much of the voice was known."""

    known_s: float
    actual: int
    without: int
    adapted: int


def conversation(recognizer: Recognizer, clips: Sequence[Utterance], task: str) -> Iterator[Answer]:
    """The moments of one speaker's clips, one clip after the other."""
    labels = recognizer.signature.labels
    adapting = AdaptingRecognizer(recognizer, HOP_S)
    for utterance in clips:
        actual = labels.index(label_in_task(utterance.label, task))
        for moment in follow(load_clip(utterance), {"without": recognizer, "adapted": adapting}):
            if len(moment.answers) == 2:
                without, adapted = (moment.label_of(name) for name in ("without", "adapted"))
                yield Answer(
                    adapting.known_s - HOP_S, actual, labels.index(without), labels.index(adapted)
                )


def main() -> None:
    """Print a row for each span of known voice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--precision", default=None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=5)
    options = parser.parse_args()
    recognizer = load_model(options.model, options.precision)
    speech, _, task = unheard_speech(recognizer, options.data)
    draws = []
    for seed in range(options.draws):
        random, answers = np.random.default_rng(seed), []
        for speaker in sorted({utterance.speaker_id for utterance in speech}):
            clips = [utterance for utterance in speech if utterance.speaker_id == speaker]
            order = random.permutation(len(clips))
            answers += conversation(recognizer, [clips[i] for i in order], task)
        draws.append(np.array(answers))
    print("| voice known | UAR without | adapted | gain | draws | moments |")
    print("|---|---|---|---|---|---|")
    for low, high in [*pairwise(EDGES_S), (0, EDGES_S[-1])]:
        parts = [a[(a[:, 0] >= low) & (a[:, 0] < high), 1:].astype(int) for a in draws]
        scores = [[100 * uar(part[:, 0], part[:, column]) for column in (1, 2)] for part in parts]
        without, adapted = np.mean(scores, axis=0)
        gains = [after - before for before, after in scores]
        name = "all" if (low, high) == (0, EDGES_S[-1]) else f"{low} to {high} s"
        print(
            f"| {name} | {without:.1f} | {adapted:.1f} | {np.mean(gains):+.1f} | "
            f"{min(gains):+.1f} to {max(gains):+.1f} | {np.mean([len(p) for p in parts]):.0f} |"
        )


if __name__ == "__main__":
    main()
