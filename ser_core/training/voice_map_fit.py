"""The voice map of a model, fitted on its training actors: see `ser_core.walkthrough.voice_map`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from ser_core.corpora.protocols import split
from ser_core.corpora.readers import load_clip, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.models.card import ModelCard
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.models.zoo import ZOO, load_model
from ser_core.walkthrough.voice_map import VoiceMap

PROTOCOL = "actors-5fold"
NEIGHBORS = 5


def embeddings(
    recognizer: Recognizer, utterances: Sequence[Utterance]
) -> tuple[list[Utterance], np.ndarray]:
    """The utterances in which somebody speaks, and their embeddings, shape `(n, n_embedding)`.

    Raises:
        AudioError: a file cannot be decoded.
    """
    spoken, rows = [], []
    for utterance in utterances:
        prediction = recognizer(load_clip(utterance))
        if prediction.embedding is not None:
            spoken.append(utterance)
            rows.append(prediction.embedding)
    return spoken, np.stack(rows)


def fitted(
    train: np.ndarray,
    labels: Sequence[str],
    shown: np.ndarray,
    voices: Sequence[Utterance],
    of: str,
) -> VoiceMap:
    """A map of `shown` by the two directions that separate the labels of `train` best.

    Args:
        train: embeddings of the training speakers, shape `(n, n_embedding)`.
        shown: embeddings of other speakers, shape `(n_voices, n_embedding)`.
        of: sha256 of the weights.
    """
    # Shrinkage (Ledoit & Wolf 2004): there are about as many dimensions as clips.
    analysis = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto", n_components=2)
    analysis.fit(train, labels)
    weights = analysis.scalings_[:, :2]
    deviation = (train @ weights).std(axis=0)
    weights = weights / deviation  # of the training clips: one on each axis
    offset = -train.mean(axis=0) @ weights
    return VoiceMap(
        weights,
        offset,
        shown @ weights + offset,
        tuple(u.file for u in voices),
        tuple(u.label for u in voices),
        tuple(u.speaker for u in voices),
        of,
    )


def neighbors_agree(voices: VoiceMap) -> float:
    """Share of voices whose nearest others on the map, of any speaker, mostly play the same."""
    agree = 0
    for file, label, point in zip(voices.files, voices.labels, voices.points, strict=True):
        near = Counter(voices.labels[i] for i in voices.nearest(point, NEIGHBORS, without=file))
        agree += near.most_common(1)[0][0] == label
    return agree / len(voices.points)


def has_voice_map(card: ModelCard) -> bool:
    """Whether a model is one that voice maps are for: tested on unseen actors, main or small."""
    return card.training.protocol == PROTOCOL and card.role in ("main", "small")


def write_voice_map(name: str, data: Path, zoo: Path = ZOO) -> VoiceMap:
    """Fit the map of a model of the zoo on its most exact IR, and write it beside the card.

    Raises:
        CorpusError: RAVDESS is not in `data`.
        ModelError: there is no such model, or it has no fold of unseen actors.
    """
    recognizer = load_model(name, zoo=zoo)
    card = recognizer.card
    if card is None or card.training.protocol != PROTOCOL:
        raise ModelError(f"{name} has no unseen actors. Choose a model of `{PROTOCOL}`.")
    parts = split(PROTOCOL, read_corpora(data, ["ravdess"]), card.training.fold)
    train, shown = (
        embeddings(recognizer, [u for u in part if u.channel == "speech"])
        for part in (parts.train, parts.test)
    )
    of = card.files[card.precisions[0]].sha256.bin
    voices = fitted(train[1], [u.label for u in train[0]], shown[1], shown[0], of)
    voices.write(zoo / name)
    return voices
