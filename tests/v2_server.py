"""A server of the KServe v2 protocol over a real socket, with its binary tensor extension.

It serves an exported model repository by OpenVINO, as OpenVINO Model Server would: `config.json`
names the models, the newest version answers. Faults can be ordered.

    with V2Server(repository) as server:
        SER_INFERENCE_URL = server.url
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

DATATYPES = {"FP32": np.float32}
HEADER_LENGTH = "Inference-Header-Content-Length"

Reply = tuple[int, dict[str, str], bytes]


class Refused(Exception):  # noqa: N818
    """An HTTP status with the error object of the protocol."""

    def __init__(self, status: int, error: str):
        super().__init__(error)
        self.status = status


class V2Server:
    """Serves in threads of its own until the block ends.

    Attributes:
        requested_models: names of the models that were asked, in order.
        fault: called in place of inference with the number of the request, from 0, and the reply
            that would be sent; it may wait, send another reply, or return None to hang up.
        binary: whether outputs may be sent as binary tensors.
    """

    def __init__(self, repository: Path, port: int = 0):
        self.models = _compiled(repository)
        self.requested_models: list[str] = []
        self.fault: Callable[[int, Reply], Reply | None] = lambda _, reply: reply
        self.binary = True
        self.most_at_once = self._now = 0
        self.lock = threading.Lock()
        self.connections: list[socket.socket] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> V2Server:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        for connection in self.connections:
            with suppress(OSError):  # most are closed already
                connection.shutdown(socket.SHUT_RDWR)

    def infer(self, name: str, request: dict[str, Any], binary: bytes) -> Reply:
        """Answer an inference request."""
        if name not in self.models:
            raise Refused(404, f"Model with requested name is not found: {name}")
        compiled = self.models[name]
        inputs = {}
        for tensor in request["inputs"]:
            array, binary = _array(tensor, binary)
            expected = compiled.input(tensor["name"]).shape
            if list(array.shape) != list(expected):
                raise Refused(400, f"Invalid input shape {array.shape}, expected {expected}")
            inputs[tensor["name"]] = array
        with self.lock:
            self.requested_models.append(name)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            number = len(self.requested_models) - 1
        try:
            results = compiled.create_infer_request().infer(inputs, share_inputs=False)
            all_binary = request.get("parameters", {}).get("binary_data_output", False)
            outputs, tail = [], b""
            for port in compiled.outputs:
                array = np.ascontiguousarray(results[port])
                tensor = {"name": port.any_name, "datatype": "FP32", "shape": list(array.shape)}
                if all_binary and self.binary:
                    tensor["parameters"] = {"binary_data_size": array.nbytes}
                    tail += array.tobytes()
                else:
                    tensor["data"] = array.ravel().tolist()
                outputs.append(tensor)
            return self.fault(
                number, reply({"model_name": name, "model_version": "1", "outputs": outputs}, tail)
            )
        finally:
            with self.lock:
                self._now -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - a class in a closure
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                words = self.path.strip("/").split("/")
                if words in (["v2", "health", "live"], ["v2", "health", "ready"]):
                    self.send((200, {}, b""))
                elif words == ["v2"]:
                    about = {"name": "test", "version": "1", "extensions": ["binary_tensor_data"]}
                    self.send(reply(about))
                elif words[:2] == ["v2", "models"] and words[2] in served.models:
                    self.send(reply(_metadata(words[2], served.models[words[2]])))
                else:
                    self.send(reply({"error": f"no {self.path}"}, status=404))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                length = int(self.headers.get(HEADER_LENGTH, len(body)))
                words = self.path.strip("/").split("/")
                try:
                    if words[:2] != ["v2", "models"] or words[-1] != "infer":
                        raise Refused(404, f"no {self.path}")
                    answer = served.infer(words[2], json.loads(body[:length]), body[length:])
                except Refused as refused:
                    answer = reply({"error": str(refused)}, status=refused.status)
                if answer is None:  # hang up
                    self.close_connection = True
                    at_once = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
                    self.connection.close()
                else:
                    self.send(answer)

            def send(self, answer: Reply) -> None:
                status, headers, body = answer
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def setup(self) -> None:
                super().setup()
                served.connections.append(self.connection)

            def handle(self) -> None:
                with suppress(OSError, ValueError):  # the client or we have hung up
                    super().handle()

            def finish(self) -> None:
                with suppress(OSError, ValueError):
                    super().finish()

        return Handler


def reply(header: dict[str, Any], tail: bytes = b"", status: int = 200) -> Reply:
    """A reply of the protocol: JSON, and behind it the binary tensors if there are any."""
    text = json.dumps(header).encode()
    headers = {"Content-Type": "application/octet-stream" if tail else "application/json"}
    if tail:
        headers[HEADER_LENGTH] = str(len(text))
    return status, headers, text + tail


def after(seconds: float) -> Callable[[int, Reply], Reply]:
    """The fault of a slow server."""

    def wait(_: int, answer: Reply) -> Reply:
        time.sleep(seconds)
        return answer

    return wait


def _compiled(repository: Path) -> dict[str, ov.CompiledModel]:
    core, models = ov.Core(), {}
    config = json.loads((repository / "config.json").read_text())
    for entry in config["model_config_list"]:
        model = entry["config"]
        folder = repository / model["base_path"]
        newest = max((path for path in folder.iterdir() if path.name.isdecimal()), key=_number)
        xml = next(newest.glob("*.xml"))
        models[model["name"]] = core.compile_model(
            xml, "CPU", model["plugin_config"] | {"INFERENCE_NUM_THREADS": 1}
        )
    return models


def _number(path: Path) -> int:
    return int(path.name)


def _array(tensor: dict[str, Any], binary: bytes) -> tuple[np.ndarray, bytes]:
    dtype = DATATYPES[tensor["datatype"]]
    size = tensor.get("parameters", {}).get("binary_data_size")
    if size is None:
        return np.array(tensor["data"], dtype).reshape(tensor["shape"]), binary
    return np.frombuffer(binary[:size], dtype).reshape(tensor["shape"]), binary[size:]


def _metadata(name: str, compiled: ov.CompiledModel) -> dict[str, Any]:
    def tensors(ports: Any) -> list[dict[str, Any]]:
        return [
            {"name": port.any_name, "datatype": "FP32", "shape": list(port.shape)} for port in ports
        ]

    return {
        "name": name,
        "versions": ["1"],
        "platform": "OpenVINO",
        "inputs": tensors(compiled.inputs),
        "outputs": tensors(compiled.outputs),
    }
