"""A small RAVDESS of synthetic voices, for what needs a corpus but not real speech."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from tools.voices import voice, wav

PITCH_HZ = {"01": 120, "03": 240, "04": 90, "05": 300}
"""Emotion codes (neutral, happy, sad, angry) and how the synthetic actors say them."""


def _say(pitch_hz: float, speaker: int, take: int) -> bytes:
    """A synthetic recording; each speaker and take has a rhythm and melody of vowels of its own."""
    rng = np.random.default_rng((speaker, take, round(pitch_hz)))
    vowels = "".join(rng.choice(list("aiu"), 7))
    rhythm = float(rng.uniform(5, 12))
    return wav(voice(0.8, pitch_hz, vowels, rhythm, seed=speaker + 100 * take))


def write_ravdess(folder: Path, actors: range = range(1, 25)) -> Path:
    """Write 8 clips per actor under RAVDESS names, in its public layout; returns `folder`."""
    for actor in actors:
        place = folder / f"Actor_{actor:02d}"
        place.mkdir(parents=True)
        for (emotion, pitch_hz), take in product(PITCH_HZ.items(), ("01", "02")):
            name = f"03-01-{emotion}-01-01-{take}-{actor:02d}.wav"
            (place / name).write_bytes(_say(pitch_hz * (1 + actor / 100), actor, int(take)))
    return folder


def write_own(
    folder: Path, speakers: tuple[str, ...] = ("ann", "bob", "cid", "dee", "eva")
) -> Path:
    """Write 12 clips per speaker in folders named after emotion and speaker; returns `folder`."""
    for number, speaker in enumerate(speakers):
        for (emotion, pitch_hz), take in product({"happy": 240, "sad": 90}.items(), range(6)):
            place = folder / emotion / speaker
            place.mkdir(parents=True, exist_ok=True)
            data = _say(pitch_hz * (1 + number / 50), number, take)
            (place / f"{take}.wav").write_bytes(data)
    return folder


def write_nemo(
    folder: Path, speakers: tuple[str, ...] = ("EB0", "IC0", "JM1", "KC1", "KD0")
) -> Path:
    """Write 6 clips per speaker under the names of nEMO; returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, speaker in enumerate(speakers):
        for (emotion, pitch_hz), take in product(
            {"neutral": 120, "happiness": 240, "sadness": 90}.items(), (1, 2)
        ):
            data = _say(pitch_hz * (1 + number / 50), 50 + number, take)
            (folder / f"{speaker}_{emotion}_{take}.wav").write_bytes(data)
    return folder
