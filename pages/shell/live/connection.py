"""What stands between the browser's microphone and this server, in words."""

from __future__ import annotations

import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

from pages.shell.microphone_access import HTTPS, is_ip, secure
from pages.shell.settings import secrets

PERMISSION = (
    "The browser blocked the microphone. Allow it for this page (the icon to the left of the "
    "address), and press START again."
)
NO_MICROPHONE = "No microphone was found. Connect one, and press START again."
TURN = (
    "The sound does not reach the server: a firewall or router is in the way. A TURN server is "
    "needed, with its credentials in the secrets of this app: CLOUDFLARE_TURN_KEY_ID and "
    "CLOUDFLARE_TURN_KEY_API_TOKEN, or ice_servers."
)

__all__ = ["HTTPS", "secure"]

_CLOUDFLARE = ("CLOUDFLARE_TURN_KEY_ID", "CLOUDFLARE_TURN_KEY_API_TOKEN")


def near(address: str | None) -> bool:
    """Whether the page is on this machine or in a local network, where no relay is needed."""
    host = urlsplit(address or "").hostname or "localhost"
    if is_ip(host):
        return ipaddress.ip_address(host).is_private
    return "." not in host or host.endswith((".local", ".lan", ".home.arpa", ".localhost"))


def rtc_configuration() -> dict[str, Any] | None:
    """Relay servers for WebRTC.

    None lets streamlit-webrtc fetch them with the Cloudflare keys of the secrets. Without any, the
    list is empty: asking a public STUN server would tell a stranger of each visit, and in a closed
    network it would hang for most of a minute.
    """
    stored = secrets()
    if all(stored.get(name) or os.environ.get(name) for name in _CLOUDFLARE):
        return None
    return {"iceServers": [dict(server) for server in stored.get("ice_servers", [])]}


def has_relay() -> bool:
    """Whether the secrets name relay servers."""
    configuration = rtc_configuration()
    return configuration is None or bool(configuration["iceServers"])
