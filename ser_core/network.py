"""What runs a network: model windows in, raw outputs out. Here by OpenVINO; `remote` asks a server.

A `Recognizer` knows no more of it than `Network`.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import numpy as np
import openvino as ov

from ser_core.cores import available_cores


class ModelError(ValueError):
    """A model cannot be used; the message says why and what to do next."""


class NetworkOutput(NamedTuple):
    """Raw outputs of the network for one model window.

    Attributes:
        logits: shape `(n_labels,)`.
        evidence: logits over time, shape `(n_labels, n_times)`.
        embedding: shape `(n_embedding,)`.
    """

    logits: np.ndarray
    evidence: np.ndarray
    embedding: np.ndarray


class Inference(NamedTuple):
    """The outputs for some model windows, in their order, and the device that gave them."""

    outputs: list[NetworkOutput]
    device: str


class Network(Protocol):
    """Runs a network, from any number of threads."""

    device: str
    """Where it is meant to run."""

    def __call__(self, inputs: Sequence[np.ndarray]) -> Inference:
        """Run it on level-normalised windows, each of shape `(1, 1, n_mels, n_frames)`."""


class LocalNetwork:
    """A network that OpenVINO compiles and runs on this machine.

    Args:
        device: CPU, GPU, NPU or AUTO.
        threads: threads for one inference; by default all cores this process may use.

    Raises:
        ModelError: there is no such device, or it cannot run the model.
    """

    def __init__(self, model: ov.Model, device: str = "CPU", threads: int | None = None):
        self.device = device
        core = ov.Core()
        try:
            self._streams = STREAMS if _weights_mb(model) < _LARGE_MB else 1
            options = _options(device, threads, self._streams)
            self._compiled = core.compile_model(model, device, options)
        except RuntimeError as error:
            if device in core.available_devices:
                raise ModelError(
                    "OpenVINO cannot compile the model: it is damaged, or asks for more memory "
                    "than there is. Use another one."
                ) from error
            raise ModelError(
                f"The model cannot run on the device {device!r}. "
                f"Devices here: {', '.join(core.available_devices)}."
            ) from error
        # An infer request serves one thread at a time, so each call takes one from this pool.
        self._requests: queue.SimpleQueue[ov.InferRequest] = queue.SimpleQueue()

    def __call__(self, inputs: Sequence[np.ndarray]) -> Inference:
        outputs = []
        with self._taken(min(len(inputs), self._streams)) as requests:
            for first in range(0, len(inputs), self._streams):
                running = list(zip(requests, inputs[first : first + self._streams], strict=False))
                for request, x in running:
                    # Shared memory would let a later request write into these arrays.
                    request.start_async([x], share_inputs=False)
                for request, _ in running:
                    request.wait()
                    outputs.append(_outputs(request))
        return Inference(outputs, self.device)

    @contextmanager
    def _taken(self, n: int) -> Iterator[list[ov.InferRequest]]:
        requests = []
        for _ in range(n):
            try:
                requests.append(self._requests.get_nowait())
            except queue.Empty:
                requests.append(self._compiled.create_infer_request())
        yield requests
        for request in requests:  # after a failure they may still be busy, and are dropped
            self._requests.put(request)


def _outputs(request: ov.InferRequest) -> NetworkOutput:
    return NetworkOutput(
        *(request.get_tensor(name).data[0].copy() for name in NetworkOutput._fields)
    )


STREAMS = 2
"""Windows that run at once: two on half of the threads each are faster than one after the other."""

_LARGE_MB = 10.0  # of weights: there, a second stream takes tens of megabytes more

# Without it, OpenVINO runs FP32 in bfloat16 on CPUs that can: errors up to 4e-2.
FULL_PRECISION = {"INFERENCE_PRECISION_HINT": "f32"}


def _weights_mb(model: ov.Model) -> float:
    constants = (op for op in model.get_ops() if op.get_type_name() == "Constant")
    return sum(constant.get_byte_size() for constant in constants) / 1e6


def _options(device: str, threads: int | None, streams: int) -> dict[str, str | int]:
    options: dict[str, str | int] = {**FULL_PRECISION}
    if device == "CPU":
        threads = threads or available_cores()
        options |= {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": min(streams, threads)}
    return options
