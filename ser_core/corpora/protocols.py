"""Named, deterministic splits of the corpora into train, validation and test.

All but `cross-corpus` and `all-actors` split one corpus: RAVDESS (speech and song) or one's own
recordings. Other corpora that are passed in go entirely into train, except EMO-DB, which is never
trained on. Validation sets the temperature and the threshold; test data never chooses anything,
except in `actors-inner`, where test actors serve as other networks' validation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from ser_core.corpora.readers import OWN, CorpusError
from ser_core.corpora.utterance import Utterance

HELD_OUT_CORPUS = "emodb"
"""Never trained on: it tests how a model performs on another corpus."""

OTHER_CORPORA = "other-corpora"
"""Not a test protocol: all corpora but RAVDESS, EMO-DB and one's own, for pretraining."""

MIN_SPEAKERS = MIN_FILES = 5
"""Of one's own recordings, so that a fifth and about an eighth of them are at least one each."""

TESTED_VOICES = 8
"""Test actors of the protocols `known-voices`, half of them women."""

KNOWN_VOICES = (0, 25, 50, 75, 100)
"""Percentages of the test actors whom a network knows from training."""

LUNA_JIMENEZ_FOLDS = (
    (2, 5, 14, 15, 16),
    (3, 6, 7, 13, 18),
    (10, 11, 12, 19, 20),
    (8, 17, 21, 23, 24),
    (1, 4, 9, 22),
)
EMOBOX_FOLDS = (
    (1, 11, 20, 21),
    (4, 10, 12, 14),
    (8, 9, 19, 23),
    (3, 5, 7, 24),
    (2, 15, 16, 18),
    (6, 13, 17, 22),
)


@dataclass(frozen=True)
class Protocol:
    """A way to split the data.

    Attributes:
        name: as on the command line and in the model cards.
        meaning: one or two sentences for people.
        shares: shares of train, validation and test, if files are drawn at random.
        by_take: draw both takes of a sentence together.
        by_speaker: draw all files of a speaker together.
        corpus: the corpus that is split.
        actors: test actors of each fold, if the split is by actors.
        inner: validate on the actors of the next fold instead of one woman and one man.
        other_corpus: test on all of EMO-DB whose emotion occurs in the other corpora.
        keeps_validation: also train on the validation speakers.
        known: share of the test speakers of whom other clips are in the training set, which has
            the same size for any share.
    """

    name: str
    meaning: str
    shares: tuple[float, float, float] | None = None
    by_take: bool = False
    by_speaker: bool = False
    corpus: str = "ravdess"
    actors: tuple[tuple[int, ...], ...] | None = None
    inner: bool = False
    other_corpus: bool = False
    keeps_validation: bool = False
    known: float | None = None

    @property
    def n_folds(self) -> int:
        return len(self.actors) if self.actors else 1

    def uses(self, corpus: str) -> bool:
        """Whether the protocol needs this corpus; other corpora are only trained on."""
        return corpus == self.corpus or self.other_corpus

    @property
    def speaker_independent(self) -> bool:
        """Whether no test speaker is in the training set."""
        return not self.known and (self.shares is None or self.by_speaker)


_PER_FILE = (
    "Files are drawn at random, so most test clips have their other take in train (one pair of "
    "takes, 03-01-03-01-02-01-07 and 03-01-03-01-02-02-07, is even the same recording): "
    "this inflates the score; it is here for comparison with 2020."
)

_OWN_SHARES = (0.68, 0.12, 0.2)  # of five speakers, one each for validation and test

