"""What happens when the server starts and ends.

`streamlit run` does less for an `st.App` than for a plain script: it opens no browser.
"""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, object]]:
    """Open a browser where somebody sits at the machine."""
    if not st.get_option("server.headless"):
        # In a thread: some browsers return only when they are closed. The socket listens already.
        threading.Thread(target=webbrowser.open, args=(_address(),), daemon=True).start()
    yield {}


def _address() -> str:
    port, path = st.get_option("server.port"), st.get_option("server.baseUrlPath").strip("/")
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    host = st.get_option("server.address") or "localhost"
    return f"{scheme}://{'localhost' if host in ('0.0.0.0', '::') else host}:{port}/{path}"
