"""The mean spectrogram of each emotion, female and male, over the training actors of RAVDESS.

It is shipped with SER Lab, so that it needs no corpus; `tools/gallery.py` computes it. It is
derived from RAVDESS (Livingstone & Russo 2018), so it is CC BY-NC-SA 4.0 like the corpus.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ser_core.runtime.places import DATA

GALLERY = DATA / "gallery.npz"
N_COLUMNS = 96
GENDERS = {"F": "female", "M": "male"}


@dataclass(frozen=True, eq=False)
class MeanVoice:
    """The mean of all clips of one emotion and gender.

    Attributes:
        picture: mean level in dB below the loud frames, shape `(n_mels, N_COLUMNS)`; every clip is
            stretched to the same length first, from its first to its last sound.
        clips: number of clips.
        duration_s: mean length of their sounding part.
    """

    label: str
    gender: str
    picture: np.ndarray
    clips: int
    duration_s: float


@cache
def gallery() -> tuple[MeanVoice, ...]:
    """The mean spectrograms shipped with SER Lab, in steps of half a dB."""
    with np.load(GALLERY) as stored:
        return tuple(
            MeanVoice(str(label), str(gender), picture / 2, int(clips), float(duration_s))
            for label, gender, picture, clips, duration_s in zip(
                *(stored[name] for name in ("label", "gender", "half_db", "clips", "duration_s")),
                strict=True,
            )
        )
