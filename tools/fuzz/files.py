"""Real files, at least one of every format that the app reads, small enough to damage often."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from typing import NamedTuple

import numpy as np
import soundfile
from PIL import Image

from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram_image import to_png
from tools import voices

# Formats of libsndfile that nobody uploads, but whose readers an upload could select.
_RARE = ("AU", "CAF", "W64", "RF64", "VOC", "IRCAM", "NIST", "PAF", "SVX", "AVR", "MAT5", "XI")


class File(NamedTuple):
    """A file as somebody uploads it; `kind` is audio, picture or zip."""

    kind: str
    name: str
    data: bytes


@cache
def files() -> tuple[File, ...]:
    return (*_audio(), *_pictures(), *_archives())


def _audio() -> list[File]:
    contents = []
    for container in ("wav", "flac", "mp3", "ogg", "opus", "m4a", "webm", "aiff"):
        for rate, channels in ((16_000, 1), (48_000, 2)):
            waveform = np.stack([voices.voice(0.7, rate=rate, seed=channels)] * channels, axis=1)
            contents.append((f"{rate}.{container}", voices.encode(waveform, container, rate)))
    waveform = voices.voice(0.7)
    for subtype in ("PCM_U8", "PCM_24", "FLOAT", "DOUBLE", "ULAW", "IMA_ADPCM", "GSM610"):
        rate = 8_000 if subtype == "GSM610" else 16_000
        contents.append((f"{subtype}.wav", voices.wav(waveform, rate, subtype)))
    for name in _RARE:
        file = io.BytesIO()
        subtype = soundfile.default_subtype(name)
        soundfile.write(file, waveform, 16_000, format=name, subtype=subtype)
        contents.append((f"rare.{name.lower()}", file.getvalue()))
    # Long enough for several model windows, and for more than one block of the decoder.
    long_voice = voices.voice(10.0)
    contents.append(("long.mp3", voices.encode(long_voice, "mp3")))
    contents.append(("long.webm", voices.encode(voices.voice(4.0, rate=48_000), "webm", 48_000)))
    # What people really bring: joined files, two people on two channels, one channel inverted, hum.
    for container in ("wav", "flac", "ogg", "opus", "mp3"):
        contents.append((f"joined.{container}", 2 * voices.encode(waveform, container)))
    for name, other in (("people", voices.voice(0.7, 220, seed=1)[::-1]), ("inverted", -waveform)):
        contents.append((f"{name}.wav", voices.wav(np.stack([waveform, other], axis=1))))
    contents.append(("hum.wav", voices.wav(voices.tone(50, 1.0))))
    return [File("audio", name, data) for name, data in contents]


def _pictures() -> list[File]:
    settings = LogMel()
    ours = to_png(settings(voices.voice(1.0)), settings)
    image = Image.open(io.BytesIO(ours)).convert("RGB")
    picture = image.resize((220, 160), Image.Resampling.BILINEAR)
    gray = picture.convert("L")
    sixteen_bits = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    contents = [
        ("ours.png", ours),
        ("drawn.png", _saved(picture, "PNG")),
        ("clear.png", _saved(picture.convert("RGBA"), "PNG")),
        ("palette.png", _saved(picture.convert("P"), "PNG", transparency=0)),
        ("sixteen.png", _saved(sixteen_bits, "PNG")),
        ("drawn.jpg", _saved(picture, "JPEG")),
        ("gray.jpg", _saved(gray, "JPEG")),
        ("progressive.jpg", _saved(picture, "JPEG", progressive=True)),
        ("cmyk.jpg", _saved(picture.convert("CMYK"), "JPEG")),
    ]
    return [File("picture", name, data) for name, data in contents]


def _archives() -> list[File]:
    members = {
        "voices/03-01-05-01-01-01-12.wav": voices.wav(voices.voice(0.5)),
        "voices/b.flac": voices.encode(voices.voice(0.5), "flac"),
        "c.jpg": _pictures()[5].data,
        "letter.txt": b"left out",
    }
    methods = {
        "stored": zipfile.ZIP_STORED,
        "deflated": zipfile.ZIP_DEFLATED,
        "lzma": zipfile.ZIP_LZMA,
    }
    return [File("zip", f"{name}.zip", packed(members, method)) for name, method in methods.items()]


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=1) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def _saved(image: Image.Image, format_name: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_name, **options)
    return file.getvalue()
