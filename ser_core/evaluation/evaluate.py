"""A model's IR over the test part of a protocol: predictions, figures and the printed report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ser_core.corpora.protocols import PROTOCOLS, split
from ser_core.corpora.readers import OWN, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.answers import answers
from ser_core.evaluation.figures import EvaluationError, Report, figures, report
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.models.card import Channel, ModelCard
from ser_core.models.labels import label_in_task
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.progress import SILENT, Progress

ALL_CLIPS = "all-clips"
"""Not a split: every clip of the data, for recordings of one's own."""


class Evaluation(Report, frozen=True, kw_only=True):
    """The report on a model, and what was tested.

    Attributes:
        heard_in_training: files of the test that the model was trained on.
        masked: labels that it was not allowed to answer, because no clip can have them.
    """

    model: str
    precision: str
    protocol: str
    fold: int
    seed: int
    heard_in_training: list[str]
    masked: list[str]

    def to_json(self) -> str:
        """All of it; which test it was comes first."""
        fields = msgspec.to_builtins(self)
        first = [name for name in fields if name not in Report.__struct_fields__]
        return json.dumps({name: fields[name] for name in first} | fields, indent=1)

    def as_text(self) -> str:
        """The report, with what one must know of the test."""
        return report(self, len(self.heard_in_training), self.masked)


@dataclass(frozen=True)
class Selection:
    """Which clips to evaluate: the test part of a split. The card says what stays None.

    Attributes:
        protocol: None takes protocol, fold and channel of the card's own first result.
        seed: None takes the one that the model was trained with.
        channel: one of `CHANNELS`.
    """

    protocol: str | None = None
    fold: int | None = None
    seed: int | None = None
    channel: Channel | None = None

    def completed(self, card: ModelCard) -> tuple[str, int, int, Channel]:
        """Protocol, fold, seed and channel.

        Raises:
            EvaluationError: no protocol is named, and the card has no result.
        """
        protocol, fold, channel = self.protocol, self.fold, self.channel
        if protocol is None:
            first = next(iter(card.own_results), None)
            if first is None:
                raise EvaluationError(f"The card of {card.name} has no result. Name a --protocol.")
            protocol, channel = first.protocol, channel or first.channel
            fold = first.fold if fold is None else fold
        seed = card.training.seed if self.seed is None else self.seed
        return protocol, fold or 0, seed, channel or "all"


BY_THE_CARD = Selection()


def evaluate(
    recognizer: Recognizer,
    data: Path,
    selection: Selection = BY_THE_CARD,
    force: bool = False,
    progress: Progress = SILENT,
) -> Evaluation:
    """Figures of a zoo model on the test part of a protocol.

    Args:
        force: also evaluate clips that the model was trained on; they are listed in the result
            as `heard_in_training`.
        progress: steps by clips.

    Raises:
        EvaluationError: the model has no card or no result of its own, or it was trained on some
            of these clips.
        CorpusError: the data lack what the protocol needs.
    """
    card = recognizer.card
    if card is None:
        raise EvaluationError("Only a model of the zoo can be evaluated: its card says how.")
    protocol, fold, seed, channel = selection.completed(card)
    test, possible = _test_part(data, protocol, fold, seed, card.task)
    test = [utterance for utterance in test if channel in ("all", utterance.channel)]
    trained_on = heard_in_training(recognizer.path.parent)
    heard = [u.file for u in test if f"{u.corpus}/{u.file}" in trained_on]
    if heard and not force:
        raise EvaluationError(
            f"{card.name} was trained on {len(heard)} of these {len(test)} clips, which would "
            "inflate its score. Choose another protocol or fold, or add --force to see them marked."
        )
    given = answers(recognizer, test, card.task, possible, progress)
    # Masking makes the answers surer than the app's.
    result = figures(given, card.labels, channel, None if possible else card.uncertain_below)
    return Evaluation(
        model=card.name,
        precision=recognizer.precision,
        protocol=protocol,
        fold=fold,
        seed=seed,
        heard_in_training=heard,
        masked=sorted(set(card.labels) - possible) if possible else [],
        **msgspec.structs.asdict(result),
    )


def _test_part(
    data: Path, protocol: str, fold: int, seed: int, task: str
) -> tuple[Sequence[Utterance], set[str] | None]:
    """The test clips of a protocol, and the labels of the task that its corpus has, if not all."""
    of_own = protocol in PROTOCOLS and PROTOCOLS[protocol].corpus == OWN
    utterances = read_corpora(data, [OWN] if of_own else None)
    if protocol == ALL_CLIPS:
        return utterances, None
    test = split(protocol, utterances, fold, seed).test
    if not PROTOCOLS[protocol].other_corpus:
        return test, None
    return test, {label_in_task(utterance.label, task) for utterance in test}


def unheard_speech(
    recognizer: Recognizer, data: Path
) -> tuple[list[Utterance], list[Utterance], str]:
    """Speech of a zoo model's test actors, clips of RAVDESS it was trained on, and its task.

    Raises:
        EvaluationError: the model has no card, or its split was not one by actors.
    """
    card = recognizer.card
    protocol = PROTOCOLS.get(card.training.protocol) if card else None
    if card is None or protocol is None or not protocol.actors:
        raise EvaluationError(
            "Only a model of the zoo that was trained without some actors can be tested on them."
        )
    parts = split(protocol.name, read_corpora(data), card.training.fold, card.training.seed)
    spoken = [u for u in parts.test if u.channel == "speech"]
    return spoken, [u for u in parts.train if u.corpus == "ravdess"], card.task
