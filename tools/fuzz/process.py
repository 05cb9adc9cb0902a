"""A separate process for the journey: a crash, a hang or lack of memory ends only that."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import resource
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model
from ser_core.runtime.child_process import start_process
from tools.fuzz.files import File, files
from tools.fuzz.journey import travel

MAX_S = 20.0
MAX_PEAK_MB = 300.0
_START_S = 120.0
# Beyond this the process gets a MemoryError, so that a bomb does not take down the machine.
_MEMORY_BYTES = 2 * 2**30


Journey = Callable[[File, Recognizer], str]


class Outcome(NamedTuple):
    """The result of a case.

    Attributes:
        answer: `answered`, or the sentence that rejected it.
        fault: what went wrong; empty if nothing did.
        peak_mb: highest resident memory above that of the idle process.
    """

    answer: str
    fault: str
    seconds: float
    peak_mb: float


class Traveler:
    """Sends files on their journey in a child process, which is replaced when it dies."""

    def __init__(self, zoo: Path, journey: Journey = travel, max_s: float = MAX_S):
        self.zoo, self.journey, self.max_s = zoo, journey, max_s
        self._process: multiprocessing.process.BaseProcess | None = None

    def __enter__(self) -> Traveler:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def send(self, file: File) -> Outcome:
        """Run one case."""
        if self._process is None:
            self._start()
        start = time.perf_counter()
        try:
            self._connection.send(file)
            if self._connection.poll(self.max_s):
                outcome = Outcome(*self._connection.recv())
                if not outcome.fault and outcome.peak_mb > MAX_PEAK_MB:
                    fault = f"{outcome.peak_mb:.0f} MB above idle"
                    return outcome._replace(fault=fault)
                return outcome
            fault = f"no answer within {self.max_s:g} s"
        except (EOFError, OSError):
            self._process.join(10)
            fault = f"the process died with exit code {self._process.exitcode}"
        self._end()
        return Outcome("", fault, time.perf_counter() - start, 0.0)

    def idle_growth_mb(self) -> float:
        """Resident memory above the idle process now, when nothing runs; 0 after a fault."""
        if self._process is None:
            return 0.0
        self._connection.send(None)
        return self._connection.recv()

    def _start(self) -> None:
        self._connection, child_end = multiprocessing.Pipe()
        self._process = start_process(_serve, child_end, self.zoo, self.journey)
        child_end.close()
        assert self._connection.poll(_START_S), "the process did not start"
        self._connection.recv()

    def _end(self) -> None:
        if self._process is not None:
            self._connection.close()
            self._process.kill()
            self._process.join()
            self._process = None


def _serve(connection: Connection, zoo: Path, journey: Journey) -> None:
    # Decoders written in C report problems on stderr.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    recognizer = load_model(zoo=zoo)
    # Once through every reader, so that the idle state includes all libraries.
    for file in files():
        travel(file, recognizer)
    limit = status_bytes("VmData") + _MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    # Memory that was freed but not returned would hide what the first cases take.
    ctypes.CDLL(None).malloc_trim(0)
    idle = status_bytes("VmRSS")
    connection.send("ready")
    while True:
        file = connection.recv()
        if file is None:
            connection.send((status_bytes("VmRSS") - idle) / 2**20)
        else:
            connection.send(_run(journey, file, recognizer, idle))


def _run(journey: Journey, file: File, recognizer: Recognizer, idle: int) -> Outcome:
    Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM, the peak
    start, answer, fault = time.perf_counter(), "", ""
    try:
        answer = journey(file, recognizer)
    except Exception:
        fault = traceback.format_exc()
    seconds = time.perf_counter() - start
    return Outcome(answer, fault, seconds, (status_bytes("VmHWM") - idle) / 2**20)


def resident_mb() -> float:
    """Resident memory of this process."""
    return status_bytes("VmRSS") / 2**20


def status_bytes(field: str) -> int:
    """A size from /proc/self/status."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(field)
