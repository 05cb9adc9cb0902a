"""One recorded utterance of a corpus and what its corpus says about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


class CorpusError(ValueError):
    """The recordings cannot be read or used this way; the message says what to do next."""


@dataclass(frozen=True)
class Utterance:
    """A file of a corpus; strings are empty where the corpus gives no information.

    Attributes:
        file: name within its corpus, the same in every layout: no suffix and, except for one's
            own recordings, no folder.
        path: path of the audio; inside a zip file, `archive.zip!member`.
        corpus: `ravdess`, `nemo`, …; `own` for one's own recordings.
        speaker: name within the corpus; actors of RAVDESS are `01` to `24`.
        gender: `F`, `M` or empty.
        label: one of `ser_core.models.labels.EMOTIONS`.
        channel: `speech` or `song`.
        intensity: `normal`, `strong` or empty.
        statement: code of the sentence.
        repetition: code of the take.
        label_origin: where the label comes from, such as `folder`; for reports, so two utterances
            are equal whatever it says.
        speaker_origin: where the speaker comes from.
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
    label_origin: str = field(default="", compare=False)
    speaker_origin: str = field(default="", compare=False)

    @property
    def speaker_id(self) -> str:
        """The speaker's name across corpora."""
        return f"{self.corpus}/{self.speaker}"

    @property
    def take_group(self) -> str:
        """A key shared by all takes of one sentence by one speaker with one emotion."""
        return "/".join((self.speaker_id, self.channel, self.label, self.intensity, self.statement))
