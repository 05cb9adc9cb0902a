"""How far down a probability counts when a speaker is learned, chosen on other actors.

    python -m tools.adaptation_choice whisper se-resnet
    python -m tools.adaptation_choice whisper --corpus etodkorean --data "$SER_DATA"

From the stored answers of the models' recipes, in a minute. Each row is a fold of
`actors-5fold`: the mean gain of its test actors (points of UAR, over all draws of a speaker's
recordings without labels) with each least probability, and what the *other* folds choose for it.
The second form is about a corpus that the models never heard.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from ser_core.adaptation import learning
from ser_core.corpora.readers import read_corpora
from ser_core.evaluation.adapted import (
    TAKES,
    WITHOUT_LABELS,
    KnownTake,
    draw_scores,
    known_takes,
    stored_folds,
)
from ser_core.evaluation.measurement import possible_labels, predictions
from ser_core.models.card import Draw
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import ZOO, load_model

PROTOCOL = "actors-5fold"
CANDIDATES = (1e-6, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


def gains(name: str) -> np.ndarray:
    """Mean gain of each fold with each candidate, in points, shape `(n_folds, n_candidates)`."""
    recognizer = load_model(name)
    folds = stored_folds(recognizer, ZOO / name / predictions(PROTOCOL), PROTOCOL)
    draws: list[tuple[Draw, int]]
    draws = [(d, k) for d in WITHOUT_LABELS if d != "mixed-speakers" for k in TAKES[d] if k]
    return np.array([_gains(recognizer, takes, draws) for takes in folds])


def gains_on(corpus: str, name: str, data: Path) -> np.ndarray:
    """The same for all speakers of a corpus together, shape `(1, n_candidates)`."""
    recognizer, utterances = load_model(name), read_corpora(data, [corpus])
    task = recognizer.card.task if recognizer.card else ""
    takes = known_takes(recognizer, utterances, task)
    only = possible_labels(utterances, task)
    return np.array([_gains(recognizer, takes, [("any", 4), ("any", 8)], only)])


def _gains(
    recognizer: Recognizer,
    takes: Sequence[KnownTake],
    draws: Sequence[tuple[Draw, int]],
    only: Collection[str] | None = None,
) -> list[float]:
    means = []
    for learning.LEAST_PROBABILITY in CANDIDATES:
        scores = [draw_scores(recognizer, takes, k, draw, only) for draw, k in draws]
        means.append(100 * float(np.mean([of[:, 1] - of[:, 0] for of in scores])))
    return means


def show(name: str, table: np.ndarray) -> None:
    """The table, with what the other folds choose for each one."""
    print(_head(name) + "   chosen for it")
    for fold, row in enumerate(table):
        chosen = int(np.delete(table, fold, axis=0).mean(axis=0).argmax())
        print(_line(f"fold {fold}", row) + f"   {CANDIDATES[chosen]:g}: {row[chosen]:+.2f}")
    print(_line("mean", table.mean(axis=0)))


def _head(name: str) -> str:
    return f"{name:<10}" + "".join(f"{least:>9g}" for least in CANDIDATES)


def _line(name: str, values: Sequence[float] | np.ndarray) -> str:
    return f"{name:<10}" + "".join(f"{value:>+9.2f}" for value in values)


def main() -> None:
    """Print a table for each model, and one for all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--corpus", help="of which the models never heard anything")
    parser.add_argument("--data", type=Path, help="folder of the corpora")
    options = parser.parse_args()
    if options.corpus:
        for name in options.models:
            print(_head(options.corpus))
            print(_line(name, gains_on(options.corpus, name, options.data)[0]))
        return
    tables = {name: gains(name) for name in options.models}
    for name, table in tables.items():
        show(name, table)
    if len(tables) > 1:
        show("all", np.mean([*tables.values()], axis=0))


if __name__ == "__main__":
    main()