PROTOCOLS: dict[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "random-80-20",
            f"80 % train, of which a tenth is validation, 20 % test. {_PER_FILE}",
            shares=(0.72, 0.08, 0.2),
        ),
        *(
            Protocol(
                f"random-{train}-{test}-{validation}",
                f"{train} % train, {test} % test, {validation} % validation. {_PER_FILE}",
                shares=(train / 100, validation / 100, test / 100),
            )
            for train, test, validation in ((80, 10, 10), (60, 20, 20), (50, 20, 30))
        ),
        Protocol(
            "random-grouped",
            "80 % train, of which a tenth is validation, 20 % test; both takes of a sentence stay "
            "together. The test speakers are still in the training set.",
            shares=(0.72, 0.08, 0.2),
            by_take=True,
        ),
        Protocol(
            "actors-5fold",
            "Each fold tests four or five actors who are not in the training set (the folds of "
            "Luna-Jiménez et al. 2021); one woman and one man of the others are validation.",
            actors=LUNA_JIMENEZ_FOLDS,
        ),
        Protocol(
            "actors-inner",
            "For choosing a recipe on more than two validation voices: fold k of actors-5fold is "
            "the test and the next fold is validation, which leaves three folds for training.",
            actors=LUNA_JIMENEZ_FOLDS,
            inner=True,
        ),
        Protocol(
            "emobox-6fold",
            "Each fold tests four actors who are not in the training set (the folds of EmoBox, Ma "
            "et al. 2024); one woman and one man of the others are validation.",
            actors=EMOBOX_FOLDS,
        ),
        Protocol(
            "loso",
            "Leave one speaker out: fold k tests actor k + 1; one woman and one man of the others "
            "are validation.",
            actors=tuple((actor,) for actor in range(1, 25)),
        ),
        *(
            Protocol(
                f"known-voices-{percent}",
                f"Half of the clips of {TESTED_VOICES} actors are the test, the same for any "
                f"percentage. The other half of {percent} % of these actors is in the training "
                "set, in place of as many clips of others: it shows what known voices are worth.",
                known=percent / 100,
            )
            for percent in KNOWN_VOICES
        ),
        Protocol(
            "cross-corpus",
            "Train on all corpora but EMO-DB, test on EMO-DB: another language, other speakers, "
            "other rooms. Only emotions that both sides have are tested: boredom is left out, and "
            "calm and surprised are masked in the predictions. Two actors of RAVDESS and a "
            "speaker of each other corpus with more than four are validation.",
            other_corpus=True,
        ),
        Protocol(
            "all-actors",
            "As cross-corpus, but every actor of RAVDESS is trained on, for live use: the curves "
            "of the validation speakers are inflated, and nothing is chosen by them.",
            other_corpus=True,
            keeps_validation=True,
        ),
        Protocol(
            "own-speakers",
            "Your own recordings: a fifth of the speakers are the test and not in the training "
            "set; about an eighth are validation. Needs five speakers, all of them named.",
            shares=_OWN_SHARES,
            by_speaker=True,
            corpus=OWN,
        ),
        Protocol(
            "own-files",
            "Your own recordings: a fifth of the files is the test, about an eighth validation. "
            "The speakers of the test are heard in training, which inflates the score.",
            shares=_OWN_SHARES,
            corpus=OWN,
        ),
    )
}


Parts = tuple[set[Utterance], set[Utterance]]
"""Validation and test; train is the rest."""


@dataclass(frozen=True)
class Split:
    """The parts of a split, each sorted by corpus and file.

    Attributes:
        left_out: own recordings that are unfit for training, so in neither train nor validation.
    """

    train: tuple[Utterance, ...]
    validation: tuple[Utterance, ...]
    test: tuple[Utterance, ...]
    left_out: tuple[Utterance, ...] = ()


@dataclass(frozen=True)
class PartSize:
    """Size of a part of a split."""

    utterances: int
    speakers: int


@dataclass(frozen=True)
class ProtocolSize:
    """A protocol and the sizes of its fold 0; None if the data are not there."""

    name: str
    meaning: str
    folds: int
    train: PartSize | None = None
    validation: PartSize | None = None
    test: PartSize | None = None


