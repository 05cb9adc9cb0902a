"""Voices as points of a map: where a network's embedding puts them, in two dimensions.

The map lies beside a model's card; `training/voice_map_fit.py` fits it on training speakers, by
linear discriminant analysis (Fisher 1936), and stores where speakers that it was not fitted on come
to lie. It holds no sound. Placing a voice is one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

VOICE_MAP = "voice_map.npz"
"""Name of the file in a model's folder."""


class VoiceMapError(ValueError):
    """A map cannot be used; the message says what to do next."""


@dataclass(frozen=True, eq=False)
class VoiceMap:
    """A map, and the voices on it.

    Attributes:
        weights: shape `(n_embedding, 2)`.
        offset: added to the product, shape `(2,)`.
        points: shape `(n_voices, 2)`.
        files: names of the voices in their corpus.
        labels: the emotions that they played.
        speakers: who they are.
        of_weights: sha256 of the weights that the map belongs to.
    """

    weights: np.ndarray
    offset: np.ndarray
    points: np.ndarray
    files: tuple[str, ...]
    labels: tuple[str, ...]
    speakers: tuple[str, ...]
    of_weights: str

    def place(self, embedding: np.ndarray) -> np.ndarray:
        """Where voices lie.

        Args:
            embedding: shape `(…, n_embedding)`.

        Returns:
            Shape `(…, 2)`.
        """
        return embedding @ self.weights + self.offset

    def nearest(self, point: np.ndarray, n: int, without: str = "") -> list[int]:
        """The voices nearest to a point of the map, the nearest first.

        Args:
            without: file of a voice that does not count: the same one.
        """
        distances = np.linalg.norm(self.points - point, axis=1)
        distances[[file == without for file in self.files]] = np.inf
        order = np.argsort(distances, kind="stable")[:n]
        return [int(i) for i in order if np.isfinite(distances[i])]

    def write(self, folder: Path) -> None:
        """Store the map in a model's folder, in single precision."""
        np.savez_compressed(
            folder / VOICE_MAP,
            weights=self.weights.astype(np.float32),
            offset=self.offset.astype(np.float32),
            points=self.points.astype(np.float32),
            files=np.array(self.files),
            labels=np.array(self.labels),
            speakers=np.array(self.speakers),
            of_weights=np.array(self.of_weights),
        )


def read_voice_map(folder: Path, of_weights: str) -> VoiceMap | None:
    """The map in a model's folder; None where there is none.

    Args:
        of_weights: sha256 of the model's most exact weights.

    Raises:
        VoiceMapError: it is damaged, or belongs to other weights.
    """
    path = folder / VOICE_MAP
    if not path.is_file():
        return None
    again = f"Make it again: `python -m tools.voice_map {folder.name}`."
    try:
        with np.load(path, allow_pickle=False) as stored:
            files, labels, speakers = (
                tuple(map(str, stored[name])) for name in ("files", "labels", "speakers")
            )
            weights, offset, points = (stored[name] for name in ("weights", "offset", "points"))
            voices = VoiceMap(
                weights, offset, points, files, labels, speakers, str(stored["of_weights"])
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise VoiceMapError(f"The voice map of {folder.name} cannot be read. {again}") from error
    if voices.of_weights != of_weights:
        raise VoiceMapError(f"The voice map of {folder.name} belongs to other weights. {again}")
    return voices
