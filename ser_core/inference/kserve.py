"""Networks that run on a server of the KServe v2 protocol, such as OpenVINO Model Server.

Only log-mel windows leave this machine, never the recording. Needs requirements/serving.txt.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import ssl
import threading
import time
import uuid
from collections.abc import Coroutine, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
import openvino as ov

from ser_core.inference.network import Inference, LocalNetwork, ModelError, Network, NetworkOutput
from ser_core.runtime.settings import Settings

if TYPE_CHECKING:
    from tritonclient.http import InferResult

Result = TypeVar("Result")

REMOTE = "remote server"
"""The device of a prediction that the server computed."""
RETRY_AFTER_S = (0.1, 0.4)
"""Pauses before a request is retried after a transient fault, such as a server being replaced.
All retries happen within the time limit of one window."""
PARALLEL = 8
"""Concurrent requests from this process to one server."""
AWAY_S = 15.0
"""How long this machine takes over before a failed server is tried again."""

_FLEETING = ("429", "500", "502", "503", "504")

_AWAY = "The inference server is not responding. Try again in a minute."
_UNUSABLE = (
    "The inference server returned an unusable response. Ask its administrator to check the log."
)

_logger = logging.getLogger(__name__)


class RemoteError(ModelError):
    """The server returned nothing usable; the message is for the person waiting."""


def connect(model: ov.Model, name: str, settings: Settings) -> Network:
    """A network on the server named in the settings; nothing is sent before it is called.

    Args:
        model: the IR of the same network, for its shapes and as the fallback.
        name: name of the model on the server.

    Raises:
        ModelError: the client is not installed.
    """
    remote = RemoteNetwork(model, name, settings)
    return RemoteOrLocal(remote, model) if settings.inference_fallback else remote


class RemoteNetwork:
    """A network that a server runs, from any number of threads."""

    device = REMOTE

    def __init__(self, model: ov.Model, name: str, settings: Settings):
        if settings.inference_url is None:
            raise ValueError("SER_INFERENCE_URL is not set. Set it to the address of the server.")
        self._shapes = {field: model.output(field).partial_shape for field in NetworkOutput._fields}
        self._name, self._timeout_s = name, settings.inference_timeout_s
        self._connection = _connection(settings.inference_url)

    def __call__(self, inputs: Sequence[np.ndarray]) -> Inference:
        results = self._connection.ask(self._name, inputs, self._timeout_s)
        return Inference([self._output(result) for result in results], self.device)

    def _output(self, result: InferResult) -> NetworkOutput:
        return NetworkOutput(*(self._tensor(result, field)[0] for field in NetworkOutput._fields))

    def _tensor(self, result: InferResult, field: str) -> np.ndarray:
        try:
            tensor = result.as_numpy(field)
        except Exception as error:  # the client checks nothing of what a server sends
            raise self._unusable(f"{field}: {error!r}") from error
        if tensor is None or tensor.dtype != np.float32:
            raise self._unusable(f"no {field} of 32-bit floats")
        if not self._shapes[field].compatible(ov.PartialShape(list(tensor.shape))):
            raise self._unusable(f"{field} of shape {tensor.shape}, not {self._shapes[field]}")
        if not np.isfinite(tensor).all():
            raise self._unusable(f"{field} that is not finite")
        return tensor

    def _unusable(self, fault: str) -> RemoteError:
        _logger.warning("%s answered with %s", self._name, fault)
        return RemoteError(_UNUSABLE)


class RemoteOrLocal:
    """Uses a server; while it fails, this machine runs the network instead.

    Args:
        model: compiled here when it is first needed.
    """

    def __init__(self, remote: RemoteNetwork, model: ov.Model):
        self.device = remote.device
        self._remote, self._model = remote, model
        self._local: LocalNetwork | None = None
        self._compiling = threading.Lock()
        self._away_until_s = 0.0

    def __call__(self, inputs: Sequence[np.ndarray]) -> Inference:
        # A hanging server must not cost every caller its time-out again and again.
        if time.monotonic() >= self._away_until_s:
            try:
                return self._remote(inputs)
            except RemoteError:
                self._away_until_s = time.monotonic() + AWAY_S
        with self._compiling:
            self._local = self._local or LocalNetwork(self._model)
        return self._local(inputs)


class _Connection:
    """The client, shared by all models and threads, on an event loop in a separate thread."""

    def __init__(self, url: str):
        self._host = urlsplit(url).netloc
        self._loop = asyncio.new_event_loop()
        threading.Thread(
            target=self._loop.run_forever, name="inference client", daemon=True
        ).start()
        self._wait_for(self._open(url))
        atexit.register(lambda: self._wait_for(self._client.close()))

    def ask(self, name: str, inputs: Sequence[np.ndarray], timeout_s: float) -> list[InferResult]:
        """Run a model on some windows, several at a time."""
        return self._wait_for(self._ask_all(name, inputs, timeout_s))

    def _wait_for(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _open(self, url: str) -> None:
        from tritonclient.http.aio import InferenceServerClient

        address = url.split("://", 1)[1]
        context = ssl.create_default_context() if url.startswith("https") else None
        # The time-out is ours; this one would restart with every retry.
        self._client = InferenceServerClient(
            address, conn_limit=PARALLEL, conn_timeout=None, ssl=bool(context), ssl_context=context
        )
        self._turns = asyncio.Semaphore(PARALLEL)

    async def _ask_all(
        self, name: str, inputs: Sequence[np.ndarray], timeout_s: float
    ) -> list[InferResult]:
        tasks = [asyncio.create_task(self._ask(name, x, timeout_s)) for x in inputs]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:  # after one failure the others are useless
                task.cancel()

    async def _ask(self, name: str, x: np.ndarray, timeout_s: float) -> InferResult:
        async with self._turns:
            try:
                async with asyncio.timeout(timeout_s):
                    return await self._ask_again(name, x)
            except Exception as error:  # the client passes on anything a server does to it
                reason = f"{type(error).__name__}: {error}"
                _logger.warning("%s at %s: %s", name, self._host, reason)
                raise RemoteError(_sentence(name, error)) from error

    async def _ask_again(self, name: str, x: np.ndarray) -> InferResult:
        from tritonclient.http import InferInput

        tensor = InferInput("log_mel", list(x.shape), "FP32")
        tensor.set_data_from_numpy(np.ascontiguousarray(x, np.float32))
        # Optional in the protocol, but KServe's own server ignores requests without one.
        ask = partial(self._client.infer, name, [tensor], request_id=uuid.uuid4().hex)
        for pause_s in RETRY_AFTER_S:
            try:
                return await ask()
            except Exception as error:
                if not _may_pass(error):
                    raise
            await asyncio.sleep(pause_s)
        return await ask()


def _may_pass(error: Exception) -> bool:
    """Whether a fault is transient: the server is unreachable, busy, starting or stopping."""
    from aiohttp import ClientError

    return isinstance(error, (ClientError, OSError)) or _status(error) in _FLEETING


def _sentence(name: str, error: Exception) -> str:
    """The message for the person waiting for a prediction."""
    if _status(error) == "404":
        return (
            f"The inference server has no model {name}. Choose another one, or export it with "
            "`python -m ser_core export-serving`."
        )
    return _AWAY if _may_pass(error) else _UNUSABLE


def _status(error: Exception) -> str | None:
    """The HTTP status of a refusal; None for any other fault."""
    from tritonclient.utils import InferenceServerException

    return error.status() if isinstance(error, InferenceServerException) else None


@cache
def _connection(url: str) -> _Connection:
    try:
        import tritonclient.http.aio  # noqa: F401
    except (ImportError, RuntimeError) as error:
        raise ModelError(
            "SER_INFERENCE_URL is set, but its client is not installed. Install it with "
            "`pip install tritonclient[http]`."
        ) from error
    return _Connection(url)