def split(name: str, utterances: Iterable[Utterance], fold: int = 0, seed: int = 0) -> Split:
    """Split utterances by a protocol: the same on every machine and for any order of utterances.

    Args:
        name: one of `PROTOCOLS`.
        utterances: the corpus that the protocol splits, and any others to train on.
        fold: from 0; only the protocols by actors have more than one.
        seed: draws the files, or the validation actors.

    Raises:
        CorpusError: no such protocol or fold, or nothing to train on or to test.
    """
    protocol = PROTOCOLS.get(name)
    if protocol is None:
        raise CorpusError(f"There is no protocol {name!r}. Choose one of: {', '.join(PROTOCOLS)}.")
    if not 0 <= fold < protocol.n_folds:
        raise CorpusError(
            f"The protocol {name} has no fold {fold}. Choose one from 0 to {protocol.n_folds - 1}."
        )
    ordered = sorted(utterances, key=lambda u: (u.corpus, u.file))
    corpus = [u for u in ordered if u.corpus == protocol.corpus]
    if protocol.corpus == OWN:
        _require_enough(corpus, protocol)
    elif not corpus:
        raise CorpusError(
            f"The protocol {name} needs RAVDESS, which is not in the data. "
            "Fetch it with `python -m ser_core download`."
        )
    unused: set[Utterance] = set()
    if protocol.known is not None:
        validation, test, unused = _by_known_voices(corpus, protocol.known, str(seed))
    elif protocol.shares:
        validation, test = _draw_parts(corpus, protocol, protocol.shares, str(seed))
    elif protocol.inner and protocol.actors:
        following = protocol.actors[(fold + 1) % protocol.n_folds]
        validation, test = _of_actors(corpus, following), _of_actors(corpus, protocol.actors[fold])
    elif protocol.actors:
        validation, test = _by_actors(corpus, protocol.actors[fold], f"{seed}/{fold}")
    else:
        validation, test = _cross_corpus(ordered, f"{seed}/{fold}")
    held_out = test | unused if protocol.keeps_validation else validation | test | unused
    train = (u for u in ordered if u.corpus != HELD_OUT_CORPUS and u not in held_out)
    parts = Split(
        train=tuple(train),
        validation=tuple(u for u in ordered if u in validation),
        test=tuple(u for u in ordered if u in test),
    )
    if not (parts.train and parts.test):
        raise CorpusError(
            f"Fold {fold} of {name} has nothing to train on or nothing to test. "
            + (
                "Put EMO-DB into the data folder."
                if protocol.other_corpus
                else "Use all of RAVDESS: `python -m ser_core download` fetches it."
            )
        )
    return parts


def own_protocol(utterances: Iterable[Utterance]) -> str:
    """The protocol for one's own recordings: by speakers if they are known, else by files."""
    speakers = {u.speaker for u in utterances if u.corpus == OWN}
    return "own-files" if "" in speakers or len(speakers) < MIN_SPEAKERS else "own-speakers"


def other_corpora(utterances: Iterable[Utterance]) -> Split:
    """Split for pretraining: train and validation without RAVDESS, EMO-DB and own recordings.

    Raises:
        CorpusError: there are no other corpora.
    """
    candidates = sorted(
        (u for u in utterances if u.corpus not in ("ravdess", OWN, HELD_OUT_CORPUS)),
        key=lambda u: (u.corpus, u.file),
    )
    if not candidates:
        raise CorpusError(
            "There is no corpus to pretrain on: RAVDESS, EMO-DB and your own recordings are kept "
            "for training and tests. Add another corpus, such as nEMO."
        )
    validation_speakers = _one_speaker_each(candidates, "0/0")
    return Split(
        train=tuple(u for u in candidates if u.speaker_id not in validation_speakers),
        validation=tuple(u for u in candidates if u.speaker_id in validation_speakers),
        test=(),
    )


def sizes(utterances: Iterable[Utterance] | None = None) -> list[ProtocolSize]:
    """All protocols and, given utterances, the sizes of the parts of their fold 0.

    Protocols that split one corpus are sized on it alone, without further training corpora.
    """
    utterances = None if utterances is None else list(utterances)
    rows = []
    for protocol in PROTOCOLS.values():
        parts: tuple[PartSize, ...] = ()
        if utterances is not None:
            try:
                of = split(protocol.name, [u for u in utterances if protocol.uses(u.corpus)])
            except CorpusError:
                pass
            else:
                parts = tuple(_size(part) for part in (of.train, of.validation, of.test))
        rows.append(ProtocolSize(protocol.name, protocol.meaning, protocol.n_folds, *parts))
    return rows


def _size(part: tuple[Utterance, ...]) -> PartSize:
    return PartSize(len(part), len({utterance.speaker_id for utterance in part}))


def _require_enough(recordings: list[Utterance], protocol: Protocol) -> None:
    if not recordings:
        raise CorpusError(
            f"The protocol {protocol.name} needs your own recordings, and there are none in the "
            "data. Put them into subfolders named after their emotions, such as own/happy."
        )
    labels = {u.label for u in recordings}
    if len(recordings) < MIN_FILES or len(labels) < 2:
        raise CorpusError(
            f"The protocol {protocol.name} needs at least {MIN_FILES} recordings of two emotions "
            f"or more. There are {len(recordings)}, of {', '.join(sorted(labels))}. Add some."
        )
    if protocol.by_speaker and own_protocol(recordings) != protocol.name:
        n_speakers = len({u.speaker for u in recordings} - {""})
        nameless = sum(not u.speaker for u in recordings)
        raise CorpusError(
            f"The protocol {protocol.name} needs recordings of at least {MIN_SPEAKERS} speakers, "
            f"each named by a subfolder (happy/anna) or in labels.csv. There are {n_speakers} "
            f"speakers, and {nameless} recordings without a speaker. Add some, or choose own-files."
        )


