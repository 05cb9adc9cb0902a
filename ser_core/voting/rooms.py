"""The rooms of a server, by their code."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable

from ser_core.voting.room import Room

ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
"""Without letters that are taken for digits, and without vowels, which would make words."""
CODE_LENGTH = 8
"""27⁸ codes are 3 · 10¹¹: at a thousand guesses a second, the first of 20 rooms is found in half a
year."""
MAX_ROOMS = 20
IDLE_S = 2 * 3600.0
"""So long after the last vote or question, a room is gone."""
LONGEST_S = 12 * 3600.0


class RoomsError(ValueError):
    """No room can be opened; the message says why."""


class Rooms:
    """Opens rooms and finds them; any thread may call it.

    >>> rooms = Rooms()
    >>> room = rooms.open()
    >>> rooms.find(written(room.code).lower()) is room
    True
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._lock = threading.Lock()

    def open(self) -> Room:
        """A new room.

        Raises:
            RoomsError: there are too many.
        """
        with self._lock:
            self._forget_old()
            if len(self._rooms) >= MAX_ROOMS:
                raise RoomsError(
                    f"{MAX_ROOMS} rooms are voting on this server, and no more can. Try again "
                    "later, or enter the counts by hand."
                )
            code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
            room = self._rooms[code] = Room(code, self._clock)
            return room

    def find(self, code: str) -> Room | None:
        """The room with a code as people type it; None where there is none (any more)."""
        plain = "".join(character for character in code[:40].upper() if character in ALPHABET)
        with self._lock:
            self._forget_old()
            return self._rooms.get(plain)

    def end(self, room: Room) -> None:
        """Close a room."""
        with self._lock:
            self._rooms.pop(room.code, None)
        room.end()

    def _forget_old(self) -> None:
        now = self._clock()
        for code, room in list(self._rooms.items()):
            if now - room.touched_s > IDLE_S or now - room.created_s > LONGEST_S:
                del self._rooms[code]
                room.end()


def written(code: str) -> str:
    """A code as it is shown: in two halves, which are easier to type."""
    half = len(code) // 2
    return f"{code[:half]}-{code[half:]}"
