"""Which clips a model was trained on, so that none of them is mistaken for a test."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

from ser_core.audio.decoding import AudioError
from ser_core.corpora.identity import Fingerprints, as_text, fingerprint, from_text
from ser_core.corpora.public_names import public_name
from ser_core.corpora.readers import EVERYTHING, load_clip
from ser_core.corpora.utterance import Utterance
from ser_core.features.source import Source
from ser_core.runtime.cores import available_cores

HEARD = "heard.txt"


@dataclass(frozen=True)
class Training:
    """What a model was trained on: `corpus/file`, and how it sounds."""

    files: Collection[str] = frozenset()
    fingerprints: Fingerprints = field(default_factory=lambda: Fingerprints(()))

    @classmethod
    def of(cls, model_folder: Path) -> Training:
        """The training of a model of the zoo."""
        return _training(model_folder, _modified_ns(model_folder / HEARD))

    def names(self, name: str) -> bool:
        """Whether a file of this name was used in training."""
        return is_training_file(name, self.files)

    def sounds_like(self, fingerprint: bytes) -> bool:
        """Whether a recording of this fingerprint was used in training."""
        return self.fingerprints.include(fingerprint)

    def includes(self, source: Source) -> bool:
        """Whether a recording was used in training, by its name or its sound.

        Raises:
            AudioError: as in `Source.clip`.
        """
        clip = source.clip
        sound = clip is not None and self.sounds_like(fingerprint(clip.waveform))
        return sound or self.names(source.name)


@lru_cache(maxsize=16)
def _training(model_folder: Path, modified_ns: int) -> Training:
    # Kept, since unpacking thousands of fingerprints takes longer than an answer.
    return Training(heard_in_training(model_folder), training_fingerprints(model_folder))


def _modified_ns(file: Path) -> int:
    return file.stat().st_mtime_ns if file.is_file() else 0


def heard_in_training(model_folder: Path) -> frozenset[str]:
    """`corpus/file` of the training and validation clips of a model of the zoo."""
    return frozenset(name for name, _ in _lines(model_folder))


def training_fingerprints(model_folder: Path) -> Fingerprints:
    """Fingerprints of the same clips, which recognize them under any name."""
    return Fingerprints(from_text(text) for _, text in _lines(model_folder))


def _lines(model_folder: Path) -> list[tuple[str, str]]:
    """Names and fingerprints; a list from elsewhere may have names alone."""
    file = model_folder / HEARD
    lines = file.read_text(encoding="utf-8").split("\n") if file.is_file() else []
    return [(name, text) for name, _, text in (line.partition("\t") for line in lines) if name]


def is_training_file(name: str, training_files: Collection[str]) -> bool:
    """Whether a file of this name, with or without folders, was used in training.

    Files of known corpora are identified by their name alone, one's own by their path.

    Args:
        training_files: as returned by `heard_in_training`.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    parts = (*path.parent.parts, path.stem)
    places = ["/".join(parts[i:]) for i in range(len(parts))]
    public = public_name(path)  # also of a copy: `… (1).wav`
    if public and f"{public.corpus}/{public.file}" in training_files:
        return True
    return any(f"{corpus}/{place}" in training_files for corpus in EVERYTHING for place in places)


def write_heard(model_folder: Path, utterances: Iterable[Utterance]) -> None:
    """Write the list of a model's training and validation clips beside it, with fingerprints."""
    named = {f"{u.corpus}/{u.file}": u for u in utterances}
    write_lines(model_folder, fingerprints_of(named))


def write_lines(model_folder: Path, fingerprints: Mapping[str, str]) -> None:
    """Write names and fingerprints; these may be empty."""
    lines = [f"{name}\t{text}".rstrip("\t") for name, text in sorted(fingerprints.items())]
    (model_folder / HEARD).write_text("\n".join(lines) + "\n", encoding="utf-8")


def fingerprints_of(utterances: Mapping[str, Utterance]) -> dict[str, str]:
    """Fingerprints as text; empty for what cannot be read."""
    with ThreadPoolExecutor(available_cores()) as pool:
        return dict(zip(utterances, pool.map(_fingerprint, utterances.values()), strict=True))


def _fingerprint(utterance: Utterance) -> str:
    try:
        return as_text(fingerprint(load_clip(utterance).waveform))
    except AudioError:
        return ""
