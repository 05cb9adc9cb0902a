"""Real voices to try a model on: those of speakers it was not trained on."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ser_core.corpora.readers import utterance_from_name
from ser_core.corpora.utterance import Utterance
from ser_core.models.labels import EMOTIONS

# Their file names include the speaker, so the list of training files shows who was in training.
_NAMED_CORPORA = ("ravdess", "emodb", "nemo")


def unheard_clips(
    utterances: Iterable[Utterance], training_files: Collection[str]
) -> list[Utterance]:
    """One clip per emotion of each speaker who is not in the training set, in order of both.

    From RAVDESS if it has such speakers, else from EMO-DB or nEMO. Spoken rather than sung,
    strong rather than normal, the first sentence and take rather than the second.

    Args:
        training_files: `corpus/file` of what the model was trained on. If it is empty, no speaker
            is certain to be new to the model, so there are no clips.
    """
    if not training_files:
        return []
    names = [name.partition("/") for name in training_files]
    preferred = sorted(utterances, key=_preference)
    for corpus in _NAMED_CORPORA:
        training_utterances = (utterance_from_name(file) for of, _, file in names if of == corpus)
        training_speakers = {utterance.speaker for utterance in training_utterances if utterance}
        best: dict[tuple[str, int], Utterance] = {}
        for u in preferred:
            if u.corpus == corpus and u.speaker not in training_speakers:
                best.setdefault((u.speaker, EMOTIONS.index(u.label)), u)
        if best:
            return [best[key] for key in sorted(best)]
    return []


def _preference(utterance: Utterance) -> tuple[bool, bool, str, str, str]:
    return (
        utterance.channel != "speech",
        utterance.intensity != "strong",
        utterance.statement,
        utterance.repetition,
        utterance.file,
    )
