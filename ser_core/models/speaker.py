"""What a model has learned of one speaker, and how that corrects its answers to the voice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from ser_core.inference.network import ModelError
from ser_core.models.signature import wrong_field

_VERSION = 1
_MAX_BYTES = 4_000_000  # ten times that of the largest network and vocabulary of the zoo
_MAX_VALUE = 1e6  # beyond anything learned; larger ones would overflow in the softmax
_MAX_WORD = 40


def own_word(text: str) -> str:
    """A speaker's own label: letters, digits, spaces, `-` and `'`, at most 40 of them.

    These mean nothing in Markdown or HTML, where a label may be written.
    """
    kept = "".join(c if c.isalnum() or c in " -'" else " " for c in text)
    return " ".join(kept.split())[:_MAX_WORD].strip()


class SpeakerError(ModelError):
    """A speaker cannot be used; the message says why and what to do next."""


@dataclass(frozen=True, eq=False)
class SpeakerHead:
    """A linear layer that adds to the logits, fitted on labeled takes of the speaker.

    Attributes:
        labels: the model's own, or the speaker's own words.
        mean: of the embeddings of the takes, shape `(n_embedding,)`.
        weight: shape `(n_labels, n_embedding)`.
    """

    labels: tuple[str, ...]
    mean: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True, eq=False)
class Speaker:
    """What a model has learned of one speaker.

    Attributes:
        model: name of the model.
        sha256: of its weights: what was learned fits no other.
        n_takes: recordings learned from.
        offset: subtracted from the logits, shape `(n_labels,)`.
        head: what labeled takes add; None without labels.
    """

    model: str
    sha256: str
    n_takes: int
    offset: np.ndarray
    head: SpeakerHead | None = None

    def labels(self, of_model: tuple[str, ...]) -> tuple[str, ...]:
        """What the model answers with: its own labels, or the speaker's words."""
        return self.head.labels if self.head else of_model

    def logits(
        self, logits: np.ndarray, embedding: np.ndarray, of_model: tuple[str, ...]
    ) -> np.ndarray:
        """Corrected logits, one for each of `labels`.

        Args:
            logits: of the model, shape `(len(of_model),)`.
            embedding: shape `(n_embedding,)`.

        Raises:
            SpeakerError: the speaker belongs to another network.
        """
        head = self.head
        if len(logits) != len(self.offset) or (head and len(embedding) != len(head.mean)):
            raise SpeakerError(
                f"This speaker was learned with another network than {self.model} is now. Teach "
                "the voice again."
            )
        corrected = logits - self.offset
        if head is None:
            return corrected
        addition = head.weight @ (embedding - head.mean)
        return corrected + addition if head.labels == of_model else addition

    def save(self, path: Path) -> None:
        """Write a small JSON file; it holds no sound.

        Raises:
            OSError: the file cannot be written.
        """
        path.write_bytes(self.to_json())

    def to_json(self) -> bytes:
        """Inverse of `from_json`."""
        head = None
        if self.head is not None:
            rows = [_short(row) for row in self.head.weight]
            head = _HeadFile(self.head.labels, _short(self.head.mean), rows)
        return msgspec.json.encode(
            _SpeakerFile(_VERSION, self.model, self.sha256, self.n_takes, _short(self.offset), head)
        )

    @classmethod
    def from_json(cls, data: bytes) -> Speaker:
        """Read what `to_json` wrote.

        Raises:
            SpeakerError: not a speaker file, or a damaged one.
        """
        advice = "Teach the voice again, and save it anew."
        if len(data) > _MAX_BYTES:
            raise SpeakerError(f"A speaker file is not that large. {advice}")
        try:
            file = msgspec.json.decode(data, type=_SpeakerFile)
        except (ValueError, RecursionError) as error:
            raise SpeakerError(
                f"This is not a valid speaker file: {wrong_field(error)}. {advice}"
            ) from error
        if file.version != _VERSION:
            raise SpeakerError(f"The speaker file comes from another version. {advice}")
        offset, head = np.array(file.offset), None
        values = [offset]
        if file.head is not None:
            mean, weight = np.array(file.head.mean), np.array(file.head.weight)
            head = SpeakerHead(file.head.labels, mean, weight)
            values += [mean, weight]
        if not all(np.abs(v).max(initial=0.0) < _MAX_VALUE for v in values):
            raise SpeakerError(f"The speaker file has values that were never learned. {advice}")
        return cls(file.model, file.sha256, file.n_takes, offset, head)

    @classmethod
    def from_file(cls, path: Path) -> Speaker:
        """Read a speaker file.

        Raises:
            SpeakerError: it cannot be read, or is not a valid one.
        """
        try:
            return cls.from_json(path.read_bytes())
        except OSError as error:
            raise SpeakerError(f"{path} cannot be read: {error.strerror}.") from error


class _HeadFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    labels: tuple[str, ...]
    mean: list[float]
    weight: list[list[float]]

    def __post_init__(self) -> None:
        if not 2 <= len(self.labels) == len({*self.labels}) == len(self.weight):
            raise ValueError("head: expected a row of weights for each of two or more labels")
        if not all(label and label == own_word(label) for label in self.labels):
            raise ValueError(f"head: expected labels of letters, at most {_MAX_WORD}")
        if any(len(row) != len(self.mean) for row in self.weight):
            raise ValueError("head: expected as many weights as the mean has values")


class _SpeakerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    model: str
    sha256: str
    n_takes: int
    offset: list[float]
    head: _HeadFile | None = None


def _short(values: np.ndarray) -> list[float]:
    """Six digits are more than any answer depends on."""
    return [float(f"{value:.6g}") for value in values]
