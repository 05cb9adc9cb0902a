"""Where a voice comes from: a sample of ours, an actor, a file, or the microphone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, get_args

import streamlit as st

from pages.shell import actors
from pages.shell.choice import choose_one
from pages.shell.microphone_access import HTTPS, NO_RECORDING, secure
from pages.shell.numbered import choose_by_number
from pages.shell.samples import GROUPS, SYNTHETIC, real_voices, sample_bytes, synthetic_voices
from pages.shell.settings import upload_mb
from ser_core.audio.decoding import AudioError, in_words, longest_s, read_file
from ser_core.corpora.readers import load_bytes, utterance_from_name
from ser_core.corpora.utterance import Utterance
from ser_core.features.source import Source
from ser_core.runtime.places import SAMPLES

WayIn = Literal["Sample", "File", "Microphone", "Actor"]

_MAX_UPLOAD_MB = 120  # 10 minutes of 16-bit stereo at 48 kHz are 115 MB

FROM_LIVE = {"from": "live"}
"""In the address of a page: it shall take the sound that the Live page holds."""
LIVE_SOUND = "live sound"
"""Key of a function in the session that returns it; None while there is none."""


def choose_way_in() -> WayIn:
    """The switch between the ways in."""
    st.session_state.setdefault("source", "Sample")
    if st.query_params.get("from") == FROM_LIVE["from"]:
        del st.query_params["from"]
        _take_live_sound()
    way_in: WayIn | None = st.segmented_control(
        "Voice source",
        get_args(WayIn),
        required=True,
        wrap=True,
        key="source",
        persist_state="session",
    )
    return way_in or "Sample"


def _take_live_sound() -> None:
    sound: Callable[[], Source | None] = st.session_state.get(LIVE_SOUND, lambda: None)
    st.session_state["source"] = "Microphone"
    if voice := sound():
        st.session_state["kept Microphone"] = voice


def choose_voice(
    way_in: WayIn, blind: bool = False, hidden: Callable[[Source], bool] = lambda voice: False
) -> Source | None:
    """The widget of one way in, and the voice that it holds; None while it holds nothing.

    Args:
        blind: let voices whose emotion is known be chosen by number only.
        hidden: whether the name of a voice must not be seen yet.
    """
    if way_in == "Sample":
        return _sample(blind)
    if way_in == "Actor":
        return _read(actors.choose_actor(blind), load_bytes)
    return _file(hidden) if way_in == "File" else _recording()


def _sample(blind: bool) -> Source | None:
    group = choose_one("Voices", list(GROUPS), key="sample group")
    if group == SYNTHETIC:
        return _synthetic()
    voices = real_voices(GROUPS[group])
    if blind:
        return _read(choose_by_number(voices, f"sample of {group}"), sample_bytes)
    titles = {voice.file: actors.title(voice) for voice in voices}
    file = _choose_sample("Voice", titles)
    return _read(next(voice for voice in voices if voice.file == file), sample_bytes)


def _synthetic() -> Source:
    voices = {voice.file: voice for voice in synthetic_voices()}
    sentence = next(iter(voices.values())).sentence
    file = _choose_sample(
        f"A synthetic voice saying “{sentence}”",
        {file: voice.title for file, voice in voices.items()},
    )
    return Source.from_bytes(read_file(SAMPLES / file), file, about=voices[file].about)


def _choose_sample(label: str, titles: Mapping[str, str]) -> str:
    if st.session_state.get("sample") not in titles:
        st.session_state["sample"] = next(iter(titles))
    return st.selectbox(
        label, list(titles), format_func=titles.__getitem__, key="sample", persist_state="session"
    )


def _read(utterance: Utterance, read: Callable[[Utterance], bytes]) -> Source | None:
    try:
        data = read(utterance)
    except AudioError as error:
        st.error(str(error))
        return None
    name = utterance.path.name.rpartition("!")[2]
    return Source.from_bytes(data, name, utterance.label, actors.about(utterance))


def _file(hidden: Callable[[Source], bool]) -> Source | None:
    voice: Source | None = st.session_state.get("kept File")
    if voice and hidden(voice):
        # Without the uploader, which would show the name.
        _show_kept("File", "A file is loaded. Its name is hidden until the room has voted.")
        return voice
    st.file_uploader(
        f"An audio file of at most {in_words(longest_s())}, or a picture of a spectrogram",
        max_upload_size=upload_mb(_MAX_UPLOAD_MB),
        key="file_uploader",
        on_change=_keep,
        args=("file_uploader", "File"),
        help="Short clips of a single voice work best. WAV, FLAC, MP3, OGG, OPUS, M4A, WEBM and "
        "most other formats work; pictures are PNG or JPEG.",
    )
    return _kept("File", "file_uploader")


def _recording() -> Source | None:
    if not secure(st.context.url):
        st.error(f"{HTTPS} Or choose File.")
        return _kept("Microphone", "audio_input")
    st.audio_input(
        "Press the microphone, speak for about three seconds, press again",
        key="audio_input",
        on_change=_keep,
        args=("audio_input", "Microphone"),
    )
    st.caption(NO_RECORDING)
    return _kept("Microphone", "audio_input")


# Uploader and recorder forget their file when another page is shown, so the bytes are kept apart.
# They stay in this session's memory until they are replaced, removed or the session ends.


def _keep(widget: str, way_in: WayIn) -> None:
    file = st.session_state[widget]
    if file is None:
        st.session_state.pop(f"kept {way_in}", None)
        return
    utterance = utterance_from_name(file.name) if way_in == "File" else None
    actual, about = (utterance.label, "According to its file name.") if utterance else ("", "")
    st.session_state[f"kept {way_in}"] = Source.from_bytes(
        file.getvalue(), file.name, actual, about
    )


def _kept(way_in: WayIn, widget: str) -> Source | None:
    voice: Source | None = st.session_state.get(f"kept {way_in}")
    if voice and st.session_state.get(widget) is None:
        # As code, since a caption is Markdown and the name is a stranger's.
        name = voice.name.replace("`", "'")
        _show_kept(way_in, f"Loaded earlier: `{name}`")
    return voice


def _show_kept(way_in: WayIn, sentence: str) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(sentence)
    if right.button("Remove", key=f"remove {way_in}", width="stretch"):
        del st.session_state[f"kept {way_in}"]
        st.rerun()
