"""What happens when the server starts and ends.

`streamlit run` does less for an `st.App` than for a plain script: it opens no browser.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import streamlit as st

from pages.shell.server.vote import wake_all


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, object]]:
    """Open a browser where somebody sits at the machine; let go of the phones at the end."""
    if not st.get_option("server.headless"):
        # In a thread: some browsers return only when they are closed. The socket listens already.
        threading.Thread(target=webbrowser.open, args=(_address(),), daemon=True).start()
    _wake_at_the_end()
    yield {}


def _wake_at_the_end() -> None:
    """The server waits for open requests before it tells the app that it ends."""
    if threading.current_thread() is not threading.main_thread():
        return  # where no signals arrive
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def handle(number: int, frame: FrameType | None, before: object = before) -> None:
            loop.call_soon_threadsafe(wake_all)
            if callable(before):
                before(number, frame)

        signal.signal(number, handle)


def _address() -> str:
    port, path = st.get_option("server.port"), st.get_option("server.baseUrlPath").strip("/")
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    host = st.get_option("server.address") or "localhost"
    return f"{scheme}://{'localhost' if host in ('0.0.0.0', '::') else host}:{port}/{path}"
