"""Of a recording with two people on two channels: whose voice is analyzed."""

from __future__ import annotations

import streamlit as st

from pages.shell.choice import choose_one
from ser_core.audio.channels import STEREO
from ser_core.features.source import Source

_NAMES = {"mix": "Both, mixed", "left": "Left", "right": "Right"}


def in_chosen_channel(voice: Source) -> Source:
    """The voice as `choose_channel` said; where nothing was chosen, the mix."""
    return voice.of(st.session_state.get(_key(voice)) or "mix")


def choose_channel(voice: Source) -> None:
    """A choice, where the two channels hold different sounds."""
    if voice.clip is not None and voice.clip.different_channels:
        choose_one("Channel", STEREO, _key(voice), format_func=_NAMES.__getitem__)


def _key(voice: Source) -> str:
    return f"channel of {voice.name}"
