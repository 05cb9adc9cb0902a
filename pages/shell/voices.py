"""Where a voice comes from: a sample of ours, an actor, a file, or the microphone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import msgspec
import streamlit as st

from pages.shell import actors
from pages.shell.settings import upload_mb
from ser_core.audio.decoding import AudioError, in_words, longest_s
from ser_core.corpora.readers import load_bytes, utterance_from_name
from ser_core.features.source import Source
from ser_core.runtime.places import SAMPLES

WayIn = Literal["Sample voice", "Actor", "File", "Microphone"]


class Sample(msgspec.Struct, frozen=True):
    """A voice of a speech synthesizer, and the settings that espeak-ng made it with."""

    file: str
    sentence: str
    name: str
    title: str
    voice: str
    pitch: int
    speed: int
    amplitude: int
    pitch_range: int


def choose_way_in() -> WayIn:
    """The switch between the ways in."""
    # Not as the widget's default: the Live page sets it too, for what it sends here.
    st.session_state.setdefault("source", "Sample voice")
    sources = [source for source in get_args(WayIn) if source != "Actor" or actors.clips()]
    if st.session_state["source"] not in sources:
        st.session_state["source"] = sources[0]
    way_in: WayIn | None = st.segmented_control(
        "Where the voice comes from",
        sources,
        required=True,
        wrap=True,
        key="source",
        persist_state="session",
    )
    return way_in or "Sample voice"


def choose_voice(
    way_in: WayIn, blind: bool = False, hidden: Callable[[Source], bool] = lambda voice: False
) -> Source | None:
    """The widget of one way in, and the voice that it holds; None while it holds nothing.

    Args:
        blind: let voices of actors be chosen by number only.
        hidden: whether the name of a voice must not be seen yet.
    """
    if way_in == "Sample voice":
        return _sample()
    if way_in == "Actor":
        return _actor(blind)
    return _file(hidden) if way_in == "File" else _recording()


def _actor(blind: bool) -> Source | None:
    utterance = actors.choose(actors.clips(), blind)
    try:
        data = load_bytes(utterance)
    except AudioError as error:
        st.error(str(error))
        return None
    return Source.from_bytes(
        data, utterance.path.name.rpartition("!")[2], utterance.label, actors.about(utterance)
    )


def _sample() -> Source:
    samples = {entry.file: entry for entry in sample_manifest()}
    sentence = next(iter(samples.values())).sentence
    file = st.selectbox(
        f"A synthetic voice that says: “{sentence}”",
        list(samples),
        format_func=lambda file: samples[file].title,
        key="sample",
        persist_state="session",
        help="Made by a speech synthesizer. Only the manner of speaking differs; there is no true "
        "emotion in these voices.",
    )
    made = samples[file]
    st.caption(
        f"Made with espeak-ng: voice {made.voice}, pitch {made.pitch} of 99, pitch range "
        f"{made.pitch_range} %, {made.speed} words a minute, loudness {made.amplitude} "
        "of 200."
    )
    return Source.from_file(SAMPLES / file)


@st.cache_data
def sample_manifest() -> list[Sample]:
    """How each sample voice was made."""
    return msgspec.json.decode((SAMPLES / "manifest.json").read_bytes(), type=list[Sample])


def _file(hidden: Callable[[Source], bool]) -> Source | None:
    voice: Source | None = st.session_state.get("kept File")
    if voice and hidden(voice):
        # Without the uploader, which would show the name.
        _show_kept("File", "A file is loaded. Its name is hidden until the room has voted.")
        return voice
    st.file_uploader(
        "An audio file, or the picture of a spectrogram (PNG, JPEG)",
        max_upload_size=upload_mb(),
        key="file_uploader",
        on_change=_keep,
        args=("file_uploader", "File"),
        help=f"Short clips of one voice work best; at most {in_words(longest_s())}. "
        "WAV, FLAC, MP3, OGG, OPUS, M4A and WEBM can be read, and most others.",
    )
    return _kept("File", "file_uploader")


def _recording() -> Source | None:
    st.audio_input(
        "Say a sentence; about three seconds are enough",
        key="audio_input",
        on_change=_keep,
        args=("audio_input", "Microphone"),
    )
    return _kept("Microphone", "audio_input")


# Uploader and recorder forget their file when another page is shown, so the bytes are kept apart.
# They stay in this session's memory until they are replaced, removed or the session ends.


def _keep(widget: str, way_in: WayIn) -> None:
    file = st.session_state[widget]
    if file is None:
        st.session_state.pop(f"kept {way_in}", None)
        return
    told = utterance_from_name(file.name) if way_in == "File" else None
    actual, about = (told.label, "As its file name says.") if told else ("", "")
    st.session_state[f"kept {way_in}"] = Source.from_bytes(
        file.getvalue(), file.name, actual, about
    )


def _kept(way_in: WayIn, widget: str) -> Source | None:
    voice: Source | None = st.session_state.get(f"kept {way_in}")
    if voice and st.session_state.get(widget) is None:
        # As code, since a caption is Markdown and the name is a stranger's.
        name = voice.name.replace("`", "'")
        _show_kept(way_in, f"Still here from before: `{name}`")
    return voice


def _show_kept(way_in: WayIn, sentence: str) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(sentence)
    if right.button("Remove", key=f"remove {way_in}", width="stretch"):
        del st.session_state[f"kept {way_in}"]
        st.rerun()
