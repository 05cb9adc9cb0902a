"""What runs a network: model windows in, raw outputs out. OpenVINO here; `kserve` asks a server.

A `Recognizer` knows only the `Network` protocol.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import numpy as np
import openvino as ov

from ser_core.runtime.cores import available_cores


class ModelError(ValueError):
    """A model cannot be used; the message says why and what to do next."""


WEIGHTED_LAYERS = ("Convolution", "GroupConvolution", "MatMul")
"""Operations of an IR that hold the weights of its layers."""


class NetworkOutput(NamedTuple):
    """Raw outputs of the network for one model window; their names are those of the tensors.

    Attributes:
        logits: shape `(n_labels,)`.
        evidence: logits over time, shape `(n_labels, n_times)`.
        embedding: shape `(n_embedding,)`.
    """

    logits: np.ndarray
    evidence: np.ndarray
    embedding: np.ndarray


class Inference(NamedTuple):
    """The outputs for some model windows, in order, and the device that computed them."""

    outputs: list[NetworkOutput]
    device: str


class Network(Protocol):
    """Runs a network, from any number of threads."""

    device: str
    """Where it is set to run."""

    def __call__(self, inputs: Sequence[np.ndarray]) -> Inference:
        """Run it on level-normalized windows, each of shape `(1, 1, n_mels, n_frames)`."""


class Requests:
    """The infer requests of a compiled model, for any number of threads."""

    def __init__(self, compiled: ov.CompiledModel):
        self._compiled = compiled
        # An infer request serves one thread at a time, so each call takes one from this pool.
        self._free: queue.SimpleQueue[ov.InferRequest] = queue.SimpleQueue()

    @contextmanager
    def one(self) -> Iterator[ov.InferRequest]:
        """Lend a request."""
        try:
            request = self._free.get_nowait()
        except queue.Empty:
            request = self._compiled.create_infer_request()
        yield request
        self._free.put(request)  # after a failure it may still be busy, and is dropped


class LocalNetwork:
    """A network that OpenVINO compiles and runs on this machine.

    Args:
        device: CPU, GPU, NPU or AUTO.
        threads: threads of all inferences together; by default all cores this process may use.
        at_once: inferences that share these threads.

    Raises:
        ModelError: no such device, or it cannot run the model.
    """

    def __init__(
        self, model: ov.Model, device: str = "CPU", threads: int | None = None, at_once: int = 1
    ):
        self.device = device
        core = ov.Core()
        try:
            compiled = core.compile_model(model, device, compile_options(device, threads, at_once))
        except RuntimeError as error:
            if device in core.available_devices:
                raise ModelError(
                    "OpenVINO cannot compile the model: it is damaged, or needs more memory than "
                    "there is. Use another one."
                ) from error
            raise ModelError(
                f"The model cannot run on the device {device!r}. "
                f"Choose one of: {', '.join(core.available_devices)}."
            ) from error
        self._requests = Requests(compiled)

    def __call__(self, inputs: Sequence[np.ndarray]) -> Inference:
        with self._requests.one() as request:
            outputs = [_outputs(request, x) for x in inputs]
        return Inference(outputs, self.device)


def _outputs(request: ov.InferRequest, x: np.ndarray) -> NetworkOutput:
    # Copied into the request's own memory: sharing would let a later request write into this
    # array, and passing it to `infer` takes a tenth of the time of a small network.
    buffer = request.get_input_tensor().data
    if x.shape != buffer.shape:
        raise ValueError(f"A network input has the shape {buffer.shape}, not {x.shape}.")
    np.copyto(buffer, x)
    request.infer()
    return NetworkOutput(
        *(request.get_tensor(name).data[0].copy() for name in NetworkOutput._fields)
    )


# Without it, OpenVINO runs FP32 in bfloat16 on CPUs that can: errors up to 4e-2.
FULL_PRECISION = {"INFERENCE_PRECISION_HINT": "f32"}

# No generated code for chains of small operations: these networks run just as fast without it,
# compile in three quarters of the time, and the zoo takes 67 MB less. It shifts INT8 predictions
# slightly, so servers get it too. Undocumented; OpenVINO 2025.4 and 2026.4 have it.
ON_A_CPU = FULL_PRECISION | {"SNIPPETS_MODE": "DISABLE"}
"""Options that affect the predictions on a CPU, here or on a server."""


def compile_options(
    device: str = "CPU", threads: int | None = None, streams: int = 1
) -> dict[str, str | int]:
    """Options for compiling any network; by default for all cores this process may use.

    Args:
        streams: model windows that run at once. One stream on all threads is fastest for a
            single window, no slower for several, and takes the least memory.
    """
    if device != "CPU":
        return {**FULL_PRECISION}
    cores = threads or available_cores()
    return {
        **ON_A_CPU,
        "INFERENCE_NUM_THREADS": cores,
        "NUM_STREAMS": streams,
        "ENABLE_CPU_PINNING": False,  # or models of one thread each would all share the first core
    }
