"""Where an analysis begins: bytes with a name, decoded once for any number of models.

source = Source.from_file("voice.wav")
answers = [recognizer(source) for recognizer in recognizers]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError, is_picture, read_file
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram

PICTURE_SUFFIXES = frozenset((".png", ".jpg", ".jpeg"))


@dataclass(frozen=True, eq=False)
class Source:
    """An audio file, or the picture of a spectrogram.

    Attributes:
        name: what to call it, usually the file name.
        read: gives its bytes; raises AudioError where it cannot.
        actual: which of `EMOTIONS` it is; empty where nobody knows.
        about: who speaks, how, and how one knows.
    """

    name: str
    read: Callable[[], bytes]
    actual: str = ""
    about: str = ""
    # Models agree on their settings, or on two or three, so few are kept.
    _spectrograms: dict[LogMel, Spectrogram] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def from_bytes(
        cls, data: bytes, name: str = "clip", actual: str = "", about: str = ""
    ) -> Source:
        """What lies in memory."""
        return cls(name, lambda: data, actual, about)

    @classmethod
    def from_file(cls, path: str | Path) -> Source:
        """A file on disk.

        Raises:
            AudioError: it cannot be opened, or is too large.
        """
        return cls.from_bytes(read_file(Path(path)), Path(path).name)

    @cached_property
    def data(self) -> bytes:
        """The bytes."""
        return self.read()

    @cached_property
    def clip(self) -> Clip | None:
        """The decoded audio; None for a picture.

        Raises:
            AudioError: no audio that can be analyzed. Whether a picture can, `spectrogram` tells.
        """
        return None if is_picture(self.data) else Clip.from_bytes(self.data, self.name)

    def spectrogram(self, settings: LogMel) -> Spectrogram:
        """The log-mel spectrogram with the settings of a model; computed once for each settings.

        Raises:
            AudioError: as in `clip`, or the picture shows no spectrogram that can be read.
        """
        if settings not in self._spectrograms:
            clip = self.clip
            self._spectrograms[settings] = (
                self._from_picture(settings) if clip is None else Spectrogram.of(clip, settings)
            )
        return self._spectrograms[settings]

    def _from_picture(self, settings: LogMel) -> Spectrogram:
        # Imported here: 0.2 s that audio files do without.
        from ser_core.features.spectrogram_image import PictureError, from_picture

        start = time.perf_counter()
        try:
            picture = from_picture(self.data, settings)
        except PictureError as error:
            raise AudioError(str(error)) from error
        decode_ms = 1000 * (time.perf_counter() - start)
        return Spectrogram(picture.log_mel, settings, note=picture.note, decode_ms=decode_ms)
