"""Settings for the pages: the secrets of the app count as environment variables."""

from __future__ import annotations

import os
from math import inf
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from ser_core.runtime import settings as core
from ser_core.runtime.settings import Settings


def secrets() -> dict[str, Any]:
    """The secrets of the app; empty where there are none."""
    try:
        return st.secrets.to_dict()
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return {}


def settings() -> Settings:
    """The settings of this moment.

    Raises:
        SettingsError: a value cannot be used.
    """
    for name, value in secrets().items():
        # Streamlit does the same with text and numbers, but not with true, false and lists.
        if name.startswith("SER_"):
            os.environ[name] = " ".join(value) if isinstance(value, list) else str(value)
    return core.settings()


def upload_mb(most: float = inf) -> int:
    """How large a file a page may take: what it asks for, the setting or the server's own limit.

    The server refuses what is larger than its limit, whatever a page promises.
    """
    return int(min(most, settings().max_upload_mb, st.get_option("server.maxUploadSize")))
