"""Votes from phones: the rooms of this server, and the address that a phone opens."""

from __future__ import annotations

import ipaddress
import socket
from functools import cache
from urllib.parse import urlencode, urlsplit, urlunsplit

import segno
import streamlit as st

from pages.shell.microphone_access import is_ip
from pages.shell.settings import settings
from ser_core.voting.room import Room
from ser_core.voting.rooms import Rooms, written
from ser_core.voting.tickets import Tickets

PAGE = "vote"
"""In its address, and in SER_PAGES_OFF."""


@cache
def rooms() -> Rooms:
    """The rooms of this server."""
    return Rooms()


@cache
def tickets() -> Tickets:
    """Of the phones that vote on this server."""
    return Tickets()


def turned_on() -> bool:
    """Whether the host lets rooms vote from phones.

    Raises:
        SettingsError: a setting cannot be used.
    """
    return PAGE not in settings().pages_off


def address_of(room: Room, opened_at: str | None) -> str:
    """What a phone opens to vote in a room.

    Args:
        opened_at: the address in the projector's browser.
    """
    base = settings().public_url or _reachable(opened_at or "")
    return f"{base}/{PAGE}?{urlencode({'room': written(room.code)})}"


def unreachable(address: str) -> bool:
    """Whether an address leads every phone to itself, or to a machine that answers itself only."""
    return _is_this_machine(urlsplit(address).hostname or "") or (
        not settings().public_url and _is_this_machine(st.get_option("server.address") or "")
    )


def qr_code(address: str) -> str:
    """An address as the data URI of a picture: black on white, with a margin for readers."""
    code = segno.make(address, error="m", micro=False)
    return code.svg_data_uri(border=3, dark="#000", light="#fff", omitsize=True)


def _reachable(opened_at: str) -> str:
    """The server's address for others, if the projector's browser runs on the server itself."""
    parts = urlsplit(opened_at)
    base = st.get_option("server.baseUrlPath").strip("/")
    netloc = parts.netloc or f"localhost:{st.get_option('server.port')}"
    if _is_this_machine(parts.hostname or "localhost") and (own := _own_address()):
        port = parts.port or (st.get_option("server.port") if not parts.netloc else None)
        netloc = f"{own}:{port}" if port else own
    return urlunsplit((parts.scheme or "http", netloc, base, "", "")).rstrip("/")


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or (is_ip(host) and ipaddress.ip_address(host).is_loopback)


def _own_address() -> str:
    """The address of this machine in its network; empty if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, only chooses a way out
            return probe.getsockname()[0]
        except OSError:
            return ""
