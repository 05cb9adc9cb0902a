"""Measure the shipped files again, after a change to what every model does.

python -m tools.measure --data "$SER_DATA"            all models
python -m tools.measure --data "$SER_DATA" tcn cnn    some of them

Then `python -m tools.tables`. Figures of a recipe stay: their networks are not in the repository.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ser_core.corpora.protocols import split
from ser_core.corpora.readers import read_corpora
from ser_core.evaluation.measurement import measure
from ser_core.models.zoo import ZOO, list_models

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora")
    parser.add_argument("models", nargs="*", help="names; all by default")
    options = parser.parse_args()
    for card in list_models():
        if options.models and card.name not in options.models:
            continue
        training = card.training
        utterances = read_corpora(options.data)
        test = split(training.protocol, utterances, training.fold, training.seed).test
        print(card.name, len(test), flush=True)
        measure(card, test, ZOO, options.data)
        (ZOO / card.name / "card.json").write_text(card.to_json(), encoding="utf-8")
