"""Hypothesis strategies for damaged files and hostile names."""

from __future__ import annotations

import struct
import zlib

from hypothesis import strategies as st

from tools.fuzz.files import File, files, packed
from tools.fuzz.folders import labeled_archives

MAX_BYTES = 2 * 2**20
_HEADER = 300  # bytes at both ends, where damage does the most harm
_MAGIC = 8  # bytes that identify the format; without them, a file is rejected at once

# Sizes, counts and rates that a header may claim.
_LIES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 10**6, 2**24, 2**31 - 1, 2**31, 2**32 - 1)

NASTY_NAMES = (
    "../../../../etc/passwd.wav",
    "..\\..\\windows\\system32\\a.wav",
    "/absolute/path.wav",
    "C:\\autoexec.wav",
    "<script>window.harmed=1</script>.wav",
    "<img src=x onerror=window.harmed=1>.wav",
    "[click](javascript:alert(1)).wav",
    "![](http://example.invalid/track.png).wav",
    "`code` $x^2$ **bold** :material/bug_report: :red[x].wav",
    '=HYPERLINK("http://example.invalid";"x").wav',
    "=cmd|' /C calc'!A0.wav",
    "+1.wav",
    "-2+3.wav",
    "@SUM(1).wav",
    "\t=1.wav",
    "＝1.wav",
    'a";=1+1;".wav',
    "a\r\n=1.wav",
    "a\x00b.wav",
    "\u202egnp.wav",
    "\x1b[31mred\x1b[0m.wav",
    "\ufeff=1.wav",
    "CON.wav",
    ".wav",
    "",
    "x" * 10_000 + ".wav",
    "é" * 300 + "/" * 300 + ".png",
    "{name!r} %s %n.wav",
)


def names() -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from(NASTY_NAMES),
        st.text(max_size=40),
        st.tuples(st.sampled_from("=+-@\t\r<'\"/\\"), st.text(max_size=20)).map("".join),
    )


@st.composite
def damaged_files(draw: st.DrawFn) -> File:
    """A damaged audio file, picture or archive, under any name."""
    kind = draw(st.sampled_from(("audio", "picture", "zip", "corpus")))
    if kind == "corpus":
        return draw(labeled_archives())
    if kind == "zip" and draw(st.booleans()):
        # An intact archive of damaged members, so that their readers are reached, too.
        members = draw(st.lists(st.tuples(names(), damaged("audio", "picture")), max_size=4))
        suffixes = (".wav", ".mp3", ".m4a", ".png", ".zip", "")
        content = {}
        for name, file in members:
            # zipfile ends a name at a zero byte, and does not support empty ones.
            content[(name + draw(st.sampled_from(suffixes))).split("\0")[0] or "x"] = file.data
        return File("zip", draw(names()) + ".zip", packed(content))
    return draw(damaged(kind))._replace(name=draw(names()))


@st.composite
def damaged(draw: st.DrawFn, *kinds: str) -> File:
    """A real file of one of the kinds after one to eight blows."""
    candidates = [file for file in files() if file.kind in kinds]
    file = draw(st.sampled_from(candidates))
    data = bytearray(file.data)
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3, 8)))):
        if not data:
            break
        _blow(draw, data, candidates)
    if bytes(data[:4]) == b"\x89PNG" and draw(st.integers(0, 4)):
        data = bytearray(with_true_checksums(bytes(data)))
    return file._replace(data=bytes(data[:MAX_BYTES]))


def _blow(draw: st.DrawFn, data: bytearray, sources: list[File]) -> None:  # noqa: C901 - a list
    place = _place(draw, len(data))
    kind = draw(st.sampled_from(_BLOWS))
    if kind == "bit":
        data[place] ^= 1 << draw(st.integers(0, 7))
    elif kind == "byte":
        data[place] = draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)))
    elif kind == "lie":
        size, order = draw(st.sampled_from((2, 4, 8))), draw(st.sampled_from("<>"))
        lie = draw(st.sampled_from(_LIES)) & (2 ** (8 * size) - 1)
        data[place : place + size] = struct.pack(order + {2: "H", 4: "I", 8: "Q"}[size], lie)
    elif kind == "cut":
        del data[place:]
    elif kind == "remove":
        del data[place : place + draw(st.integers(1, 64))]
    elif kind == "insert":
        data[place:place] = draw(st.binary(min_size=1, max_size=32))
    elif kind == "zeros":
        length = draw(st.sampled_from((4, 64, 4096)))
        data[place : place + length] = bytes(min(length, len(data) - place))
    elif kind == "repeat":
        length, times = draw(st.sampled_from((16, 256, 4096))), draw(st.integers(2, 40))
        data[place : place + length] = data[place : place + length] * times
    elif kind == "move":
        length, target = draw(st.sampled_from((4, 32, 512))), _place(draw, len(data))
        moved = data[place : place + length]
        data[target : target + len(moved)] = moved
    elif kind == "splice":
        source = draw(st.sampled_from(sources)).data
        data[place:] = source[_place(draw, len(source)) :]
    elif kind == "append":
        data += draw(st.sampled_from(sources)).data


_BLOWS = (
    *("bit", "byte", "lie", "lie", "cut", "remove", "insert", "zeros"),
    *("repeat", "move", "splice", "append"),
)


def _place(draw: st.DrawFn, length: int) -> int:
    """A position in a file: in its header, at its end, or anywhere; rarely in its first bytes."""
    header = (min(_MAGIC, length - 1), min(_HEADER, length) - 1)
    end = (max(0, length - _HEADER), length - 1)
    anywhere = (min(_MAGIC, length - 1), length - 1)
    low, high = draw(st.sampled_from((header, header, anywhere, anywhere, end, (0, length - 1))))
    return draw(st.integers(low, high))


def with_true_checksums(png: bytes) -> bytes:
    """The same PNG with correct checksums, so that the damage reaches the decoder."""
    data, place = bytearray(png), 8
    while place + 12 <= len(data):
        end = place + 8 + struct.unpack_from(">I", data, place)[0]
        if end + 4 > len(data):
            break
        struct.pack_into(">I", data, end, zlib.crc32(data[place + 4 : end]))
        place = end + 4
    return bytes(data)
