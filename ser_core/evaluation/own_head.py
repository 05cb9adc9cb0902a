"""A head for one's own recordings on the embedding of a shipped network, learned and measured.

The same code as for a single speaker (`adaptation.learning`), for any number of them: a few dozen
recordings are enough, because the network behind the embedding stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ser_core.adaptation.gain import Gain
from ser_core.adaptation.learning import learn
from ser_core.corpora.utterance import CorpusError, Utterance
from ser_core.evaluation.adapted import KnownTake, known_takes
from ser_core.evaluation.metrics import uar
from ser_core.models.recognizer import Recognizer
from ser_core.models.speaker import Speaker
from ser_core.runtime.progress import SILENT, Progress

MIN_CLIPS = 8
_PARTS = 5


class OwnHead(NamedTuple):
    """What was learned, and how good it is on recordings that were left out in turn.

    Attributes:
        by_speaker: whole speakers were left out, else single recordings: then the voices tested
            are known, which inflates the figures.
        uar_before, uar_after: of the network as shipped, and with the head.
    """

    speaker: Speaker
    gain: Gain
    by_speaker: bool
    uar_before: float
    uar_after: float


def own_head(
    recognizer: Recognizer, utterances: Sequence[Utterance], progress: Progress = SILENT
) -> OwnHead:
    """Learn from all recordings; measure on each part with what the other parts teach.

    Raises:
        CorpusError: too few recordings, or all of one emotion.
    """
    task = recognizer.card.task if recognizer.card else "emotions-8"
    known = known_takes(recognizer, utterances, task, progress)
    if len(known) < MIN_CLIPS or len({k.actual for k in known}) < 2:
        raise CorpusError(
            f"A head needs at least {MIN_CLIPS} usable recordings of two or more emotions, and "
            f"these are {len(known)} of {len({k.actual for k in known})}. Add recordings."
        )
    labels = recognizer.signature.labels
    by_speaker = len({u.speaker_id for u in utterances if u.speaker}) > 1
    actual, before, after = [], [], []
    for learned, tested in _parts(known, by_speaker):
        speaker = _learn(recognizer, learned)
        for k in tested:
            actual.append(labels.index(k.actual))
            before.append(int(k.take.logits.argmax()))
            after.append(int(speaker.logits(k.take.logits, k.take.embedding, labels).argmax()))
    truth, plain, taught = map(np.array, (actual, before, after))
    gain = Gain(int((truth == plain).sum()), int((truth == taught).sum()), len(truth))
    speaker = _learn(recognizer, known)
    return OwnHead(speaker, gain, by_speaker, uar(truth, plain), uar(truth, taught))


def _learn(recognizer: Recognizer, known: Sequence[KnownTake]) -> Speaker:
    return learn(recognizer, [k.take._replace(label=k.actual) for k in known])


def _parts(
    known: Sequence[KnownTake], by_speaker: bool
) -> Iterator[tuple[list[KnownTake], list[KnownTake]]]:
    """What is learned from and what is tested: each speaker, or each fifth, once."""
    if by_speaker:
        groups = [k.speaker for k in known]
    else:
        order = np.random.default_rng(0).permutation(len(known))
        groups = [str(place // math.ceil(len(known) / _PARTS)) for place in order.argsort()]
    for group in sorted({*groups}):
        pairs = [*zip(groups, known, strict=True)]
        yield [k for g, k in pairs if g != group], [k for g, k in pairs if g == group]
