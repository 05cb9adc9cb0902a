"""A vote from phones: the projector shows where, and how many votes have come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from pages.shell import phones
from pages.shell.html import show_html
from ser_core.voting.room import MAX_ROUNDS, Room, Said
from ser_core.voting.rooms import RoomsError, written

Close = Callable[[Mapping[str, int], Mapping[str, int] | None], None]
"""Takes the votes that count, and those before a discussion."""
_EVERY_S = 1.0
_ROOM = "room of phones"  # in the session


def wanted() -> bool:
    """The switch between phones and hands, where the host lets phones vote."""
    return phones.turned_on() and st.toggle(
        "Vote from phones",
        key="vote from phones",
        persist_state="session",
        help="Opens a room: phones scan a code, nothing is installed, nobody is known by name.",
    )


def show(key: str, labels: Sequence[str], close: Close) -> None:
    """The code to scan, the number of votes, and the buttons that end the vote.

    Args:
        key: of the question.
        close: is called with the votes.
    """
    room = _room()
    if room is None:
        return
    room.ask(key, labels)
    address = phones.address_of(room, st.context.url)
    code_column, count_column = st.columns([2, 3], gap="large", vertical_alignment="center")
    with code_column:
        plain = address.partition("?")[0].partition("://")[2]
        show_html("room.html", qr=phones.qr_code(address), address=plain, code=written(room.code))
    with count_column:
        _show_count(room)
        _show_buttons(room, close)
    if phones.unreachable(address):
        st.warning(
            "Phones cannot reach this address: the server answers its own machine only. Start it "
            "with `--server.address 0.0.0.0`, or set SER_PUBLIC_URL to the address that others use."
        )


@st.fragment(run_every=_EVERY_S)
def _show_count(room: Room) -> None:
    # Without the buttons: on a busy server, Streamlit fades what runs.
    if _open_room() is not room:
        st.rerun()  # it has expired
    show_html("vote_count.html", tally=room.tally())


def _show_buttons(room: Room, close: Close) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Show the answers", type="primary", key="close", on_click=_close, args=(room, close)
        )
        if room.tally().round < MAX_ROUNDS:
            st.button(
                "Discuss, then vote again",
                key="second round",
                on_click=_next_round,
                args=(room,),
                help="Keeps these votes, still hidden, and opens a second round.",
            )
        st.button("Clear", key="clear phones", on_click=room.clear)
        room.locked = st.toggle(
            "No further phones",
            value=room.locked,
            key=f"lock {room.code}",
            help="When everybody has voted once: from then on, only their phones count.",
        )


def _close(room: Room, close: Close) -> None:
    if _has_votes(room):
        *before, votes = room.close()
        close(votes, before[0] if before else None)


def _next_round(room: Room) -> None:
    if _has_votes(room):
        room.vote_again()


def _has_votes(room: Room) -> bool:
    if not room.tally().n_votes:
        st.toast("Nobody has voted yet.")
    return room.tally().n_votes > 0


def tell(key: str, said: Sequence[Said]) -> None:
    """Show the answers on the phones, if the room was asked this question."""
    if room := _open_room():
        room.show(key, said)


def may_vote_again(key: str) -> bool:
    """Whether a second round of this question can follow."""
    room = _open_room()
    return bool(room and room.is_about(key) and room.tally().round < MAX_ROUNDS)


def vote_again() -> None:
    """Open the second round on the phones."""
    if room := _open_room():
        room.vote_again()


def forget_question() -> None:
    """Nothing is asked any more."""
    if room := _open_room():
        room.ask_nothing()


def _room() -> Room | None:
    """The room of this session, opened where there is none; None where none can be."""
    if room := _open_room():
        return room
    try:
        room = st.session_state[_ROOM] = phones.rooms().open()
    except RoomsError as error:
        st.error(str(error))
        return None
    return room


def _open_room() -> Room | None:
    room: Room | None = st.session_state.get(_ROOM)
    return room if room and phones.rooms().find(room.code) is room else None
