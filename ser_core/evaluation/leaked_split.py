"""What known voices in a test set are worth: the same clips tested with networks that knew more and
more of their speakers. `tools/known_voices.py` measures the figures.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ser_core.corpora.protocols import split
from ser_core.corpora.utterance import Utterance
from ser_core.runtime.places import DATA

LEAKED_SPLIT = DATA / "leaked_split.csv"
N_ACTORS = 24
Role = Literal["train", "validation", "new", "known"]
"""Of an actor: trained on alone, validated on, tested without and with other clips in training."""


class LeakedSplitError(ValueError):
    """The figures cannot be read; the message says what to do next."""


@dataclass(frozen=True)
class LeakedFigure:
    """A network, tested on the same clips as the others.

    Attributes:
        share_known: of the test actors, from 0 to 1, those with other clips in the training set.
        uar, low, high: unweighted average recall and its 95 % interval.
        n_clips: number of test clips.
        command: measures it.
    """

    share_known: float
    uar: float
    low: float
    high: float
    accuracy: float
    n_clips: int
    command: str


def leaked_figures(file: Path = LEAKED_SPLIT) -> tuple[LeakedFigure, ...]:
    """The figures, from all voices new to all voices known; empty where none were measured.

    Raises:
        LeakedSplitError: the file is damaged.
    """
    if not file.is_file():
        return ()
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            figures = [_figure(row) for row in csv.DictReader(lines)]
    except (KeyError, TypeError, ValueError) as error:
        raise LeakedSplitError(
            f"{file.name} cannot be read. Measure it again: `python -m tools.known_voices`."
        ) from error
    return tuple(sorted(figures, key=lambda figure: figure.share_known))


def _figure(row: Mapping[str, str]) -> LeakedFigure:
    return LeakedFigure(
        float(row["share_known"]),
        float(row["uar"]),
        float(row["low"]),
        float(row["high"]),
        float(row["accuracy"]),
        int(row["n_clips"]),
        row["command"],
    )


def roles(share_known: float) -> dict[str, Role]:
    """What each actor of RAVDESS is there for, by the protocol of that share.

    Args:
        share_known: one of `protocols.KNOWN_VOICES`, as a fraction.
    """
    # The actors' places depend on their names alone, so a few clips of each stand for all.
    actors = {f"{number:02}": "FM"[number % 2] for number in range(1, N_ACTORS + 1)}
    stand_ins = [
        Utterance(f"{actor}-{clip}", Path(), "ravdess", actor, gender, "sad")
        for actor, gender in actors.items()
        for clip in range(40)
    ]
    parts = split(f"known-voices-{round(100 * share_known)}", stand_ins)
    train, validation, test = (
        {u.speaker for u in part} for part in (parts.train, parts.validation, parts.test)
    )
    found: dict[str, Role] = {}
    for speaker in actors:
        tested: Role = "known" if speaker in train else "new"
        alone: Role = "validation" if speaker in validation else "train"
        found[speaker] = tested if speaker in test else alone
    return found
