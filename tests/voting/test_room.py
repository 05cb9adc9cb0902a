"""A room: one vote per phone and round, within bounds, and nothing shown too early."""

from __future__ import annotations

import threading

import pytest

from ser_core.voting.room import MAX_VOTERS, MAX_VOTERS_PER_ADDRESS, Room, Said, VoteError

LABELS = ("happy", "sad", "angry")


@pytest.fixture
def room() -> Room:
    room = Room("K7QD3XMP")
    room.ask("first voice", LABELS)
    return room


def test_a_phone_has_one_vote_and_may_change_its_mind(room: Room):
    room.vote("anna", "happy")
    room.vote("ben", "happy")
    room.vote("anna", "sad")
    assert room.counts() == {"happy": 1, "sad": 1, "angry": 0}
    assert room.view("anna").mine == "sad"
    assert room.tally().n_votes == 2


def test_nobody_sees_what_others_chose_before_the_answers_are_shown(room: Room):
    room.vote("anna", "happy")
    view = room.view("ben")
    assert (view.phase, view.mine, view.counts, view.said) == ("open", "", (), ())
    room.close()
    assert room.view("ben").counts == ({"happy": 1, "sad": 0, "angry": 0},)


def test_after_the_answers_are_shown_no_vote_counts(room: Room):
    room.vote("anna", "happy")
    assert room.close() == ({"happy": 1, "sad": 0, "angry": 0},)
    with pytest.raises(VoteError, match="closed"):
        room.vote("anna", "sad")
    assert room.counts()["happy"] == 1


def test_before_there_is_a_question_phones_wait():
    room = Room("K7QD3XMP")
    assert room.view("anna").phase == "waiting"
    with pytest.raises(VoteError):
        room.vote("anna", "happy")


def test_a_second_round_is_beside_the_first_and_a_third_does_not_begin(room: Room):
    room.vote("anna", "happy")
    room.vote_again()
    assert (room.view("anna").mine, room.view("anna").before) == ("", "happy")
    assert room.tally().n_votes == 0
    room.vote("anna", "sad")
    room.vote("ben", "sad")
    room.vote_again()
    before, after = room.close()
    assert (before["happy"], after["sad"]) == (1, 2)


def test_a_round_can_follow_the_answers(room: Room):
    room.vote("anna", "happy")
    room.close()
    room.vote_again()
    assert room.view("anna").phase == "open"
    room.vote("anna", "sad")
    assert len(room.close()) == 2


def test_only_labels_of_the_question_count(room: Room):
    for label in ("bored", "", "happy "):
        with pytest.raises(VoteError, match="not among"):
            room.vote("anna", label)
    assert room.tally().n_votes == 0


def test_the_same_question_goes_on_and_another_begins_anew(room: Room):
    room.vote("anna", "happy")
    room.ask("first voice", LABELS)
    assert room.tally().n_votes == 1
    room.ask("second voice", LABELS)
    assert room.tally().n_votes == 0
    assert room.view("anna").mine == ""


def test_the_result_belongs_to_its_question_only(room: Room):
    said = [Said("The room", "happy", "1 of 1", True), Said("cnn", "sad", "", False)]
    room.close()
    room.show("first voice", said)
    assert room.view("anna").said == tuple(said)
    room.ask("second voice", LABELS)
    room.show("first voice", said)
    assert room.view("anna").phase == "open"


def test_a_flood_from_one_phone_is_one_vote(room: Room):
    room.vote("anna", "happy")
    for n in range(1000):
        room.vote("flood", LABELS[n % 3])
    assert room.tally().n_votes == 2
    assert sum(room.counts().values()) == 2


def test_a_school_behind_one_address_votes_but_one_address_cannot_fill_the_room(room: Room):
    for n in range(MAX_VOTERS_PER_ADDRESS):
        room.vote(f"phone {n}", "happy", "school")
    with pytest.raises(VoteError, match="from this network"):
        room.vote("one more", "sad", "school")
    room.vote("phone 0", "sad", "school")
    for n in range(MAX_VOTERS - MAX_VOTERS_PER_ADDRESS):
        room.vote(f"home {n}", "sad", f"home {n}")
    with pytest.raises(VoteError, match="full"):
        room.vote("one more", "sad", "elsewhere")
    assert room.tally().n_votes == MAX_VOTERS


def test_a_locked_room_takes_no_further_phones(room: Room):
    room.vote("anna", "happy")
    room.locked = True
    room.vote("anna", "sad")
    with pytest.raises(VoteError, match="further phones"):
        room.vote("ben", "sad")
    room.locked = False
    room.vote("ben", "sad")
    assert room.counts()["sad"] == 2


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_phones_are_woken_by_what_is_new_and_not_by_votes():
    clock, woken = Clock(), []
    room = Room("K7QD3XMP", clock)
    room.ask("first voice", LABELS)
    end = room.listen("anna", lambda: woken.append("anna"))
    room.listen("ben", lambda: woken.append("ben"))
    version = room.version
    room.vote("carla", "happy")
    assert (woken, room.version) == ([], version)
    assert room.tally().n_phones == 2
    room.close()
    assert sorted(woken) == ["anna", "ben"]
    assert room.version > version
    end()
    assert room.tally().n_phones == 2, "it may only be loading the page again"
    clock.now += 10
    assert room.tally().n_phones == 1


def test_a_reload_takes_the_place_of_the_connection_before(room: Room):
    woken = []
    end_first = room.listen("anna", lambda: woken.append("first"))
    room.listen("anna", lambda: woken.append("second"))
    assert woken == ["first"]
    end_first()
    assert room.tally().n_phones == 1


def test_votes_from_many_threads_all_count(room: Room):
    def vote(number: int) -> None:
        for n in range(20):
            room.vote(f"phone {number} {n}", LABELS[n % 3], f"address {number}")

    threads = [threading.Thread(target=vote, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(room.counts().values()) == 200


def test_nothing_is_left_of_a_room_that_ended(room: Room):
    room.vote("anna", "happy")
    room.end()
    assert room.counts() == {}
    assert "anna" not in repr(vars(room))
    with pytest.raises(VoteError):
        room.vote("anna", "happy")
