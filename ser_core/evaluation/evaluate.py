"""A model's IR over the test part of a protocol: predictions, figures and the printed report."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ser_core.corpora.protocols import PROTOCOLS, split
from ser_core.corpora.readers import OWN, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.answers import answers
from ser_core.evaluation.figures import EvaluationError, Report, figures
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.models.card import Channel
from ser_core.models.labels import label_in_task
from ser_core.models.recognizer import Recognizer

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


def evaluate(
    recognizer: Recognizer,
    data: Path,
    protocol: str | None = None,
    fold: int | None = None,
    seed: int | None = None,
    channel: Channel | None = None,
    force: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """Figures of a zoo model on the test part of a protocol.

    Args:
        protocol: None takes protocol, fold, seed and channel of the card's own first result.
        force: also evaluate clips that the model was trained on; they are listed in the result
            as `heard_in_training`.

    Raises:
        EvaluationError: the model has no card or no result of its own, or it was trained on some
            of these clips.
        CorpusError: the data lack what the protocol needs.
    """
    card = recognizer.card
    if card is None:
        raise EvaluationError("Only a model of the zoo can be evaluated: its card says how.")
    own = next(iter(card.own_results), None)
    if protocol is None:
        if own is None:
            raise EvaluationError(f"The card of {card.name} has no result. Name a --protocol.")
        protocol, channel = own.protocol, channel or own.channel
        fold = own.fold if fold is None else fold
    channel, fold = channel or "all", fold or 0
    seed = card.training.seed if seed is None else seed

    own_split = protocol in PROTOCOLS and PROTOCOLS[protocol].corpus == OWN
    utterances = read_corpora(data, [OWN] if own_split else None)
    known = heard_in_training(recognizer.path.parent)
    only = None
    if protocol == ALL_CLIPS:
        test: Sequence[Utterance] = utterances
    else:
        test = split(protocol, utterances, fold, seed).test
        if PROTOCOLS[protocol].other_corpus:
            only = {label_in_task(utterance.label, card.task) for utterance in test}
    test = [utterance for utterance in test if channel in ("all", utterance.channel)]
    heard = [u.file for u in test if f"{u.corpus}/{u.file}" in known]
    if heard and not force:
        raise EvaluationError(
            f"{card.name} was trained on {len(heard)} of these {len(test)} clips, so the figures "
            "would flatter it. Choose another protocol or fold, or add --force to see them marked."
        )
    found = answers(recognizer, test, card.task, only, progress)
    # Masking makes the answers surer than the app's.
    result = figures(found, card.labels, channel, None if only else card.uncertain_below)
    return Evaluation(
        model=card.name,
        precision=recognizer.precision,
        protocol=protocol,
        fold=fold,
        seed=seed,
        heard_in_training=heard,
        masked=sorted(set(card.labels) - only) if only else [],
        **msgspec.structs.asdict(result),
    )


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
