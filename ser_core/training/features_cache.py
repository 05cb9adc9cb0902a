"""Log-mels of a corpus, computed once, in parallel, and kept in a folder: one file per speaker."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ser_core.cores import available_cores
from ser_core.corpora.readers import load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.features import LogMel


def log_mels(
    utterances: Sequence[Utterance],
    settings: LogMel,
    cache: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[np.ndarray]:
    """Log-mel spectrograms in the order of the utterances; what the cache lacks is computed.

    Args:
        cache: folder; `settings.json` in it names the settings its files were made with.
        progress: called with (speakers done, all speakers).

    Returns:
        dB, float16, each `(n_mels, n_frames)`; untrimmed.

    Raises:
        ValueError: the cache was made with other settings.
        AudioError: a file cannot be decoded (`prepare` lists such files).
    """
    cache.mkdir(parents=True, exist_ok=True)
    stamp, text = cache / "settings.json", json.dumps(asdict(settings))
    if stamp.is_file() and stamp.read_text() != text:
        raise ValueError(f"{cache} holds features of other settings. Name another folder.")
    stamp.write_text(text)

    speakers: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        speakers[utterance.speaker_id].append(utterance)
    found: dict[tuple[str, str], np.ndarray] = {}
    with ProcessPoolExecutor(available_cores()) as pool:
        jobs = [
            pool.submit(_speaker_log_mels, items, settings, cache / f"{speaker}.npz")
            for speaker, items in speakers.items()
        ]
        for done, ((speaker, items), job) in enumerate(
            zip(speakers.items(), jobs, strict=True), start=1
        ):
            job.result()
            with np.load(cache / f"{speaker}.npz") as stored:
                for item in items:
                    found[speaker, item.file] = stored[item.file]
            progress(done, len(jobs))
    return [found[utterance.speaker_id, utterance.file] for utterance in utterances]


def _speaker_log_mels(utterances: list[Utterance], settings: LogMel, path: Path) -> None:
    """Write the file of one speaker, unless it already holds all of these utterances."""
    stored: dict[str, np.ndarray] = {}
    if path.is_file():
        with np.load(path) as archive:
            if set(archive.files) >= {u.file for u in utterances}:
                return
            stored = dict(archive)
    for utterance in utterances:
        if utterance.file not in stored:
            stored[utterance.file] = settings(load_clip(utterance).waveform).astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp.npz")
    np.savez(unfinished, **stored)  # type: ignore[arg-type]
    unfinished.replace(path)  # a stopped run never leaves half a file behind
