"""One player for sound and picture: a playhead over waveform, spectrogram and emotions over time.

A Streamlit component without a build step: `frontend/player.js` on wavesurfer.js 8.0.1, whose
files lie unchanged in `frontend/wavesurfer/` (BSD-3-Clause).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import msgspec
import numpy as np
import streamlit as st
from streamlit.runtime import get_instance

from ser_core.audio.clip import Clip
from ser_core.audio.encoding import to_16_bit, wav_bytes
from ser_core.charts import tracks
from ser_core.charts.look import SOUND_COLOR
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.prediction import Prediction

_FRONTEND = Path(__file__).with_name("frontend")
_LIBRARIES = {
    "WaveSurfer": "wavesurfer.cjs",
    "RegionsPlugin": "regions.cjs",
    "TimelinePlugin": "timeline.cjs",
}


class Stretch(NamedTuple):
    """A part of a recording that somebody selected."""

    start_s: float
    end_s: float

    @classmethod
    def checked(cls, span: object, duration_s: float) -> Stretch | None:
        """A stretch as a browser sent it; None where it does not lie in the recording."""
        try:
            start_s, end_s = msgspec.convert(span, tuple[float, float])
        except msgspec.ValidationError:
            return None
        end_s = min(end_s, duration_s)
        return cls(start_s, end_s) if 0 <= start_s < end_s else None


class Answer(NamedTuple):
    """What a model says over the course of a recording, or of a stretch of it."""

    prediction: Prediction
    stretch: Stretch | None = None


class _Sound(NamedTuple):
    """What does not change while a recording is on the page."""

    wav: bytes | None
    data: dict[str, object]


_sounds: WeakKeyDictionary[Spectrogram, _Sound] = WeakKeyDictionary()


def show_player(
    spectrogram: Spectrogram,
    key: str,
    alt: str,
    answer: Answer | None = None,
    on_stretch: Callable[[Stretch | None], None] | None = None,
) -> None:
    """The full player.

    Args:
        spectrogram: of the whole recording; without a clip, there is nothing to hear.
        alt: what it is, for those who do not see it.
        answer: None while there is none, or it is hidden.
        on_stretch: called before the page runs again, when somebody wants a stretch analyzed
            alone, or (None) the whole recording again. Without it, a stretch can only be heard.
    """

    def stretch_chosen() -> None:
        span = st.session_state[key].get("stretch")
        if on_stretch and span:
            on_stretch(Stretch.checked(span, spectrogram.duration_s))

    def whole_chosen() -> None:
        if on_stretch and st.session_state[key].get("whole"):
            on_stretch(None)

    evidence = answer.prediction.evidence if answer else None
    stretch = answer.stretch if answer else None
    drawn = None
    if answer and evidence is not None and len(evidence.times_s):
        labels = tuple(answer.prediction.probabilities)
        drawn = tracks.emotions(evidence, labels, stretch.start_s if stretch else 0.0)
    _component(
        key=key,
        data=_data(spectrogram, key, alt)
        | {
            "compact": False,
            "emotions": msgspec.to_builtins(drawn),
            "stretch": stretch,
            "can_analyze": on_stretch is not None,
        },
        on_stretch_change=stretch_chosen,
        on_whole_change=whole_chosen,
    )


def show_compact_player(clip: Clip, key: str, alt: str) -> None:
    """Waveform and spectrogram under a playhead, for a place with little room."""
    data = _data(Spectrogram.of(clip, LogMel()), key, alt)
    _component(key=key, data=data | {"compact": True, "emotions": None, "stretch": None})


def _data(spectrogram: Spectrogram, key: str, alt: str) -> dict[str, object]:
    if spectrogram not in _sounds:
        _sounds[spectrogram] = _sound(spectrogram)
    sound = _sounds[spectrogram]
    url = None
    if sound.wav is not None:
        # As `st.audio` does. Relative to the page, whatever folder the app is hosted in.
        files = get_instance().media_file_mgr
        url = files.add(sound.wav, "audio/wav", f"player {key}").lstrip("/")
    return sound.data | {"sound": url, "alt": alt, "color": SOUND_COLOR}


def _sound(spectrogram: Spectrogram) -> _Sound:
    clip = spectrogram.clip
    # At full level: the models do not mind, and the softest recordings can be heard.
    wav = None
    if clip and clip.peak:
        wav = wav_bytes(to_16_bit(clip.waveform / np.abs(clip.waveform).max()))
    picture = tracks.picture(clip, spectrogram.log_mel, spectrogram.settings)
    return _Sound(
        wav,
        {
            "id": hashlib.sha256(picture.cells.encode() + (wav or b"")).hexdigest(),
            "duration_s": spectrogram.duration_s,
            "waveform": msgspec.to_builtins(tracks.waveform(clip)) if clip else None,
            "picture": msgspec.to_builtins(picture),
        },
    )


def _script() -> str:
    """The libraries, each in a scope of its own, and our half."""
    parts = [
        f"const {name} = (() => {{ const module = {{ exports: {{}} }};\n"
        f"{(_FRONTEND / 'wavesurfer' / file).read_text(encoding='utf-8')}\n"
        "return module.exports; })();"
        for name, file in _LIBRARIES.items()
    ]
    return "\n".join([*parts, (_FRONTEND / "player.js").read_text(encoding="utf-8")])


_component = st.components.v2.component(
    "ser_lab_player",
    html=(_FRONTEND / "player.html").read_text(encoding="utf-8"),
    css=(_FRONTEND / "player.css").read_text(encoding="utf-8"),
    js=_script(),
)
