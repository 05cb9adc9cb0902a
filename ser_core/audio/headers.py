"""Files that hold more than their headers state.

A recorder that crashed leaves a length of 0, a joined file the length of its first part.
"""

from __future__ import annotations

import re
import struct

UNKNOWN_FRAMES = 2**63 - 1
"""libsndfile's SF_COUNT_MAX: the file states no length."""

_FIRST_PAGE = b"OggS\x00\x02"  # of a logical stream in an Ogg file
_CHUNK_NAME = re.compile(rb"[ -~]{4}")
_WAV_HEADER = 100  # bytes; more than any without a title in it
_FLAC = b"fLaC"
_FLAC_SYNC = (b"\xff\xf8", b"\xff\xf9")  # of a frame: blocks of fixed size, of variable size
_FLAC_HEADER = 16  # bytes, at most


def is_mp3(data: bytes) -> bool:
    """Whether the bytes look like MPEG audio, whose header may state any length."""
    return data.startswith(b"ID3") or (len(data) > 1 and data[0] == 0xFF and data[1] >= 0xE0)


def states_too_little(data: bytes, kind: str, frames: int) -> bool:
    """Whether a file that libsndfile opens goes on where it would stop.

    Args:
        kind: libsndfile's name of the format.
        frames: the length that it expects.
    """
    if frames in (0, UNKNOWN_FRAMES) or kind == "MP3":
        return True
    if kind == "OGG":
        return data.count(_FIRST_PAGE) > 1
    if kind == "FLAC":
        return data.count(_FLAC) > 1 or _last_flac_sample(data) > frames
    return False


def whole_wav(data: bytes) -> bytes:
    """A WAV file whose data chunk states all of its sound, that of files joined to it included."""
    chunks = _wav_chunks(data)
    if b"data" not in chunks:
        return data
    start, size = chunks[b"data"]
    end = start + size + size % 2
    rest = data[end : end + _WAV_HEADER]
    first, length = chunks.get(b"fmt ", (0, 0))
    settings = data[first : first + length]
    joined = rest[:4] == b"RIFF" and settings in rest
    if size and (len(rest) < 8 or _CHUNK_NAME.match(rest)) and not joined:
        return data
    riff, there = (struct.pack("<I", n) for n in (len(data) - 8, len(data) - start))
    return b"".join((data[:4], riff, data[8 : start - 4], there, data[start:]))


def other_wav_follows(data: bytes) -> bool:
    """Whether another WAV file follows in a `whole_wav`."""
    start, size = _wav_chunks(data).get(b"data", (0, 0))
    return data.startswith(b"RIFF", start + size + size % 2) if start else False


def _wav_chunks(data: bytes) -> dict[bytes, tuple[int, int]]:
    """Start and size of the content of each chunk, up to that of the samples; by name."""
    chunks: dict[bytes, tuple[int, int]] = {}
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return chunks
    start = 20
    while start <= len(data) and b"data" not in chunks:
        name, size = struct.unpack_from("<4sI", data, start - 8)
        chunks[name] = start, size
        start += size + size % 2 + 8
    return chunks


def _last_flac_sample(data: bytes) -> int:
    """Where the last frame of a FLAC file begins, in samples; 0 where none is found."""
    fixed_size = struct.unpack_from(">H", data, 8)[0]
    place = len(data)
    while (place := max(data.rfind(sync, 0, place) for sync in _FLAC_SYNC)) > 0:
        header = data[place : place + _FLAC_HEADER]
        number, n_bytes = _flac_number(header)
        sizes = {6: 1, 7: 2}.get(header[2] >> 4 if len(header) > 2 else 0, 0)
        rates = {12: 1, 13: 2, 14: 2}.get(header[2] & 15 if len(header) > 2 else 0, 0)
        end = 4 + n_bytes + sizes + rates
        if n_bytes and end < len(header) and _crc_8(header[:end]) == header[end]:
            return number if header[1] & 1 else number * fixed_size
    return 0


def _flac_number(header: bytes) -> tuple[int, int]:
    """The number of a frame or sample, coded as UTF-8 codes characters, and its length in bytes."""
    if len(header) < 5:
        return 0, 0
    first = header[4]
    n_bytes = 8 - (first ^ 0xFF).bit_length() or 1
    number = first & (0x7F >> (n_bytes if n_bytes > 1 else 0))
    for byte in header[5 : 4 + n_bytes]:
        number = number << 6 | byte & 0x3F
    return number, n_bytes


def _crc_8(data: bytes) -> int:
    """The checksum of a FLAC frame header: polynomial x⁸ + x² + x + 1."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x07 if crc & 0x80 else crc << 1) & 0xFF
    return crc
