"""Recordings that are unfit for training: unreadable, silent, too short, voiceless or duplicate.

Silent, too short, no voice and clipped mean the same as in the recognizer.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ser_core.audio.decoding import AudioError
from ser_core.corpora.identity import Identity, Recordings
from ser_core.corpora.readers import load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.sound_check import sound_status
from ser_core.runtime.cores import available_cores
from ser_core.runtime.progress import SILENT, Progress


@dataclass(frozen=True)
class CleanReport:
    """The result of the checks; every part in the order of the utterances.

    Attributes:
        usable: utterances to train on.
        unreadable: with the reason; left out.
        silent: left out.
        too_short: too little sound; left out.
        no_voice: sound, but nobody speaks; left out.
        duplicates: (left out, original): the same recording in two files, also re-encoded.
        clipped: overdriven, but usable.
    """

    usable: tuple[Utterance, ...]
    unreadable: tuple[tuple[Utterance, str], ...] = ()
    silent: tuple[Utterance, ...] = ()
    too_short: tuple[Utterance, ...] = ()
    no_voice: tuple[Utterance, ...] = ()
    duplicates: tuple[tuple[Utterance, Utterance], ...] = ()
    clipped: tuple[Utterance, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of utterances in each part."""
        return {name: len(part) for name, part in vars(self).items()}

    def write_csv(self, path: Path) -> None:
        """List every recording with a finding, and its detail."""
        rows = [(u, "unreadable", reason) for u, reason in self.unreadable]
        rows += [(u, "duplicate", f"same as {original.file}") for u, original in self.duplicates]
        for finding in ("silent", "too_short", "no_voice", "clipped"):
            rows += [(u, finding, "") for u in getattr(self, finding)]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("corpus", "file", "path", "finding", "detail"))
            writer.writerows((u.corpus, u.file, u.path, *cells) for u, *cells in rows)


def clean(utterances: Iterable[Utterance], progress: Progress = SILENT) -> CleanReport:
    """Decode and check every utterance, in as many threads as there are cores.

    Args:
        utterances: what to check.
        progress: steps by utterances.
    """
    utterances = list(utterances)
    usable, clipped = [], []
    left_out: dict[str, list[Utterance]] = {"silent": [], "too_short": [], "no_voice": []}
    unreadable: list[tuple[Utterance, str]] = []
    duplicates: list[tuple[Utterance, Utterance]] = []
    recordings: Recordings[Utterance] = Recordings()
    # Threads: decoding, resampling and the transform are C code that releases the lock.
    with ThreadPoolExecutor(available_cores()) as pool:
        checks = zip(utterances, pool.map(_check, utterances), strict=True)
        for done, (utterance, (status, identity)) in enumerate(checks, start=1):
            if isinstance(identity, str):
                unreadable.append((utterance, identity))
            elif status in left_out:
                left_out[status].append(utterance)
            elif original := recordings.original_of(identity, lambda _: True):
                duplicates.append((utterance, original))
            else:
                recordings.add(identity, utterance)
                usable.append(utterance)
                if status == "clipped":
                    clipped.append(utterance)
            progress.step(done, len(utterances))
    return CleanReport(
        usable=tuple(usable),
        unreadable=tuple(unreadable),
        silent=tuple(left_out["silent"]),
        too_short=tuple(left_out["too_short"]),
        no_voice=tuple(left_out["no_voice"]),
        duplicates=tuple(duplicates),
        clipped=tuple(clipped),
    )


def _check(utterance: Utterance) -> tuple[str, Identity | str]:
    """Status of an utterance, and the reason if it is unreadable, else its identity."""
    try:
        clip = load_clip(utterance)
    except AudioError as error:
        return "unreadable", str(error)
    return sound_status(Spectrogram.of(clip, LogMel())), Identity.of(clip)
