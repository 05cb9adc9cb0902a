"""One voice that a room has judged: the room, the models and the actual emotion side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ser_core.voting.room import Said

_MOST_MODELS = 3  # beside the room


@dataclass(frozen=True)
class Outcome:
    """One voice that the room has judged.

    Attributes:
        room: the label with most votes; empty where several have as many.
        votes: how many people chose each label.
        actual: the emotion in the room's labels; empty where nobody knows.
        models: what each model said; empty for no answer.
        right: whether each model was right; None where nobody knows.
        before: the votes of a first round, before the discussion; empty where there was one round.
        voice: what the voice is called.
    """

    room: str
    votes: Mapping[str, int]
    actual: str
    models: Mapping[str, str]
    right: Mapping[str, bool | None]
    before: Mapping[str, int] = field(default_factory=dict)
    voice: str = ""

    @property
    def room_right(self) -> bool | None:
        return self.room == self.actual if self.actual else None

    @property
    def said(self) -> tuple[Said, ...]:
        """The room, up to three models, and the actual emotion where it is known."""
        total = sum(self.votes.values())
        share = f"{self.votes.get(self.room, 0)} of {total}"
        columns = [
            Said(
                "The room", self.room, share if self.room else "the room is split", self.room_right
            )
        ]
        for name, label in list(self.models.items())[:_MOST_MODELS]:
            columns.append(Said(name, label, "", self.right[name]))
        if self.actual:
            columns.append(Said("Actual emotion", self.actual))
        return tuple(columns)


def chosen_most(votes: Mapping[str, int]) -> str:
    """The label with most votes; empty where several have as many."""
    most = [label for label, n in votes.items() if n == max(votes.values())]
    return most[0] if len(most) == 1 else ""
