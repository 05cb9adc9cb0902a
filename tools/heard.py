"""Write the fingerprints of their training clips into the `heard.txt` of all models again.

    python -m tools.heard

Reads the corpora in `$SER_DATA`. A clip that is not there keeps its name without a fingerprint.
Models that are converted from now on get theirs at once.
"""

from __future__ import annotations

from ser_core.corpora.readers import EVERYTHING, default_data, read_corpora
from ser_core.evaluation.heard_in_training import (
    HEARD,
    fingerprints_of,
    heard_in_training,
    write_lines,
)
from ser_core.models.zoo import ZOO


def main() -> None:
    folders = sorted(path.parent for path in ZOO.glob(f"*/{HEARD}"))
    names = {folder: heard_in_training(folder) for folder in folders}
    wanted = frozenset().union(*names.values())
    utterances = {f"{u.corpus}/{u.file}": u for u in read_corpora(default_data(), EVERYTHING)}
    fingerprints = fingerprints_of({n: u for n, u in utterances.items() if n in wanted})
    for folder in folders:
        write_lines(folder, {name: fingerprints.get(name, "") for name in names[folder]})
        missing = sum(name not in fingerprints for name in names[folder])
        print(f"{folder.name}: {len(names[folder])} clips, {missing} without a fingerprint")


if __name__ == "__main__":
    main()
