"""Real voices to try a model on: a clip per actor and emotion, and who of them is new to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ser_core.corpora.readers import utterance_from_name
from ser_core.corpora.utterance import Utterance
from ser_core.models.labels import EMOTIONS


def actors_clips(utterances: Iterable[Utterance]) -> list[Utterance]:
    """One clip per emotion of each actor of RAVDESS, in order of both.

    Spoken rather than sung, strong rather than normal, the first sentence and take rather than
    the second.
    """
    best: dict[tuple[str, int], Utterance] = {}
    for u in sorted(utterances, key=_preference):
        if u.corpus == "ravdess":
            best.setdefault((u.speaker, EMOTIONS.index(u.label)), u)
    return [best[key] for key in sorted(best)]


def unheard_clips(clips: Iterable[Utterance], training_files: Collection[str]) -> list[Utterance]:
    """The clips of actors of RAVDESS who are not in the training set.

    Args:
        training_files: `corpus/file` of what the model was trained on. If it is empty, no actor
            is certain to be new to the model, so there are no clips.
    """
    if not training_files:
        return []
    names = [name.partition("/") for name in training_files]
    in_training = (utterance_from_name(file) for corpus, _, file in names if corpus == "ravdess")
    speakers = {utterance.speaker for utterance in in_training if utterance}
    return [clip for clip in clips if clip.speaker not in speakers]


def _preference(utterance: Utterance) -> tuple[bool, bool, str, str, str]:
    return (
        utterance.channel != "speech",
        utterance.intensity != "strong",
        utterance.statement,
        utterance.repetition,
        utterance.file,
    )
