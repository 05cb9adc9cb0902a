"""Environment variables that configure a deployment; docs/hosting.md lists them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, nan
from urllib.parse import urlsplit

_LONGEST_WAIT_S = 120
_MOST_PER_MINUTE = 6000
_LEAST_MEMORY_MB = 300  # below, no model would stay beside the app itself
_SHORTEST_TOKEN = 16
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class SettingsError(ValueError):
    """A setting has an invalid value; the message names the setting and what it accepts."""


@dataclass(frozen=True)
class Settings:
    """The settings in force.

    Attributes:
        max_upload_mb: upper limit for every page; some pages accept only smaller files.
            SER_MAX_UPLOAD_MB.
        max_clip_s: longer recordings are refused, as are those beyond `audio.MAX_DURATION_S`.
            SER_MAX_CLIP_S.
        pages_off: pages that are turned off, as in their addresses. SER_PAGES_OFF.
        inference_url: server of the KServe v2 protocol that runs the networks of the zoo in place
            of this machine. SER_INFERENCE_URL.
        inference_timeout_s: time limit for one model window. SER_INFERENCE_TIMEOUT_S.
        inference_fallback: run the network on this machine while the server is unavailable.
            SER_INFERENCE_FALLBACK.
        public_url: the app's address for phones in the room, where it is not the one that the
            projector's browser uses. SER_PUBLIC_URL.
        api_token: programs that send it may use `POST /api/predict`; without one, nobody may.
            SER_API_TOKEN.
        api_per_minute: how many files they may send. SER_API_PER_MINUTE.
        memory_mb: compiled models are dropped before the server takes more. SER_MEMORY_MB.
    """

    max_upload_mb: float = inf
    max_clip_s: float = inf
    pages_off: frozenset[str] = frozenset()
    inference_url: str | None = None
    inference_timeout_s: float = 5.0
    inference_fallback: bool = False
    public_url: str | None = None
    api_token: str | None = field(default=None, repr=False)  # kept out of logs
    api_per_minute: float = 60.0
    memory_mb: float = inf

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Settings:
        """Read settings from variables; missing or empty ones keep their defaults.

        Raises:
            SettingsError: a value cannot be used.
        """
        pages_off = _text(variables, "SER_PAGES_OFF") or ""
        return cls(
            max_upload_mb=_number(variables, "SER_MAX_UPLOAD_MB", cls.max_upload_mb, 1),
            max_clip_s=_number(variables, "SER_MAX_CLIP_S", cls.max_clip_s, 1),
            pages_off=frozenset(pages_off.lower().replace(",", " ").split()),
            inference_url=_address(variables, "SER_INFERENCE_URL"),
            inference_timeout_s=_number(
                variables, "SER_INFERENCE_TIMEOUT_S", cls.inference_timeout_s, 0.1, _LONGEST_WAIT_S
            ),
            inference_fallback=_switch(variables, "SER_INFERENCE_FALLBACK"),
            public_url=_address(variables, "SER_PUBLIC_URL"),
            api_token=_token(variables, "SER_API_TOKEN"),
            api_per_minute=_number(
                variables, "SER_API_PER_MINUTE", cls.api_per_minute, 1, _MOST_PER_MINUTE
            ),
            memory_mb=_number(variables, "SER_MEMORY_MB", cls.memory_mb, _LEAST_MEMORY_MB),
        )


def settings() -> Settings:
    """Read the current settings from the environment.

    Raises:
        SettingsError: a value cannot be used.
    """
    return Settings.read(os.environ)


def _text(variables: Mapping[str, str], name: str) -> str | None:
    return variables.get(name, "").strip() or None


def _number(
    variables: Mapping[str, str], name: str, default: float, low: float, high: float = inf
) -> float:
    text = _text(variables, name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not (low <= value <= high and isfinite(value)):
        fitting = f"of at least {low:g}" if high == inf else f"from {low:g} to {high:g}"
        raise SettingsError(f"{name} is {text!r}. Set it to a number {fitting}.")
    return value


def _switch(variables: Mapping[str, str], name: str) -> bool:
    text = (_text(variables, name) or _NO[0]).lower()
    if text not in _YES + _NO:
        raise SettingsError(f"{name} is {text!r}. Set it to {_YES[0]} or {_NO[0]}.")
    return text in _YES


def _token(variables: Mapping[str, str], name: str) -> str | None:
    token = _text(variables, name)
    if token is not None and (len(token) < _SHORTEST_TOKEN or not token.isascii() or " " in token):
        # Without its value, which would end up in logs.
        raise SettingsError(
            f"{name} cannot be used. Set it to at least {_SHORTEST_TOKEN} random letters and "
            "digits, such as `openssl rand -hex 24` prints."
        )
    return token


def _address(variables: Mapping[str, str], name: str) -> str | None:
    url = _text(variables, name)
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    # A name and password in it would end up in logs.
    if not usable or parts.username or parts.query or parts.fragment:
        raise SettingsError(
            f"{name} cannot be used. Set it to the address of the server, "
            "such as http://server:8000."
        )
    return url.rstrip("/")
