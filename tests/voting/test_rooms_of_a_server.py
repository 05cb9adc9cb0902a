"""Rooms are found by a code that nobody guesses, they expire, and tickets cannot be made up."""

from __future__ import annotations

import pytest

from ser_core.voting.rooms import (
    ALPHABET,
    CODE_LENGTH,
    IDLE_S,
    LONGEST_S,
    MAX_ROOMS,
    Rooms,
    RoomsError,
    written,
)
from ser_core.voting.tickets import Tickets


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_code_is_found_as_people_type_it():
    rooms = Rooms()
    room = rooms.open()
    shown = written(room.code)
    assert shown == f"{room.code[:4]}-{room.code[4:]}"
    for typed in (room.code, shown, shown.lower(), f" {shown.replace('-', ' ')} "):
        assert rooms.find(typed) is room
    for wrong in ("", "x" * 10_000, room.code[:-1], room.code + room.code):
        assert rooms.find(wrong) is None


def test_codes_are_long_random_and_without_doubtful_letters():
    codes = {Rooms().open().code for _ in range(500)}
    assert len(codes) == 500
    assert not set("".join(codes)) & set("AEIOU01LY")
    assert len(ALPHABET) ** CODE_LENGTH > 2e11


def test_a_room_expires_after_hours_without_a_vote_and_in_any_case_after_a_day():
    clock = Clock()
    rooms = Rooms(clock)
    room = rooms.open()
    room.ask("voice", ("happy", "sad"))
    while clock.now < LONGEST_S:
        assert rooms.find(room.code) is room
        clock.now += IDLE_S - 1
        room.vote("anna", "happy")
    assert rooms.find(room.code) is None
    idle = rooms.open()
    clock.now += IDLE_S + 1
    assert rooms.find(idle.code) is None


def test_there_are_so_many_rooms_only_and_ended_ones_make_place():
    rooms = Rooms()
    opened = [rooms.open() for _ in range(MAX_ROOMS)]
    with pytest.raises(RoomsError, match="no more can"):
        rooms.open()
    rooms.end(opened[0])
    assert rooms.find(opened[0].code) is None
    rooms.open()


def test_a_ticket_that_was_not_given_out_is_nobodys():
    tickets = Tickets()
    ticket = tickets.issue()
    voter = tickets.voter(ticket)
    assert voter
    assert voter != tickets.voter(tickets.issue())
    other = "0" if ticket[0] != "0" else "1"
    for made_up in ("", "ä", ticket[:-1], other + ticket[1:], Tickets().issue()):
        assert tickets.voter(made_up) is None


def test_an_address_is_kept_as_a_pseudonym_of_this_server_only():
    tickets = Tickets()
    assert tickets.pseudonym("192.0.2.1") == tickets.pseudonym("192.0.2.1")
    assert "192.0.2.1" not in tickets.pseudonym("192.0.2.1")
    assert tickets.pseudonym("192.0.2.1") != Tickets().pseudonym("192.0.2.1")
