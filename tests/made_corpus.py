"""A small RAVDESS of synthetic voices, for what needs a corpus but not real speech."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from tools.voices import voice, wav

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


def write_own(
    folder: Path, speakers: tuple[str, ...] = ("ann", "bob", "cid", "dee", "eva")
) -> Path:
    """Write 12 clips per speaker in folders named after emotion and speaker; returns `folder`."""
    for number, speaker in enumerate(speakers):
        for (emotion, pitch_hz), take in product({"happy": 240, "sad": 90}.items(), range(6)):
            place = folder / emotion / speaker
            place.mkdir(parents=True, exist_ok=True)
            waveform = voice(0.8, pitch_hz * (1 + number / 50), seed=number + 10 * take)
            (place / f"{take}.wav").write_bytes(wav(waveform))
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
            waveform = voice(0.8, pitch_hz * (1 + number / 50), seed=number + 10 * take)
            (folder / f"{speaker}_{emotion}_{take}.wav").write_bytes(wav(waveform))
    return folder
