"""SER Lab's core: from the bytes of a recording to the emotion that a model predicts.

    >>> clip = Clip.from_file("samples/plain.flac")
    >>> prediction = load_model()(clip)
    >>> list(prediction.probabilities)[:3], round(sum(prediction.probabilities.values()), 3)
    (['neutral', 'calm', 'happy'], 1.0)

Each room may import those above it, never one below (`tests/test_rooms.py`).

Serving half (needs neither torch, librosa nor streamlit):
runtime      what the process may use, and how its host configures it
inference    what runs a network: OpenVINO here, or a server
audio        from the bytes of a file to samples, and where in them somebody speaks
features     from samples to network inputs, and to pictures and back
models       labels, signature, card, zoo, recognizer, prediction
adaptation   a model gets to know one speaker
corpora      utterances of recorded corpora, clean-up, protocols
evaluation   how accurate a model is, how fast, and what it predicts for many recordings
live         live recognition on a background thread
voting       a room that votes from phones
walkthrough  what the lecture computes: feature maps, occlusion, weights, pitch
charts       plotly figures
reports      results to keep: rows, CSV, HTML, a card as Markdown
serving      the zoo as the model repository of an inference server
zoo          `models.zoo`, for programs that import `ser_core.zoo`

Training half:
training     networks, augmentation, the loop, conversion (torch, onnx, nncf)
cli          the command line
"""

import sys

# With this package, `import openvino` reports to Google Analytics, from a copy of the process.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

from ser_core.audio.clip import Clip  # noqa: E402
from ser_core.audio.decoding import AudioError  # noqa: E402
from ser_core.models.card import ModelCard  # noqa: E402
from ser_core.models.prediction import Prediction  # noqa: E402
from ser_core.models.recognizer import ModelError, Recognizer  # noqa: E402
from ser_core.models.zoo import list_models, load_model  # noqa: E402

__all__ = [
    "AudioError",
    "Clip",
    "ModelCard",
    "ModelError",
    "Prediction",
    "Recognizer",
    "list_models",
    "load_model",
]
