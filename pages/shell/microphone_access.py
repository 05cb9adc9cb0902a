"""Whether a browser gives a page the microphone, and what to do where it does not."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

HTTPS = (
    "Browsers allow the microphone only over HTTPS or on the same machine. This page was loaded "
    "over plain HTTP: open it with https:// or at http://localhost."
)
NO_RECORDING = (
    "Nothing is recorded? Allow the microphone for this page (the icon to the left of the address) "
    "and connect one; or choose File."
)


def secure(address: str | None) -> bool:
    """Whether a browser gives a page at this address the microphone."""
    if not address:
        return True
    parts = urlsplit(address)
    host = parts.hostname or ""
    return (
        parts.scheme == "https"
        or host == "localhost"
        or host.endswith(".localhost")
        or (is_ip(host) and ipaddress.ip_address(host).is_loopback)
    )


def is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
