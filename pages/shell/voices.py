"""Where a voice comes from: a sample of ours, a file, or the microphone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import streamlit as st

SAMPLES = Path(__file__).resolve().parents[2] / "samples"

Source = Literal["Sample voice", "File", "Microphone"]


@dataclass(frozen=True)
class Voice:
    """Bytes of an audio file or of a spectrogram picture, and what to call them."""

    name: str
    data: bytes


def choose_source() -> Source:
    """The switch between the three ways in."""
    # Not as the widget's default: the Live page sets it too, for what it sends here.
    st.session_state.setdefault("source", "Sample voice")
    source: Source | None = st.segmented_control(
        "Where the voice comes from",
        get_args(Source),
        required=True,
        key="source",
        persist_state="session",
    )
    return source or "Sample voice"


def choose_voice(source: Source) -> Voice | None:
    """The widget of one way in, and the voice that it holds; None while it holds nothing."""
    if source == "Sample voice":
        return _sample()
    if source == "File":
        st.file_uploader(
            "An audio file, or the picture of a spectrogram (PNG, JPEG)",
            key="file_uploader",
            on_change=_keep,
            args=("file_uploader", source),
            help="Short clips of one voice work best; at most 10 minutes. "
            "WAV, FLAC, MP3, OGG, OPUS, M4A and WEBM can be read, and most others.",
        )
    else:
        st.audio_input(
            "Say a sentence; about three seconds are enough",
            key="audio_input",
            on_change=_keep,
            args=("audio_input", source),
        )
    return _kept(source)


def _sample() -> Voice:
    samples = {entry["file"]: entry for entry in sample_manifest()}
    sentence = next(iter(samples.values()))["sentence"]
    file = st.selectbox(
        f"A synthetic voice that says: “{sentence}”",
        list(samples),
        format_func=lambda file: samples[file]["title"],
        key="sample",
        persist_state="session",
        help="Made by a speech synthesiser. Only the manner of speaking differs; there is no true "
        "emotion in these voices.",
    )
    made = samples[file]
    st.caption(
        f"Made with espeak-ng: voice {made['voice']}, pitch {made['pitch']} of 99, pitch range "
        f"{made['pitch_range']} %, {made['speed']} words a minute, loudness {made['amplitude']} "
        "of 200."
    )
    return Voice(file, (SAMPLES / file).read_bytes())


@st.cache_data
def sample_manifest() -> list[dict[str, Any]]:
    """How each sample voice was made."""
    return json.loads((SAMPLES / "manifest.json").read_text(encoding="utf-8"))


# Uploader and recorder forget their file when another page is shown, so the bytes are kept apart.
# They stay in this session's memory until they are replaced, removed or the session ends.


def _keep(widget: str, source: Source) -> None:
    file = st.session_state[widget]
    if file is None:
        st.session_state.pop(f"kept {source}", None)
    else:
        st.session_state[f"kept {source}"] = Voice(file.name, file.getvalue())


def _kept(source: Source) -> Voice | None:
    voice = st.session_state.get(f"kept {source}")
    widget = "file_uploader" if source == "File" else "audio_input"
    if voice and st.session_state.get(widget) is None:
        left, right = st.columns([3, 1], vertical_alignment="center")
        # As code, since a caption is Markdown and the name is a stranger's.
        name = voice.name.replace("`", "'")
        left.caption(f"Still here from before: `{name}`")
        if right.button("Remove", key=f"remove {source}", width="stretch"):
            del st.session_state[f"kept {source}"]
            st.rerun()
    return voice
