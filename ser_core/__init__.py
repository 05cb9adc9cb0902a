"""SER Lab's core: from the bytes of a recording to the emotion that is heard in it.

    clip = Clip.from_file("voice.wav")
    prediction = load_model()(clip)

Serving half (needs neither torch nor librosa):
audio               any audio file becomes a Clip: mono, 16 kHz
features            Clip to log-mel spectrogram, model windows, level
sound_check         is there enough sound to classify
spectrogram_image   log-mel to PNG and back; spectrogram pictures from elsewhere
colour_maps         level to colour and back, for spectrogram pictures
signature           what a network takes and gives
network             what runs a network: OpenVINO on this machine
remote              what runs it elsewhere: a server of the KServe v2 protocol
serving             the zoo as the model repository of such a server
recognizer          IR + signature: Clip to Prediction, from any thread
foreign_ir          IRs of unknown origin, in a process of their own with limits
prediction          label, probabilities, status, emotion over time
sound               a file, decoded once for any number of recognizers
opinion             what several models say of one sound, and how far to trust each
zoo                 model cards; load a model by name
card_readme         a card as Markdown
labels              the emotions and tasks
metrics             accuracy, UAR, confusion, calibration, intervals
evaluation          an IR over a protocol's test part; the report and the card's figures
benchmark           how long each stage takes, for every model and precision
results             the cards' results side by side, and the answers behind one of them
published           tables that others published, to compare with
batch               many files and zip archives: recordings in, rows out
csv_table           rows as CSV that runs nothing in a spreadsheet
report              predictions as data to keep
html_report         a sound and what models say of it, as one HTML file
charts              plotly figures, and answers as HTML
lesson              what the walkthrough computes: feature maps, occlusion, weights, pitch
live                live recognition on a thread of its own
child_process       one function in a process of its own
cores               how many processor cores may be used
settings            what whoever hosts the app may set

Corpora and training:
corpora             utterances of recorded corpora, clean-up, protocols
training            networks, augmentation, the loop, conversion (torch, onnx, nncf)
"""

import sys

# With this package, `import openvino` tells Google Analytics of itself, from a copy of the process.
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
