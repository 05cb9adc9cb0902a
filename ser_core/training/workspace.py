"""Where a training works: the folders that it reads and writes, and what it computes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workspace:
    """Where a training works.

    Attributes:
        data: folder of corpora, or one corpus.
        features: folder of the feature cache.
        runs: folder of the runs. They lie side by side, so that one finds those it needs.
        device: `cpu` or `cuda`.
        published: weights that others trained, a file or a folder of them; None for those of
            `SER_WEIGHTS`, or to download them.
    """

    data: Path
    features: Path
    runs: Path
    device: str = "cpu"
    published: Path | None = None
