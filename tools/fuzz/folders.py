"""Hypothesis strategies for archives of labeled recordings, in the kinds that people really have.

Folders in several languages, codes, negations, people, parts of a split, names of public corpora
and their copies, system files, backslashes, copies of a file, and tables in any encoding.
"""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from tools import voices
from tools.fuzz.files import File, packed

FOLDERS = (
    *("happy", "Joy", "sad", "ANG", "HAP", "W", "F", "T", "Ärger", "colère", "miedo", "boredom"),
    *("not_happy", "happy_sad", "Inside Joy podcast", "Anna", "0011", "Actor_01", "mine", "wav"),
    *("train", "test", "evaluation", "__MACOSX", ".git", "03 Happy", "OAF_Pleasant_surprise"),
)
STEMS = (
    *("1", "2", "x", "03-01-05-01-01-01-01", "03-01-05-01-01-01-01 (1)", "01-01-05-01-01-01-01"),
    *("03-01-03-01-01-01-02 - Copy", "Actor_01_03-01-04-01-01-01-01", "16b10Wb", "EB0_fear_1"),
    *("1002_DFA_ANG_XX", "OAF_back_fear", "DC_sa01", "a15", "0011_000351", "gio-f1-b1", "._x"),
    *("female1_angry_10a_1", "Ses01F_impro01_M000", ".DS_Store", "Thumbs.db", "desktop.ini"),
)
SUFFIXES = (".wav", ".flac", ".mp3", ".oga", ".amr", ".ts", ".txt", ".dat", "", ".jpg", ".zip")
_WORDS = ("happy", "ANG", "Wut", "peur", "W", "T", "hungry", "", "=1+1", "joy\x00")
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")


@st.composite
def labeled_archives(draw: st.DrawFn) -> File:
    """A zip of up to eight recordings in such folders, often with a table."""
    members: dict[str, bytes] = {}
    for _ in range(draw(st.integers(1, 8))):
        folders = draw(st.lists(st.sampled_from(FOLDERS), max_size=4))
        separator = draw(st.sampled_from(("/", "/", "\\")))
        name = draw(st.sampled_from(STEMS)) + draw(st.sampled_from(SUFFIXES))
        members[separator.join([*folders, name])] = draw(st.sampled_from(_contents()))
    if draw(st.booleans()):
        place = draw(st.sampled_from(("", "mine/", "train/happy/")))
        table = draw(st.sampled_from(("labels.csv", "Labels.CSV", "labels.tsv")))
        members[place + table] = draw(tables([*members]))
    return File("zip", "corpus.zip", packed(members))


@st.composite
def tables(draw: st.DrawFn, files: list[str]) -> bytes:
    """A table of some of these files and others, as some spreadsheet or program writes it."""
    separator = draw(st.sampled_from(",;\t"))
    head = draw(st.sampled_from(("file,label,speaker,gender", "File,Emotion", "name,label", "")))
    lines = [head.replace(",", separator)]
    for _ in range(draw(st.integers(0, 6))):
        file = draw(st.sampled_from([*files, "not there.wav", ""]))
        cells = (file, draw(st.sampled_from(_WORDS)), "ann", draw(st.sampled_from("wmfx")))
        lines.append(separator.join(cells))
    lines += [separator * 3] * draw(st.integers(0, 2))
    if draw(st.booleans()):
        lines.insert(0, f"sep={separator}")
    text = draw(st.sampled_from(("\n", "\r\n"))).join(lines)
    return text.encode(draw(st.sampled_from(_ENCODINGS)), errors="replace")


@cache
def _contents() -> tuple[bytes, ...]:
    voice = voices.voice(0.5)
    return (
        voices.wav(voice),
        voices.encode(voice, "flac"),
        voices.encode(voice, "mp3"),
        voices.wav(voices.voice(0.5, syllables_per_s=6)),
        b"",
        b"no sound",
        b"\xff\xfeT\x00e\x00x\x00t\x00",
    )
