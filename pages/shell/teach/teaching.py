"""The takes of this session, and what models learn from them; in its memory alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ser_core.adaptation.concerns import concerns
from ser_core.adaptation.gain import Gain, gain
from ser_core.adaptation.learning import learn
from ser_core.adaptation.takes import Take
from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.audio.encoding import flac_bytes
from ser_core.evaluation.batch import printable
from ser_core.features.source import Source
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.models.speaker import Speaker, SpeakerError

MAX_TAKES = 40
MAX_S = 30


@dataclass(frozen=True, eq=False)
class SpokenTake:
    """A recording that a visitor teaches with.

    Attributes:
        label: one of the model's labels or the visitor's own word; empty if not stated.
        sound: FLAC, so that any model can hear it later.
        by_weights: how models hear it, by the sha256 of their weights.
    """

    name: str
    label: str
    sound: bytes
    by_weights: dict[str, Take] = field(default_factory=dict)

    def heard_by(self, recognizer: Recognizer) -> Take | None:
        """The take as a model hears it; None where that model finds nothing to classify."""
        weights = recognizer.weights_sha256
        if weights not in self.by_weights:
            take = Take.of(recognizer(Clip.from_bytes(self.sound)), self.label)
            if take is None:
                return None
            self.by_weights[weights] = take
        return self.by_weights[weights]


class Lesson(NamedTuple):
    """What a model learned from the takes: nothing (None) while there are none."""

    speaker: Speaker | None
    gain: Gain
    concerns: Sequence[str]


@dataclass
class Teaching:
    """What a visitor taught.

    Attributes:
        file: a speaker from a file, which counts before the takes.
        refusals: sentences on what could not be taken the last time.
        round: a new number empties recorder and uploaders.
    """

    takes: list[SpokenTake] = field(default_factory=list)
    file: Speaker | None = None
    refusals: list[str] = field(default_factory=list)
    round: int = 0
    _lesson: tuple[tuple[object, ...], Lesson] | None = None

    def add(self, source: Source, label: str, recognizer: Recognizer) -> None:
        """Take a recording, or note in one sentence why not."""
        try:
            self.takes.append(self._take(source, label, recognizer))
        except (AudioError, ModelError) as error:
            self.refusals.append(f"`{printable(source.name).replace('`', chr(39))}`: {error}")

    def _take(self, source: Source, label: str, recognizer: Recognizer) -> SpokenTake:
        if len(self.takes) >= MAX_TAKES:
            raise AudioError(f"{MAX_TAKES} takes are enough. Remove one to add another.")
        clip = source.clip
        if clip is None:
            raise AudioError("A picture holds no voice to learn from. Choose a recording.")
        if clip.duration_s > MAX_S:
            raise AudioError(
                f"A take has at most {MAX_S} s, and this has {clip.duration_s:.0f}. Cut it into "
                "sentences."
            )
        prediction = recognizer(clip)
        take = Take.of(prediction, label)
        if take is None:
            raise AudioError(prediction.sentence)
        sound = flac_bytes(clip.waveform)
        if any(sound == other.sound for other in self.takes):
            raise AudioError("It is among the takes already. Remove it there to change its mood.")
        return SpokenTake(printable(source.name), label, sound, {recognizer.weights_sha256: take})

    def remove(self, take: SpokenTake) -> None:
        self.takes.remove(take)

    def load(self, data: bytes, recognizer: Recognizer) -> None:
        """Use a speaker file, or note in one sentence why not."""
        try:
            speaker = Speaker.from_json(data)
            recognizer.warm_up(speaker)
        except SpeakerError as error:
            self.refusals.append(str(error))
        else:
            self.file = speaker

    def forget(self) -> None:
        """Everything: takes and file."""
        self.takes.clear()
        self.refusals.clear()
        self.file, self._lesson = None, None

    def lesson(self, recognizer: Recognizer) -> Lesson:
        """What a model learns from the takes."""
        key = (recognizer.weights_sha256, *map(id, self.takes))
        if self._lesson is None or self._lesson[0] != key:
            heard = [take.heard_by(recognizer) for take in self.takes]
            takes = [take for take in heard if take is not None]
            self._lesson = (
                key,
                Lesson(
                    learn(recognizer, takes) if takes else None,
                    gain(recognizer, takes),
                    concerns(recognizer, takes) if takes else (),
                ),
            )
        return self._lesson[1]

    def speaker(self, recognizer: Recognizer) -> Speaker | None:
        """Who speaks to a model: from the file if it is that model's, else from the takes."""
        if self.file and self.file.sha256 == recognizer.weights_sha256:
            return self.file
        return self.lesson(recognizer).speaker
