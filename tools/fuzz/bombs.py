"""Small files that would unpack to gigabytes, and others meant to exhaust a reader."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from functools import cache

import av
import numpy as np
import soundfile
from PIL import Image

from tools import voices
from tools.fuzz.files import File, packed

_PNG = b"\x89PNG\r\n\x1a\n"


@cache
def bombs() -> tuple[File, ...]:
    return (*_audio(), *_pictures(), *_archives())


def _audio() -> list[File]:
    flac = silence("FLAC", "PCM_16", 120)
    stated = bytearray(voices.wav(voices.voice(0.5)))
    stated[4:8] = stated[40:44] = struct.pack("<I", 2**32 - 1)
    many_channels = bytearray(voices.wav(voices.voice(0.5)))
    many_channels[22:24] = struct.pack("<H", 1024)
    return [
        File("audio", "two hours.flac", flac),
        File("audio", "two hours, length hidden.flac", without_length(flac)),
        File("audio", "11 minutes.mp3", silence("MP3", "MPEG_LAYER_III", 11)),
        File("audio", "11 minutes.opus", silence("OGG", "OPUS", 11)),
        File("audio", "11 minutes.ogg", silence("OGG", "VORBIS", 11)),
        File("audio", "11 minutes.m4a", _ffmpeg_silence("mp4", "aac", 11)),
        File("audio", "11 minutes.webm", _ffmpeg_silence("webm", "libopus", 11)),
        File("audio", "header of 4 GB.wav", bytes(stated)),
        File("audio", "1024 channels.wav", bytes(many_channels)),
        File("audio", "ten minutes, 48 kHz stereo.flac", silence("FLAC", "PCM_16", 10, 48_000, 2)),
    ]


def silence(
    container: str, subtype: str | None, minutes: int, rate: int = 8_000, channels: int = 1
) -> bytes:
    """A long silence, written block by block."""
    file, minute = io.BytesIO(), np.zeros((60 * rate, channels), np.int16)
    with soundfile.SoundFile(
        file, "w", samplerate=rate, channels=channels, format=container, subtype=subtype
    ) as sound:
        for _ in range(minutes):
            sound.write(minute)
    return file.getvalue()


def without_length(flac: bytes) -> bytes:
    """The same FLAC as if written to a pipe: it states zero samples, which means unknown."""
    file = bytearray(flac)
    file[21] &= 0xF0
    file[22:26] = bytes(4)
    return bytes(file)


def _ffmpeg_silence(muxer: str, codec: str, minutes: int) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=muxer) as output:
        stream = output.add_stream(codec, rate=8_000, layout="mono")
        stream.bit_rate = 8_000
        for _ in range(minutes):
            silent = np.zeros((1, 60 * 8_000), np.float32)
            frame = av.AudioFrame.from_ndarray(silent, format="flt", layout="mono")
            frame.sample_rate = 8_000
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return file.getvalue()


def _pictures() -> list[File]:
    jpeg = io.BytesIO()
    Image.new("L", (16, 16)).save(jpeg, "JPEG")
    stated = bytearray(jpeg.getvalue())
    start = stated.index(b"\xff\xc0") + 5
    stated[start : start + 4] = struct.pack(">HH", 65_500, 65_500)
    noise = np.random.default_rng(0).integers(0, 256, (3160, 3160, 3), np.uint8)
    largest = io.BytesIO()
    Image.fromarray(np.repeat(noise[:, :1], 3160, axis=1)).save(largest, "PNG", compress_level=1)
    text = b"SER Lab log-mel\0\0" + zlib.compress(bytes(100_000_000))
    profile = b"icc\0\0" + zlib.compress(bytes(100_000_000))
    return [
        File("picture", "400 megapixels.png", png(20_000, 20_000, zlib.compress(bytes(10**6)))),
        File("picture", "2 billion wide.png", png(2**31 - 1, 2**31 - 1, zlib.compress(b""))),
        File("picture", "one line, 500 MB of pixels.png", png(100, 1, _long_stream())),
        File("picture", "text of 100 MB.png", png(100, 100, _rows(100, 100), (b"zTXt", text))),
        File("picture", "profile.png", png(100, 100, _rows(100, 100), (b"iCCP", profile))),
        File("picture", "4 gigapixels.jpg", bytes(stated)),
        File("picture", "10 megapixels.png", largest.getvalue()),
        File(
            "picture", "10 megapixels, 16 bits.png", png(3160, 3160, _rows(3160, 25_280), bits=16)
        ),
    ]


def png(
    width: int, height: int, pixels: bytes, extra: tuple[bytes, bytes] | None = None, bits: int = 8
) -> bytes:
    """A PNG whose parts need not agree; 16 bits have four channels, 8 bits three."""
    header = struct.pack(">IIBBBBB", width, height, bits, 6 if bits == 16 else 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *([extra] if extra else []), (b"IDAT", pixels), (b"IEND", b"")]
    return _PNG + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _rows(height: int, width_bytes: int) -> bytes:
    return zlib.compress(
        (b"\0" + bytes(range(256)) * (width_bytes // 256 + 1))[: 1 + width_bytes] * height
    )


def _long_stream() -> bytes:
    packer = zlib.compressobj(1)
    block = bytes(2**20)
    return b"".join(packer.compress(block) for _ in range(500)) + packer.flush()


def _archives() -> list[File]:
    million = bytes(2**20)
    unfolding = packed(dict.fromkeys((f"{i}.wav" for i in range(40)), million * 10))
    inner = packed({"0.wav": million * 20})
    large = packed({"a.wav": million * 200})
    lying = bytearray(large)
    # Both headers claim 1000 bytes: the local one at 22, the one in the directory at 24.
    directory = lying.rindex(b"PK\x01\x02")
    lying[22:26] = lying[directory + 24 : directory + 28] = struct.pack("<I", 1000)
    return [
        File("zip", "400 MB of zeros.zip", unfolding),
        File("zip", "one member of 200 MB.zip", large),
        File("zip", "zip in zip.zip", packed({f"{i}.zip": inner for i in range(20)})),
        File("zip", "size lies.zip", bytes(lying)),
        File("zip", "overlapping.zip", overlapping(2_000)),
        File("zip", "100000 members.zip", _crowd(100_000)),
        File("zip", "bzip2.zip", packed({"a.wav": million * 50}, zipfile.ZIP_BZIP2)),
        File("zip", "lzma.zip", packed({"a.wav": million * 50}, zipfile.ZIP_LZMA)),
        File("zip", "flac in zip.zip", packed({"a.flac": silence("FLAC", "PCM_16", 120)})),
    ]


def overlapping(n_members: int) -> bytes:
    """Directory entries that all point at the same compressed megabyte (after D. Fifield)."""
    whole = packed({"a.wav": bytes(range(256)) * 4096})
    start = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    directory = whole[start:end] * n_members
    last = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, n_members, n_members, len(directory), start, 0
    )
    return whole[:start] + directory + last


def _crowd(n_members: int) -> bytes:
    entry = bytearray(packed({"a.wav": b"1"}, zipfile.ZIP_STORED))
    start, end = entry.index(b"PK\x01\x02"), entry.index(b"PK\x05\x06")
    directory = bytes(entry[start:end]) * n_members
    count = min(n_members, 0xFFFF)
    last = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    return bytes(entry[:start]) + directory + last
