"""What kind of file this is, by its first bytes; the name decides only where these say nothing."""

from __future__ import annotations

import re
from typing import Literal

from ser_core.audio.decoding import AUDIO_SUFFIXES, JPEG, PNG
from ser_core.corpora.words import word_set
from ser_core.features.source import PICTURE_SUFFIXES

Kind = Literal["audio", "picture", "archive", "other"]

HEAD_BYTES = 512
"""How much of a file `kind_of` needs."""

ARCHIVE_SUFFIXES = frozenset((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"))
ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
_OTHER_ARCHIVES = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")

# A name with one of these is believed even where the bytes are damaged: the report then says that
# the recording cannot be read. Formats whose suffix also means something else (.ts) are not here.
_AUDIO_SUFFIXES = AUDIO_SUFFIXES | word_set(
    ".aifc .amr .au .avi .caf .m4b .mka .mkv .mov .mp2 .oga .spx .w64 .wma .3gp .3g2 .wmv"
)

_AUDIO_STARTS = (
    b"fLaC",
    b"OggS",
    b"ID3",
    b"caff",
    b"#!AMR",
    b".snd",
    b"dns.",
    b"FLV\x01",
    b"\x0b\x77",  # AC-3
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF: WMA, WMV
    b"riff\x2e\x91\xcf\x11",  # W64
    b"Creative Voice File\x1a",
    b"NIST_1A",
    b" paf",
    b"fap ",
    b"2BIT",
    b"MATLAB 5.0 MAT-file",
    b"Extended Instrument:",
    *(b"\x64\xa3" + kind for kind in (b"\x01\x00", b"\x02\x00", b"\x03\x00")),  # IRCAM
    *(kind + b"\xa3\x64" for kind in (b"\x00\x01", b"\x00\x02", b"\x00\x03")),
)
_STILL_PICTURES = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif", b"avis")
_QUICKTIME_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_TS_PACKET = 188

_SYSTEM_FILE = re.compile(
    r"\.(?!\.?$).*|thumbs\.db|ehthumbs\.db|desktop\.ini|icon\r|__macosx|@eadir", re.IGNORECASE
)


def is_system_file(part: str) -> bool:
    """Whether a file or folder of this name belongs to a system, such as `.DS_Store`, `._x.wav`."""
    return bool(_SYSTEM_FILE.fullmatch(part))


def kind_of(suffix: str, head: bytes) -> Kind:
    """The kind of a file.

    Args:
        suffix: of its name, lower case, with the dot.
        head: its first `HEAD_BYTES`.
    """
    if head.startswith((PNG, JPEG)):
        return "picture"
    if head.startswith((*ZIP_SIGNATURES, *_OTHER_ARCHIVES)):
        return "archive"
    if _begins_like_audio(head) or suffix in _AUDIO_SUFFIXES:
        return "audio"
    if suffix in PICTURE_SUFFIXES:
        return "picture"
    return "archive" if suffix in ARCHIVE_SUFFIXES else "other"


def _begins_like_audio(head: bytes) -> bool:
    if head.startswith(_AUDIO_STARTS):
        return True
    if head[:4] in (b"RIFF", b"RIFX", b"RF64"):
        return head[8:12] in (b"WAVE", b"AVI ")
    if head[:4] == b"FORM":
        return head[8:12] in (b"AIFF", b"AIFC", b"8SVX", b"16SV")
    if head[4:8] == b"ftyp":
        return head[8:12] not in _STILL_PICTURES
    if head[4:8] in _QUICKTIME_ATOMS:
        return True
    return _begins_like_mpeg(head)


def _begins_like_mpeg(head: bytes) -> bool:
    """A frame of MP2, MP3 or AAC, or packets of a transport stream."""
    if len(head) >= 4 and head[0] == 0xFF:
        if head[1] & 0xF6 == 0xF0:  # ADTS: AAC
            return True
        version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
        # Layer I (3) is left out: together with it, a UTF-16 text would begin like a frame.
        valid = version != 1 and layer in (1, 2)
        return head[1] & 0xE0 == 0xE0 and valid and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3
    return len(head) > _TS_PACKET and head[0] == head[_TS_PACKET] == 0x47
