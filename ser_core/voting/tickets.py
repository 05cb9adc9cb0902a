"""Who is who, without knowing anybody: a phone keeps a random number that the server has signed.

Numbers that a program makes up are refused, and a server that starts again has another key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets


class Tickets:
    """Gives tickets out and recognizes them.

    >>> tickets = Tickets()
    >>> ticket = tickets.issue()
    >>> tickets.voter(ticket) == tickets.voter(ticket), tickets.voter("0" * 64)
    (True, None)
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def issue(self) -> str:
        """A new ticket: 64 hexadecimal digits."""
        number = secrets.token_hex(16)
        return number + self._signature(number)

    def voter(self, ticket: str) -> str | None:
        """Whose ticket it is; None if it is not one of ours."""
        number, signature = ticket[:32], ticket[32:]
        expected = self._signature(number)
        right = hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())
        return number if right else None

    def pseudonym(self, address: str) -> str:
        """Stands for a network address, of which nothing else is kept."""
        return self._signature(f"address {address}")

    def _signature(self, text: str) -> str:
        digest = hmac.new(self._key, text.encode("utf-8", "replace"), hashlib.sha256)
        return digest.hexdigest()[:32]
