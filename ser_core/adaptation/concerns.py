"""What to know about takes before trusting what was learned from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ser_core.adaptation.takes import Take
from ser_core.models.labels import emotion_name
from ser_core.models.recognizer import Recognizer

FEW_TAKES = 4
_ONE_MOOD = 0.8  # of the takes


def concerns(recognizer: Recognizer, takes: Sequence[Take]) -> list[str]:
    """Sentences on takes that are too few or too alike; empty when all is well."""
    sentences = []
    if len(takes) < FEW_TAKES:
        sentences.append(
            f"So far there {'is' if len(takes) == 1 else 'are'} {len(takes)} "
            f"take{'s' * (len(takes) != 1)}, which change little. Add takes of several moods."
        )
    moods = Counter(take.label or _answer(recognizer, take) for take in takes)
    mood, count = moods.most_common(1)[0] if moods else ("", 0)
    if len(takes) >= FEW_TAKES and count > _ONE_MOOD * len(takes):
        sentences.append(
            f"{count} of {len(takes)} takes sound {emotion_name(mood)}. Add takes of other moods, "
            "so that this one does not become the middle of your voice."
        )
    return sentences


def _answer(recognizer: Recognizer, take: Take) -> str:
    return recognizer.signature.labels[int(take.logits.argmax())]
