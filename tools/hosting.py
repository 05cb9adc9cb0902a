"""The app on a small public host: one core, 1 GB, nothing writable, no secrets.

    python -m tools.hosting                       # fresh environment, requirements.txt only
    python -m tools.hosting --python python3.13   # with another Python
    python -m tools.hosting --here                # with the packages of this environment

Opens every page cold, analyzes voices, and prints time and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import Config

from pages.shell.page import NAVIGATION
from tools.event_loop import run_coroutine

ROOT = Path(__file__).resolve().parent.parent
MEMORY = 2**30
START_S = 60
PAGES = {
    "" if entry.name == "streamlit_app" else entry.name: entry.title
    for entry in NAVIGATION
    if (ROOT / entry.file).is_file()
}
"""Address and title of each page."""


@dataclass
class Visit:
    """What the server sent to a browser for one page.

    Attributes:
        titles: first-level headings.
        kinds: kinds of all elements, in order.
        faults: exceptions and error boxes.
        settings: the server's settings, as far as a browser receives them.
    """

    titles: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    settings: Config = field(default_factory=Config)


class SmallHost:
    """The real server on limited resources, until the block ends.

    The process is bound to one core and to 1 GB of data (RLIMIT_DATA, which counts reserved
    memory, so it is stricter than a limit on used memory). If this process may mount, the whole
    file system is read-only except for an empty folder for temporary files, as in a hardened
    container; otherwise only the home folder is.
    """

    def __init__(self, python: str, folder: Path, **variables: str):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        home, self._scratch = folder / "home", folder / "tmp"
        home.mkdir()
        self._scratch.mkdir()
        home.chmod(0o555)
        self._log = folder / "log"
        self._variables = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "TMPDIR": str(self._scratch),
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        } | variables
        self._command = [python, "-m", "streamlit", "run", "streamlit_app.py"]
        self._command += ["--server.headless", "true", "--server.port", str(self.port)]
        self.read_only = may_mount()
        if self.read_only:
            mounts = f"mount -o remount,bind,ro / && mount -t tmpfs tmpfs {self._scratch}"
            script = f"{mounts} && exec {shlex.join(self._command)}"
            self._command = ["unshare", "--mount", "sh", "-c", script]

    def __enter__(self) -> SmallHost:
        began = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._variables,
                stdout=log,
                stderr=log,
                preexec_fn=_confine,
                start_new_session=True,
            )
        while not self.healthy():
            if self._process.poll() is not None or time.monotonic() - began > START_S:
                self.__exit__()
                raise RuntimeError(f"The server did not start:\n{self.log()}")
            time.sleep(0.1)
        self.start_s = time.monotonic() - began
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(20)

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def healthy(self) -> bool:
        """Whether the health check succeeds, as a container or load balancer would run it."""
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5) as answer:
                return answer.read() == b"ok"
        except (urllib.error.URLError, OSError):
            return False

    def memory_mb(self, which: str = "VmRSS") -> float:
        """Memory in use; with `VmHWM`, its peak so far."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(which))
        return int(line.split()[1]) / 1024

    @property
    def n_threads(self) -> int:
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

    def visit(self, page: str = "") -> Visit:
        """Open a page as the first one of a new session, and wait until it is complete."""
        try:
            return visit(self.url, page)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{self.log()}") from error


def visit(url: str, page: str = "") -> Visit:
    """Open a page of a server as the first one of a new session, and wait until it is complete.

    Raises:
        RuntimeError: the server closed the connection before.
    """
    return run_coroutine(_visit(url, page))


async def _visit(url: str, page: str) -> Visit:
    result = Visit()
    async with (
        aiohttp.ClientSession() as browser,
        browser.ws_connect(
            f"{url}/_stcore/stream", protocols=["streamlit"], max_msg_size=0
        ) as stream,
    ):
        ask = BackMsg()
        ask.rerun_script.page_name = page
        ask.rerun_script.query_string = "begin=analysis"  # Analyze would begin with a question
        await stream.send_bytes(ask.SerializeToString())
        async with asyncio.timeout(60):
            async for frame in stream:
                message = ForwardMsg.FromString(frame.data)
                if message.WhichOneof("type") == "script_finished":
                    return result
                if message.WhichOneof("type") == "new_session":
                    result.settings = message.new_session.config
                if message.WhichOneof("type") == "delta":
                    _note(message.delta.new_element, result)
    raise RuntimeError(f"The page {page!r} was not drawn to its end.")


def _note(element: object, result: Visit) -> None:
    kind = element.WhichOneof("type")
    if kind is None:  # a block
        return
    result.kinds.append(kind)
    if kind == "heading" and element.heading.tag == "h1":
        result.titles.append(element.heading.body)
    if kind == "exception":
        result.faults.append(element.exception.message)
    if kind == "alert" and element.alert.format == element.alert.ERROR:
        result.faults.append(element.alert.body)


def may_mount() -> bool:
    """Whether this process may create mounts of its own."""
    if not shutil.which("unshare"):
        return False
    tried = ["unshare", "--mount", "sh", "-c", "mount -o remount,bind,ro /"]
    return subprocess.run(tried, capture_output=True).returncode == 0


def _confine() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _fresh_environment(base: str, folder: Path) -> str:
    python = folder / "venv" / "bin" / "python"
    subprocess.run([base, "-m", "venv", folder / "venv"], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"]
    subprocess.run(install, cwd=ROOT, check=True)
    return str(python)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="makes the fresh environment")
    parser.add_argument("--here", action="store_true", help="no fresh environment")
    parser.add_argument("--analyses", type=int, default=10)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ser-hosting-") as name:
        folder = Path(name)
        python = sys.executable if args.here else _fresh_environment(args.python, folder)
        with SmallHost(python, folder) as host:
            print(f"read-only file system: {'yes' if host.read_only else 'home folder only'}")
            print(f"healthy after {host.start_s:.1f} s")
            print(f"idle: {host.memory_mb():.0f} MB")
            for page in PAGES:
                began = time.monotonic()
                result = host.visit(page)
                faults = f"  FAULTS {result.faults}" if result.faults else ""
                print(
                    f"/{page}: {result.titles}, {time.monotonic() - began:.1f} s, "
                    f"{host.memory_mb():.0f} MB{faults}"
                )
            began = time.monotonic()
            for _ in range(args.analyses):
                host.visit()
            each_s = (time.monotonic() - began) / args.analyses
            print(
                f"{args.analyses} more people: {each_s:.2f} s each, {host.memory_mb():.0f} MB "
                f"(at most {host.memory_mb('VmHWM'):.0f} MB), {host.n_threads} threads"
            )
            print(host.log())


if __name__ == "__main__":
    main()
