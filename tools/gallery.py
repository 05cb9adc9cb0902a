"""Recompute the mean spectrograms of the walkthrough from RAVDESS.

    python -m tools.gallery DATA

reads the spoken clips of the training part of `actors-5fold`, fold 0, and writes
`ser_core/data/gallery.npz`.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ser_core.corpora.protocols import split
from ser_core.corpora.readers import load_clip, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram, level_db
from ser_core.walkthrough.gallery import GALLERY, N_COLUMNS, MeanVoice


def mean_voices(utterances: Iterable[Utterance], settings: LogMel) -> list[MeanVoice]:
    """Mean spectrogram of each emotion and gender among the utterances.

    Raises:
        AudioError: a file cannot be decoded.
    """
    pictures: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    lengths: dict[tuple[str, str], list[int]] = defaultdict(list)
    for utterance in utterances:
        # Trimmed by level alone, as for training.
        spectrogram = Spectrogram(settings(load_clip(utterance).waveform), settings)
        first, last = spectrogram.sounding_frames
        key = utterance.label, utterance.gender
        lengths[key].append(last - first)
        pictures[key].append(stretched(spectrogram.log_mel[:, first:last], settings))
    return [
        MeanVoice(
            *key,
            np.mean(log_mels, axis=0),
            len(log_mels),
            float(np.mean(lengths[key]) / settings.frames_per_s),
        )
        for key, log_mels in pictures.items()
    ]


def stretched(log_mel: np.ndarray, settings: LogMel) -> np.ndarray:
    """A spectrogram in `N_COLUMNS` columns, in dB relative to its loud frames, at least the floor.

    Args:
        log_mel: dB, shape `(n_mels, n_frames)`.
    """
    relative = np.maximum(log_mel - level_db(log_mel), -settings.floor_db)
    columns = np.linspace(0, relative.shape[1] - 1, N_COLUMNS)
    left = np.minimum(columns.astype(int), relative.shape[1] - 2)
    share = columns - left
    return (1 - share) * relative[:, left] + share * relative[:, left + 1]


def write(voices: Iterable[MeanVoice], path: Path) -> None:
    """Store mean spectrograms, rounded to half a dB."""
    voices = list(voices)
    np.savez_compressed(
        path,
        label=[voice.label for voice in voices],
        gender=[voice.gender for voice in voices],
        half_db=np.stack([np.round(2 * voice.picture) for voice in voices]).astype(np.int16),
        clips=[voice.clips for voice in voices],
        duration_s=np.round([voice.duration_s for voice in voices], 3),
    )


if __name__ == "__main__":
    train = split("actors-5fold", read_corpora(sys.argv[1], ["ravdess"])).train
    spoken = [utterance for utterance in train if utterance.channel == "speech"]
    write(mean_voices(spoken, LogMel()), GALLERY)