def _draw_parts(
    corpus: list[Utterance], protocol: Protocol, shares: tuple[float, float, float], seed: str
) -> Parts:
    units = [
        u.speaker_id if protocol.by_speaker else u.take_group if protocol.by_take else u.file
        for u in corpus
    ]
    shuffled_units = _shuffled({*units}, seed)
    _, n_validation, n_test = (round(share * len(shuffled_units)) for share in shares)
    in_test, in_validation = (
        {*shuffled_units[:n_test]},
        {*shuffled_units[n_test : n_test + n_validation]},
    )
    return (
        {u for u, unit in zip(corpus, units, strict=True) if unit in in_validation},
        {u for u, unit in zip(corpus, units, strict=True) if unit in in_test},
    )


def _of_actors(ravdess: list[Utterance], actors: tuple[int, ...]) -> set[Utterance]:
    return {u for u in ravdess if int(u.speaker) in actors}


def _by_actors(ravdess: list[Utterance], actors: tuple[int, ...], seed: str) -> Parts:
    test = _of_actors(ravdess, actors)
    remaining = [u for u in ravdess if u not in test]
    validation_speakers = _one_of_each_gender(remaining, seed)
    return {u for u in remaining if u.speaker_id in validation_speakers}, test


def _by_known_voices(
    ravdess: list[Utterance], share: float, seed: str
) -> tuple[set[Utterance], set[Utterance], set[Utterance]]:
    """Validation, test, and what is neither these nor in train."""
    women, men = (
        _shuffled({u.speaker for u in ravdess if u.gender == gender}, seed) for gender in "FM"
    )
    n = TESTED_VOICES // 2
    # Part of the corpus may have more of one than of the other.
    tested = [actor for pair in zip(women[:n], men[:n], strict=False) for actor in pair]
    known = {*tested[: round(share * TESTED_VOICES)]}
    others = [u for u in ravdess if u.speaker not in tested]
    validation_speakers = {*women[n : n + 1], *men[n : n + 1]}
    validation = {u for u in others if u.speaker in validation_speakers}
    test, told, untold = set[Utterance](), set[Utterance](), set[Utterance]()
    for actor in tested:
        of_actor = {u.file: u for u in ravdess if u.speaker == actor}
        files = _shuffled(of_actor, seed)
        test |= {of_actor[file] for file in files[: len(files) // 2]}
        rest = {of_actor[file] for file in files[len(files) // 2 :]}
        if actor in known:
            told |= rest
        else:
            untold |= rest
    replaceable = {u.file: u for u in others if u not in validation}
    replaced = {replaceable[file] for file in _shuffled(replaceable, seed)[: len(told)]}
    return validation, test, untold | replaced


def _cross_corpus(ordered: list[Utterance], seed: str) -> Parts:
    remaining = [u for u in ordered if u.corpus != HELD_OUT_CORPUS]
    validation_speakers = _one_of_each_gender([u for u in remaining if u.corpus == "ravdess"], seed)
    validation_speakers |= _one_speaker_each([u for u in remaining if u.corpus != "ravdess"], seed)
    labels = {u.label for u in remaining}
    test = {u for u in ordered if u.corpus == HELD_OUT_CORPUS and u.label in labels}
    return {u for u in remaining if u.speaker_id in validation_speakers}, test


def _one_speaker_each(utterances: list[Utterance], seed: str) -> set[str]:
    """Speaker ids: one of every corpus that has more than four."""
    selection: set[str] = set()
    for corpus in {u.corpus for u in utterances}:
        speaker_ids = {u.speaker_id for u in utterances if u.corpus == corpus and u.speaker}
        speakers = _shuffled(speaker_ids, seed)
        selection |= {*speakers[:1]} if len(speakers) > 4 else set()
    return selection


def _one_of_each_gender(ravdess: list[Utterance], seed: str) -> set[str]:
    """Speaker ids of a woman and a man."""
    selection: set[str] = set()
    for gender in ("F", "M"):
        actors = _shuffled({u.speaker for u in ravdess if u.gender == gender}, seed)
        selection |= {f"ravdess/{actor}" for actor in actors[:1]}
    return selection


def _shuffled(keys: Iterable[str], seed: str) -> list[str]:
    # By hash, not by a library's generator, which may draw differently in another version.
    return sorted(keys, key=lambda key: hashlib.sha256(f"{seed}/{key}".encode()).digest())
