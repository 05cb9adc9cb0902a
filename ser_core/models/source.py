"""What a file brings, on its way into any number of recognizers: decoded once, one log-mel each.

sound = Sound.from_file("voice.wav")
answers = [sound.prediction_of(recognizer) for recognizer in recognizers]
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError, is_picture
from ser_core.features.log_mel import LogMel
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer

PICTURE_SUFFIXES = frozenset((".png", ".jpg", ".jpeg"))
_HEAD = 16  # bytes that tell a picture


class Features(NamedTuple):
    """A sound as models take it.

    Attributes:
        log_mel: dB, shape `(n_mels, n_frames)`.
        decode_ms, features_ms: what it took.
        note: what to know about a picture; empty for audio.
    """

    log_mel: np.ndarray
    decode_ms: float
    features_ms: float
    note: str = ""


class Sound:
    """An audio file, or the picture of a spectrogram.

    Each recognizer's latency is what it would be alone: what is shared counts for everyone.

    Attributes:
        name: what to call it, usually the file name.
        clip: None where it came as a picture.
    """

    def __init__(self, name: str, clip: Clip | None, picture: bytes = b""):
        self.name, self.clip = name, clip
        self._picture = picture
        # Models agree on their settings, or on two or three, so few are kept.
        self._features: dict[LogMel, Features] = {}

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "clip") -> Sound:
        """Decode what lies in memory.

        Raises:
            AudioError: no audio that can be analysed. Whether a picture can, `features` finds out.
        """
        if is_picture(data):
            return cls(name, None, data)
        return cls(name, Clip.from_bytes(data, name))

    @classmethod
    def from_file(cls, path: str | Path) -> Sound:
        """Decode a file.

        Raises:
            AudioError: as in `from_bytes`, or the file cannot be opened.
        """
        path = Path(path)
        try:
            with path.open("rb") as file:
                picture = is_picture(file.read(_HEAD))
            if picture:
                return cls(path.name, None, path.read_bytes())
        except OSError as error:
            raise AudioError(f"The file cannot be opened: {error.strerror}.") from error
        return cls(path.name, Clip.from_file(path))

    def features(self, settings: LogMel) -> Features:
        """The log-mel spectrogram with the settings of a model; computed once for each settings.

        Raises:
            AudioError: the picture shows no spectrogram that can be read.
        """
        if settings not in self._features:
            self._features[settings] = self._compute(settings)
        return self._features[settings]

    def _compute(self, settings: LogMel) -> Features:
        start = time.perf_counter()
        if self.clip is not None:
            log_mel = settings(self.clip.waveform)
            features_ms = 1000 * (time.perf_counter() - start)
            return Features(log_mel, self.clip.decode_ms, features_ms)
        # Imported here: 0.2 s that audio files do without.
        from ser_core.features.spectrogram_image import PictureError, from_picture

        try:
            picture = from_picture(self._picture, settings)
        except PictureError as error:
            raise AudioError(str(error)) from error
        return Features(picture.log_mel, 1000 * (time.perf_counter() - start), 0.0, picture.note)

    def prediction_of(self, recognizer: Recognizer) -> Prediction:
        """What a recognizer hears.

        Raises:
            AudioError: as in `features`.
        """
        log_mel, decode_ms, features_ms, _ = self.features(recognizer.signature.features)
        return recognizer.from_log_mel(log_mel, decode_ms, self.clip, features_ms)
