"""Recordings of one speaker, with or without labels, to teach a model this voice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ser_core.corpora.files import files_in
from ser_core.corpora.labels import read_labels
from ser_core.corpora.readers import read
from ser_core.corpora.utterance import CorpusError

_MOST_NAMES = 6


@dataclass(frozen=True)
class OneSpeaker:
    """Recordings of one speaker.

    Attributes:
        recordings: path (inside a zip file, `archive.zip!member`) and label; it is empty where no
            recording has one.
        lines: what was read and what was left out.
    """

    recordings: list[tuple[Path, str]]
    lines: list[str]


def read_speaker(place: str | Path, who: str | None = None) -> OneSpeaker:
    """Read the recordings of one speaker: with labels where any has one, else without.

    Args:
        place: a folder or a zip file.
        who: which speaker, where the recordings name several.

    Raises:
        CorpusError: no such place or speaker, no recordings, or several speakers.
    """
    place = Path(place)
    files = files_in(place)
    labels = read_labels(files)
    if not (labels.utterances or labels.faults):
        if who is not None:
            raise CorpusError(f"The recordings in {place} name no speaker. Leave out --who.")
        if not files.recordings:
            raise CorpusError(f"{place} contains no recordings. Choose another folder.")
        left_out = [f"  {len(names)} {reason}" for reason, names in files.left_out.items()]
        line = f"{len(files.recordings)} recordings without labels."
        return OneSpeaker([(file.path, "") for file in files.recordings], [line, *left_out])
    reading = read(place)
    names = sorted({u.speaker for u in reading.utterances})
    if who is None and len({u.speaker_id for u in reading.utterances}) > 1:
        shown = ", ".join(name or "unnamed" for name in names[:_MOST_NAMES])
        raise CorpusError(
            f"{place} names {len(names)} speakers ({shown}{', …' * (len(names) > _MOST_NAMES)}), "
            "and a speaker file is for one. Choose one with --who."
        )
    chosen = [u for u in reading.utterances if who in (None, u.speaker)]
    if not chosen:
        raise CorpusError(f"{place} names no speaker {who!r}. Choose from: {', '.join(names)}.")
    return OneSpeaker([(u.path, u.label) for u in chosen], reading.report.lines())
