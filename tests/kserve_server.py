"""The Python server of KServe over an exported model repository.

`tests/inference/test_remote.py` starts it.

Runs with a Python that has kserve and openvino, and knows nothing of SER Lab: an independent
server of the protocol.

    python tests/kserve_server.py REPOSITORY --http_port 8000
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import kserve
import openvino as ov
from kserve import InferOutput, InferRequest, InferResponse, ModelServer


class OpenVinoModel(kserve.Model):
    """One model of the repository, in its first version."""

    def __init__(self, repository: Path, config: dict):
        super().__init__(config["name"])
        xml = next((repository / config["base_path"] / "1").glob("*.xml"))
        self.compiled = ov.Core().compile_model(xml, "CPU", config["plugin_config"])
        self.ready = True

    def predict(self, payload: InferRequest, *_: object) -> InferResponse:
        inputs = {tensor.name: tensor.as_numpy() for tensor in payload.inputs}
        results = self.compiled.create_infer_request().infer(inputs, share_inputs=False)
        outputs = []
        for port in self.compiled.outputs:
            output = InferOutput(port.any_name, list(results[port].shape), "FP32")
            output.set_data_from_numpy(results[port].copy())
            outputs.append(output)
        return InferResponse(payload.id, self.name, outputs)


if __name__ == "__main__":
    folder = Path(sys.argv.pop(1))
    entries = json.loads((folder / "config.json").read_text())["model_config_list"]
    port = int(sys.argv[sys.argv.index("--http_port") + 1])
    server = ModelServer(http_port=port, enable_grpc=False)
    server.start([OpenVinoModel(folder, entry["config"]) for entry in entries])
