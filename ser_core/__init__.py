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
recognizer          IR + signature: Clip to Prediction, from any thread
prediction          label, probabilities, status, emotion over time
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
report              a prediction as data to keep
charts              plotly figures
live                live recognition on a thread of its own
cores               how many processor cores may be used

Corpora and training:
corpora             utterances of recorded corpora, clean-up, protocols
training            networks, augmentation, the loop, conversion (torch, onnx, nncf)
"""

from ser_core.audio import AudioError, Clip
from ser_core.prediction import Prediction
from ser_core.recognizer import ModelError, Recognizer
from ser_core.zoo import ModelCard, list_models, load_model

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
