"""IRs of unknown origin, read and run in a separate process with limits.

A file of a few kilobytes can ask for gigabytes, never terminate, or crash OpenVINO. Here, the
worst outcome is a `ModelError`.

    recognizer = ForeignRecognizer("elsewhere/model.xml")
    prediction = recognizer(clip)
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec
import numpy as np

from ser_core.inference.network import Inference, ModelError, NetworkOutput
from ser_core.models.card import ModelCard
from ser_core.models.recognizer import Recognizer
from ser_core.models.signature import Signature
from ser_core.models.zoo import sha256
from ser_core.runtime.child_process import start_process
from ser_core.runtime.cores import available_cores

_MAX_MESSAGE_BYTES = 2**24  # of the process; the outputs of a network like ours have 20 KB
_MAX_SENTENCE = 500
_THREAD_MB = 16  # the stack of one of OpenVINO's threads, of which each core gets one, and more


@dataclass(frozen=True)
class Limits:
    """Limits of the process. Windows and macOS only enforce the times."""

    memory_mb: int = 300  # of its own, beyond what importing OpenVINO takes
    read_s: float = 60.0  # to start, and to read and compile the IR
    window_s: float = 20.0  # for one model window


class _Statement(msgspec.Struct, tag=True):
    """The process can run the IR."""

    precision: str
    signature: Signature


class _Refusal(msgspec.Struct, tag=True):
    """The process cannot run the IR, and why."""

    sentence: str


_decoder = msgspec.json.Decoder(_Statement | _Refusal)


class ForeignRecognizer(Recognizer):
    """A recognizer whose IR never enters this process.

    Args:
        xml: the IR; its `.bin` lies beside it.

    Raises:
        ModelError: as in `Recognizer`, or the IR exceeds the limits. Later calls may raise it too.
    """

    _network: ForeignNetwork

    def __init__(self, xml: str | Path, device: str = "CPU", limits: Limits | None = None):
        # Not the initializer of a Recognizer, which reads the IR here.
        self.path, self.card, self.at_once = Path(xml), None, 1
        _check_against_card(self.path)
        network = ForeignNetwork(self.path, device, limits or Limits())
        self._network = network
        self.precision, self.signature = network.precision, network.signature

    def close(self) -> None:
        """End the process; otherwise it ends with this one."""
        self._network.close()


class ForeignNetwork:
    """Runs model windows in the process, one at a time, from any number of threads."""

    def __init__(self, xml: Path, device: str, limits: Limits):
        self.device = device
        self._limits = limits
        self._turn = threading.Lock()  # a pipe carries one request at a time
        # Not forked: a copy of this process would inherit its threads' locks and its memory.
        self._pipe, child_end = multiprocessing.Pipe()
        self._process = start_process(_serve, child_end, xml, device, limits)
        child_end.close()
        try:
            reply = _decoder.decode(self._answer(limits.read_s))
        except ModelError:
            raise
        except (ValueError, RecursionError) as error:
            raise self._fault("returns nothing usable") from error
        if isinstance(reply, _Refusal):
            self.close()
            raise ModelError(_one_line(reply.sentence))
        self.precision, self.signature = reply.precision, reply.signature

    def __call__(self, inputs: Sequence[np.ndarray]) -> Inference:
        with self._turn:
            return Inference([self._infer(x) for x in inputs], self.device)

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def _infer(self, x: np.ndarray) -> NetworkOutput:
        try:
            self._pipe.send_bytes(np.ascontiguousarray(x, np.float32).tobytes())
        except OSError:
            raise self._fault("was stopped") from None
        flat = [
            np.frombuffer(self._answer(self._limits.window_s), np.float32)
            for _ in NetworkOutput._fields
        ]
        n_labels = len(self.signature.labels)
        logits, evidence, embedding = flat
        n_times, rest = divmod(len(evidence), n_labels)
        if len(logits) != n_labels or rest or not 1 <= n_times <= self.signature.n_frames:
            raise self._fault("has outputs that do not fit its labels")
        if not all(np.isfinite(values).all() for values in flat):
            raise self._fault("returns invalid numbers (its .bin file may be damaged)")
        return NetworkOutput(logits, evidence.reshape(n_labels, -1), embedding)

    def _answer(self, within_s: float) -> bytes:
        try:
            if not self._pipe.poll(within_s):
                raise self._fault(f"took longer than {within_s:g} s")
            return self._pipe.recv_bytes(_MAX_MESSAGE_BYTES)
        except (EOFError, OSError):
            raise self._fault(
                f"asks for more than {self._limits.memory_mb} MB of memory, or makes OpenVINO fail"
            ) from None

    def _fault(self, fault: str) -> ModelError:
        self.close()
        return ModelError(f"The model {fault}, so it was stopped. Use one that you trust.")


def _check_against_card(xml: Path) -> None:
    """If there is a model card beside an IR, its checksums must match.

    OpenVINO runs most damaged weights without an error.
    """
    if not (xml.parent / "card.json").is_file():
        return
    card = ModelCard.from_file(xml.parent / "card.json")
    for files in card.files.values():
        if files.xml != xml.name:
            continue
        for path, checksum in (
            (xml, files.sha256.xml),
            (xml.with_suffix(".bin"), files.sha256.bin),
        ):
            if path.is_file() and sha256(path) != checksum:
                raise ModelError(
                    f"{path.name} does not match the model card beside it: it is damaged or was "
                    "changed. Download it again, or remove the card."
                )


# ---- in the process ----


def _serve(pipe: Connection, xml: Path, device: str, limits: Limits) -> None:
    """Read and compile the IR, report it, and answer requests until the other side is gone."""
    # What libraries print when they fail is not meant for the user at the terminal.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    _limit_memory(limits.memory_mb)
    _limit_time(limits.read_s)
    try:
        recognizer = Recognizer(xml, device=device)
    except ModelError as error:
        pipe.send_bytes(msgspec.json.encode(_Refusal(str(error))))
        return
    signature = recognizer.signature
    pipe.send_bytes(msgspec.json.encode(_Statement(recognizer.precision, signature)))
    shape = (1, 1, signature.features.n_mels, signature.n_frames)
    while True:
        try:
            x = np.frombuffer(pipe.recv_bytes(), np.float32).reshape(shape)
        except EOFError:
            return
        _limit_time(limits.window_s)
        for values in recognizer.infer(x):
            pipe.send_bytes(np.ascontiguousarray(values, np.float32).tobytes())


def _limit_memory(megabytes: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    # Private writable memory rather than address space (RLIMIT_AS), of which each OpenVINO thread
    # reserves 64 MB that it never touches.
    megabytes += _THREAD_MB * (os.cpu_count() or 1)
    limit = 1024 * _size_kb("VmData") + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """Limit CPU time, in case the waiting process is no longer there to end this one."""
    if sys.platform != "linux":
        return
    import resource

    times = resource.getrusage(resource.RUSAGE_SELF)
    end_s = times.ru_utime + times.ru_stime + 1 + seconds * available_cores()
    resource.setrlimit(resource.RLIMIT_CPU, (int(end_s), resource.RLIM_INFINITY))


def _size_kb(field: str) -> int:
    """A size from /proc/self/status."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.split(f"{field}:")[1].split()[0])


def _one_line(text: str) -> str:
    """A sentence that may quote a hostile file, made printable and cut to length."""
    return "".join(c if c.isprintable() else " " for c in text)[:_MAX_SENTENCE]
