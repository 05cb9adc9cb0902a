"""A stretch of the voice, selected in the player and analyzed alone."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.shell.analysis import Analysis
from pages.shell.player import Stretch
from ser_core.features.source import Source

_KEY = "analyzed stretch"


def chosen_stretch(voice: Source) -> Stretch | None:
    """What is selected in this very voice; None for the whole."""
    data, stretch = st.session_state.get(_KEY, (b"", None))
    return stretch if data == voice.data else None


def choose_stretch(voice: Source) -> Callable[[Stretch | None], None]:
    """Keeps the choice of a player that plays this voice."""

    def keep(stretch: Stretch | None) -> None:
        st.session_state[_KEY] = (voice.data, stretch)

    return keep


def show_stretch(whole: Analysis, stretch: Stretch) -> None:
    """Which samples the answers are for."""
    clip = whole.clip
    assert clip is not None  # a picture has no stretches
    n_samples = len(clip.stretch(*stretch))
    st.info(
        f"These answers are for {stretch.start_s:.2f} to {stretch.end_s:.2f} s alone: "
        f"{n_samples:,} of {len(clip.waveform):,} samples. To go back, press **Whole clip** in the "
        "player below."
    )
