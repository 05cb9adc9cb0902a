"""A small RAVDESS of synthetic voices, for what needs a corpus but not real speech."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from tests.voices import voice, wav

PITCH_HZ = {"01": 120, "03": 240, "04": 90, "05": 300}
"""Emotion codes (neutral, happy, sad, angry) and how the synthetic actors say them."""


def write_ravdess(folder: Path, actors: range = range(1, 25)) -> Path:
    """Write 8 clips per actor under RAVDESS names, in its public layout; returns `folder`."""
    for actor in actors:
        place = folder / f"Actor_{actor:02d}"
        place.mkdir(parents=True)
        for (emotion, pitch_hz), take in product(PITCH_HZ.items(), ("01", "02")):
            waveform = voice(0.8, pitch_hz * (1 + actor / 100), seed=actor + 100 * int(take))
            name = f"03-01-{emotion}-01-01-{take}-{actor:02d}.wav"
            (place / name).write_bytes(wav(waveform))
    return folder
