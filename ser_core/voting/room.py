"""One room: a question, answered in up to two rounds by one vote per phone."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

MAX_VOTERS = 300
"""Phones that vote in a room."""
MAX_VOTERS_PER_ADDRESS = 250
"""A school has one address for all of its phones, so this is little less than a room."""
MAX_ROUNDS = 2

_MOMENT_S = 5.0
"""Between two requests of a phone that listens; also a reload takes no longer."""

Phase = Literal["waiting", "open", "shown"]


class VoteError(ValueError):
    """A vote that does not count; the message says why."""


class Said(NamedTuple):
    """One column of the result: who says which label, and whether that is right."""

    who: str
    label: str
    remark: str = ""
    right: bool | None = None


@dataclass(frozen=True)
class View:
    """What a phone shows.

    Attributes:
        version: another one means that there is something new.
        labels: to choose from.
        mine: what this phone voted in this round; empty if nothing.
        before: what it voted in the round before; empty if nothing.
        counts: of each round, once the answers are shown.
        said: the room, the models and the actual emotion, once they are shown.
    """

    version: int
    phase: Phase
    round: int
    labels: tuple[str, ...]
    mine: str
    before: str = ""
    counts: tuple[Mapping[str, int], ...] = ()
    said: tuple[Said, ...] = ()


class Tally(NamedTuple):
    """What the projector shows while phones vote."""

    n_votes: int
    n_phones: int  # that listen, or did so a moment ago
    round: int


@dataclass
class _Question:
    key: str
    labels: tuple[str, ...]
    rounds: list[dict[str, str]] = field(default_factory=lambda: [{}])
    said: tuple[Said, ...] = ()
    shown: bool = False


class Room:
    """A room; any thread may call it.

        >>> room = Room("K7QD3XMP")
        >>> room.ask("first voice", ("happy", "sad"))
        >>> room.vote("a phone", "happy")
        >>> room.counts()
        {'happy': 1, 'sad': 0}

    Attributes:
        code: what people type.
        touched_s: when somebody last did something, on the monotonic clock.
    """

    def __init__(self, code: str, clock: Callable[[], float] = time.monotonic):
        self.code = code
        self._clock = clock
        self.created_s = self.touched_s = clock()
        self._question: _Question | None = None
        self._version = 0
        self._closed = False
        self._addresses: dict[str, str] = {}  # by voter, for as long as the room lasts
        self._voters_at: Counter[str] = Counter()
        self._locked = False
        self._listeners: dict[str, Callable[[], None]] = {}
        self._left_s: dict[str, float] = {}  # by voter, when it stopped listening
        self._lock = threading.RLock()

    # --- the lecturer -----------------------------------------------------------------------

    def ask(self, key: str, labels: Sequence[str]) -> None:
        """Open a question; the one that is open already goes on."""
        with self._lock:
            question = self._question
            if question and question.key == key and question.labels == tuple(labels):
                return
            self._question = _Question(key, tuple(labels))
            self._changed()

    def ask_nothing(self) -> None:
        """Let the phones wait; the votes are forgotten."""
        with self._lock:
            if self._question:
                self._question = None
                self._changed()

    def is_about(self, key: str) -> bool:
        """Whether a question is the current one."""
        with self._lock:
            return self._question is not None and self._question.key == key

    def vote_again(self) -> None:
        """Open another round of the current question, if there may be one."""
        with self._lock:
            question = self._question
            if question and len(question.rounds) < MAX_ROUNDS:
                question.rounds.append({})
                question.shown = False
                self._changed()

    def clear(self) -> None:
        """Forget the votes of this round."""
        with self._lock:
            if self._question:
                self._question.rounds[-1].clear()
                self._changed()

    def close(self) -> tuple[dict[str, int], ...]:
        """End the vote; the counts of each round. What phones show follows with `show`."""
        with self._lock:
            if self._question is None:
                return ()
            self._question.shown = True
            self._changed()
            return self._counts(self._question)

    def show(self, key: str, said: Sequence[Said]) -> None:
        """Tell the phones what room and models said, if this is still the question."""
        with self._lock:
            question = self._question
            if question and question.key == key and question.said != tuple(said):
                question.said, question.shown = tuple(said), True
                self._changed()

    def counts(self) -> dict[str, int]:
        """The votes of this round."""
        with self._lock:
            return self._counts(self._question)[-1] if self._question else {}

    def tally(self) -> Tally:
        with self._lock:
            rounds = self._question.rounds if self._question else [{}]
            self._forget_who_left()
            return Tally(len(rounds[-1]), len({*self._listeners, *self._left_s}), len(rounds))

    @property
    def locked(self) -> bool:
        """Whether only phones that have voted before may vote."""
        return self._locked

    @locked.setter
    def locked(self, locked: bool) -> None:
        self._locked = locked

    def end(self) -> None:
        """Send everybody home; nothing of the votes is kept."""
        with self._lock:
            self._closed = True
            self._question = None
            self._addresses.clear()
            self._left_s.clear()
            self._changed()

    # --- the phones -------------------------------------------------------------------------

    def vote(self, voter: str, label: str, address: str = "") -> None:
        """Count a vote, in place of an earlier one of this round.

        Args:
            voter: whose vote it is.
            address: stands for the network that it comes from.

        Raises:
            VoteError: it does not count.
        """
        with self._lock:
            question = self._question
            if question is None or question.shown or self._closed:
                raise VoteError("This vote is closed. Wait for the next one.")
            if label not in question.labels:
                raise VoteError("This answer is not among those of the question.")
            self._admit(voter, address)
            question.rounds[-1][voter] = label
            self.touched_s = self._clock()

    def is_new(self, voter: str) -> bool:
        """Whether a voter has not voted here yet."""
        return voter not in self._addresses

    def view(self, voter: str) -> View:
        """What a voter's phone shows."""
        with self._lock:
            question = self._question
            if question is None:
                return View(self._version, "waiting", 1, (), "")
            *earlier, votes = question.rounds
            view = View(
                self._version,
                "shown" if question.shown else "open",
                len(question.rounds),
                question.labels,
                votes.get(voter, ""),
                earlier[-1].get(voter, "") if earlier else "",
            )
            if not question.shown:
                return view
            return replace(view, counts=self._counts(question), said=question.said)

    @property
    def version(self) -> int:
        return self._version

    def listen(self, voter: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Call `wake` when there is something new; a phone listens once.

        Returns:
            Ends the listening.
        """
        with self._lock:
            if before := self._listeners.get(voter):
                before()  # a reload: the connection of before may hang
            self._listeners[voter] = wake

        def end() -> None:
            with self._lock:
                if self._listeners.get(voter) is wake:
                    del self._listeners[voter]
                    self._left_s[voter] = self._clock()
                    if len(self._left_s) > 2 * MAX_VOTERS:
                        self._forget_who_left()

        return end

    def _forget_who_left(self) -> None:
        recent_s = self._clock() - _MOMENT_S
        self._left_s = {v: then for v, then in self._left_s.items() if then > recent_s}

    def _admit(self, voter: str, address: str) -> None:
        if voter in self._addresses:
            return
        if self._locked:
            raise VoteError("This room is closed to further phones. Ask the lecturer to open it.")
        if len(self._addresses) >= MAX_VOTERS:
            raise VoteError(f"This room is full: {MAX_VOTERS} phones vote. Show your hand instead.")
        if self._voters_at[address] >= MAX_VOTERS_PER_ADDRESS:
            raise VoteError(
                f"{MAX_VOTERS_PER_ADDRESS} phones vote from this network, and no more may. "
                "Show your hand instead."
            )
        self._addresses[voter] = address
        self._voters_at[address] += 1

    @staticmethod
    def _counts(question: _Question) -> tuple[dict[str, int], ...]:
        cast = [Counter(votes.values()) for votes in question.rounds]
        return tuple({label: votes[label] for label in question.labels} for votes in cast)

    def _changed(self) -> None:
        self._version += 1
        self.touched_s = self._clock()
        for wake in list(self._listeners.values()):
            wake()
