"""Where an analysis begins: bytes with a name, decoded once for any number of models."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from ser_core.audio.channels import Stereo
from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError, is_picture, read_file
from ser_core.audio.encoding import wav_bytes
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram

PICTURE_SUFFIXES = frozenset((".png", ".jpg", ".jpeg"))


@dataclass(frozen=True, eq=False)
class Source:
    """An audio file, or a picture of a spectrogram.

    Several models share one decoding and, where their settings agree, one spectrogram:

        >>> source = Source.from_file("samples/plain.flac")
        >>> models = [load_model(precision=precision) for precision in ("FP16", "INT8")]
        >>> len({model(source).duration_s for model in models})
        1

    Attributes:
        name: display name, usually the file name.
        read: returns its bytes; raises AudioError if it cannot.
        actual: the actual emotion, one of `EMOTIONS`; empty if unknown.
        about: who speaks and how, and where that is known from.
        stereo: what becomes of two channels: their mix, or one of them.
    """

    name: str
    read: Callable[[], bytes]
    actual: str = ""
    about: str = ""
    stereo: Stereo = "mix"
    # Models share their settings, or use two or three, so this stays small.
    _spectrograms: dict[LogMel, Spectrogram] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def from_bytes(
        cls, data: bytes, name: str = "clip", actual: str = "", about: str = ""
    ) -> Source:
        """A file held in memory."""
        return cls(name, lambda: data, actual, about)

    @classmethod
    def from_file(cls, path: str | Path, stereo: Stereo = "mix") -> Source:
        """A file on disk, or the standard input where its name is `-`.

        Raises:
            AudioError: the file cannot be opened, or is too large.
        """
        data = read_file(Path(path))
        return cls(Path(path).name, lambda: data, stereo=stereo)

    def of(self, stereo: Stereo) -> Source:
        """The same voice, taken from its mix, or from one channel."""
        return self if stereo == self.stereo else replace(self, stereo=stereo)

    @cached_property
    def data(self) -> bytes:
        """The file's bytes.

        Raises:
            AudioError: they cannot be read.
        """
        return self.read()

    @cached_property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the bytes: the same voice under any name.

        Raises:
            AudioError: they cannot be read.
        """
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def clip(self) -> Clip | None:
        """The decoded audio; None for a picture.

        Raises:
            AudioError: not audio that can be analyzed. Pictures are checked by `spectrogram`.
        """
        return None if is_picture(self.data) else Clip.from_bytes(self.data, self.name, self.stereo)

    def stretch(self, start_s: float, end_s: float) -> Source:
        """A source of the samples from one moment to another alone, bit for bit.

        Raises:
            AudioError: as in `clip`.
            ValueError: a picture has no samples.
        """
        if self.clip is None:
            raise ValueError(f"{self.name} is a picture.")
        waveform = self.clip.stretch(start_s, end_s)
        about = f"{self.about} Only {start_s:.2f} to {end_s:.2f} s.".strip()
        source = Source.from_bytes(wav_bytes(waveform), self.name, self.actual, about)
        # Not decoded again, which would center these samples on a mean of their own.
        vars(source)["clip"] = replace(self.clip, waveform=waveform)
        return source

    def spectrogram(self, settings: LogMel) -> Spectrogram:
        """The log-mel spectrogram in the settings of a model; computed once per settings.

        Raises:
            AudioError: as in `clip`, or the picture is not a readable spectrogram.
        """
        if settings not in self._spectrograms:
            clip = self.clip
            self._spectrograms[settings] = (
                self._from_picture(settings) if clip is None else Spectrogram.of(clip, settings)
            )
        return self._spectrograms[settings]

    def fits(self, settings: LogMel) -> bool:
        """Whether a model with these settings can read it; a picture may be saved for others.

        Raises:
            AudioError: the picture cannot be read.
        """
        if self.clip is not None:
            return True
        from ser_core.features.spectrogram_image import PictureError, fits

        try:
            return fits(self.data, settings)
        except PictureError as error:
            raise AudioError(str(error)) from error

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
