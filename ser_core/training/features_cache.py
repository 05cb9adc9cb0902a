"""Log-mels of a corpus, computed once, in parallel, and kept in a folder: one file per speaker.

In it, one's own recordings go by the hash of their bytes: their names are those of others, too.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.parse import quote

import msgspec
import numpy as np

from ser_core.corpora.readers import OWN, load_bytes, load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.features.log_mel import LogMel
from ser_core.runtime.cores import available_cores
from ser_core.runtime.progress import SILENT, Progress


def log_mels(
    utterances: Sequence[Utterance],
    settings: LogMel,
    cache: Path,
    progress: Progress = SILENT,
) -> list[np.ndarray]:
    """Log-mel spectrograms in the order of the utterances; what the cache lacks is computed.

    Args:
        cache: folder; `settings.json` in it names the settings its files were made with.
        progress: steps by speakers.

    Returns:
        dB, float16, each `(n_mels, n_frames)`; untrimmed.

    Raises:
        ValueError: the cache was made with other settings.
        AudioError: a file cannot be decoded (`prepare` lists such files).
    """
    cache.mkdir(parents=True, exist_ok=True)
    stamp, text = cache / "settings.json", json.dumps(msgspec.to_builtins(settings))
    if stamp.is_file() and stamp.read_text() != text:
        raise ValueError(f"{cache} holds features of other settings. Name another folder.")
    if not stamp.is_file():
        unfinished = stamp.with_suffix(f".{os.getpid()}.tmp")  # runs may share the folder
        unfinished.write_text(text)
        unfinished.replace(stamp)

    speakers: dict[str, list[Utterance]] = defaultdict(list)
    for utterance in utterances:
        speakers[utterance.speaker_id].append(utterance)
    by_file: dict[tuple[str, str], np.ndarray] = {}
    with ProcessPoolExecutor(available_cores()) as pool:
        jobs = [
            pool.submit(_speaker_log_mels, items, settings, _file(cache, items[0]))
            for items in speakers.values()
        ]
        for done, ((speaker, items), job) in enumerate(
            zip(speakers.items(), jobs, strict=True), start=1
        ):
            job.result()
            with np.load(_file(cache, items[0])) as stored:
                for item in items:
                    by_file[speaker, item.file] = stored[_key(item)]
            progress.step(done, len(jobs))
    return [by_file[utterance.speaker_id, utterance.file] for utterance in utterances]


def _file(cache: Path, utterance: Utterance) -> Path:
    """Where the speaker of an utterance is kept."""
    return cache / utterance.corpus / f"{quote(utterance.speaker, safe='')}.npz"


def _key(utterance: Utterance) -> str:
    if utterance.corpus != OWN:
        return utterance.file
    return hashlib.sha256(load_bytes(utterance)).hexdigest()


def _speaker_log_mels(utterances: list[Utterance], settings: LogMel, path: Path) -> None:
    """Write the file of one speaker, unless it already holds all of these utterances."""
    stored: dict[str, np.ndarray] = {}
    keys = [_key(utterance) for utterance in utterances]
    if path.is_file():
        with np.load(path) as archive:
            if set(archive.files) >= {*keys}:
                return
            stored = dict(archive)
    for key, utterance in zip(keys, utterances, strict=True):
        if key not in stored:
            stored[key] = settings(load_clip(utterance).waveform).astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".tmp.npz")
    np.savez(unfinished, **stored)  # type: ignore[arg-type]
    unfinished.replace(path)  # a stopped run never leaves half a file behind
