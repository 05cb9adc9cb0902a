"""An app server in a separate process, on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
START_S = 60
APP = (sys.executable, "-m", "streamlit", "run", "streamlit_app.py")


class Server(NamedTuple):
    """A running server."""

    address: str
    process: subprocess.Popen[bytes]
    started_s: float  # on the monotonic clock

    def rss_mb(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def running_server(
    zoo: Path,
    log: Path,
    port: int | None = None,
    before: Sequence[str] = (),
    command: Sequence[str] = APP,
    folder: Path = ROOT,
) -> Iterator[Server]:
    """Start the app with the models of a zoo, and end it after the block.

    Args:
        log: file for the server's output.
        port: port of the server; by default a free one.
        before: a command that runs another one, such as `taskset -c 0`.
        command: starts the app, in `folder`.
    """
    port = port or _free_port()
    variables = {
        "SER_ZOO": str(zoo),
        "STREAMLIT_SERVER_PORT": str(port),
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "STREAMLIT_SERVER_HEADLESS": "true",
    }
    started_s = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            [*before, *command],
            cwd=folder,
            env=os.environ | variables,
            stdout=output,
            stderr=output,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(address, process, log)
        yield Server(address, process, started_s)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The app did not start:\n{log.read_text()}")
