"""One recorded utterance of a corpus and what its corpus says about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Utterance:
    """A file of a corpus; empty strings where the corpus does not say.

    Attributes:
        file: name within its corpus, the same in every layout: no suffix and, but for one's own
            recordings, no folder.
        path: where the audio lies; inside a zip file, `archive.zip!member`.
        corpus: `ravdess`, `nemo`, …; `own` for one's own recordings.
        speaker: within the corpus; actors of RAVDESS as `01` to `24`.
        gender: `F`, `M` or empty.
        label: in the words of `ser_core.models.labels.EMOTIONS`.
        channel: `speech` or `song`.
        intensity: `normal`, `strong` or empty.
        statement: which sentence.
        repetition: which take of it.
    """

    file: str
    path: Path
    corpus: str
    speaker: str
    gender: str
    label: str
    channel: str = "speech"
    intensity: str = ""
    statement: str = ""
    repetition: str = ""

    @property
    def speaker_id(self) -> str:
        """The speaker across corpora."""
        return f"{self.corpus}/{self.speaker}"

    @property
    def take_group(self) -> str:
        """The same for all takes of one sentence, said alike by one speaker."""
        return "/".join((self.speaker_id, self.channel, self.label, self.intensity, self.statement))
