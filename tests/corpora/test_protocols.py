"""The promises of the splits: nobody crosses, everybody is tested, and it is alike everywhere."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ser_core.corpora.protocols import (
    KNOWN_VOICES,
    PROTOCOLS,
    TESTED_VOICES,
    Split,
    other_corpora,
    own_protocol,
    sizes,
    split,
)
from ser_core.corpora.readers import OWN, CorpusError, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.models.labels import EMOTIONS

BY_ACTORS = ("actors-5fold", "emobox-6fold", "loso")
RANDOM = tuple(name for name in PROTOCOLS if name.startswith("random-"))
OF_OWN = ("own-files", "own-speakers")

any_protocol = st.sampled_from(sorted(PROTOCOLS))
seeds = st.integers(0, 10_000)


def utterance(corpus: str, file: str, speaker: str, gender: str, label: str) -> Utterance:
    return Utterance(file, Path(file), corpus, speaker, gender, label)


@cache
def ravdess() -> tuple[Utterance, ...]:
    """All 2452 names of RAVDESS, without the recordings."""
    utterances = []
    for actor in range(1, 25):
        for code, label in enumerate(EMOTIONS, start=1):
            for channel in ("speech", "song"):
                if channel == "song" and (label in ("disgust", "surprised") or actor == 18):
                    continue
                for intensity in ("normal",) if label == "neutral" else ("normal", "strong"):
                    for statement in ("01", "02"):
                        for take in ("01", "02"):
                            kind = "01" if channel == "speech" else "02"
                            force = "01" if intensity == "normal" else "02"
                            file = f"03-{kind}-{code:02}-{force}-{statement}-{take}-{actor:02}"
                            utterances.append(
                                replace(
                                    utterance("ravdess", file, file[-2:], "FM"[actor % 2], label),
                                    channel=channel,
                                    intensity=intensity,
                                    statement=statement,
                                    repetition=take,
                                )
                            )
    return tuple(utterances)


@cache
def everything() -> tuple[Utterance, ...]:
    """RAVDESS, nine speakers of nEMO, four of one's own, and EMO-DB with a label of its own."""
    others = [
        *(utterance("nemo", f"S{s}_{n}", f"S{s}", "F", "sad") for s in range(9) for n in range(3)),
        *(utterance("own", f"sad/{s}/{n}", f"{s}", "", "sad") for s in range(4) for n in range(2)),
        *(
            utterance("emodb", f"{s:02}a{n}", f"{s:02}", "M", "angry")
            for s in range(9)
            for n in "ab"
        ),
        utterance("emodb", "99L", "99", "M", "boredom"),
    ]
    return (*ravdess(), *others)


@cache
def with_own() -> tuple[Utterance, ...]:
    """The same, and more of one's own: eight speakers in all, of two emotions."""
    recordings = (
        utterance(OWN, f"happy/{s}/{n}", f"{s}", "", "happy") for s in range(8) for n in "abc"
    )
    return (*everything(), *recordings)


def parts_of(parts: Split) -> list[tuple[Utterance, ...]]:
    return [parts.train, parts.validation, parts.test]


def assert_disjoint(parts: Split, key: Callable[[Utterance], object]) -> None:
    keys = [{key(u) for u in part} for part in parts_of(parts)]
    assert not (keys[0] & keys[1] or keys[0] & keys[2] or keys[1] & keys[2])


def test_the_synthetic_ravdess_has_the_size_of_the_real_one() -> None:
    assert Counter(u.channel for u in ravdess()) == {"speech": 1440, "song": 1012}


@settings(max_examples=30, deadline=None)
@given(name=any_protocol, seed=seeds, data=st.data())
def test_no_file_crosses_and_none_is_lost(name: str, seed: int, data: st.DataObject) -> None:
    fold = data.draw(st.integers(0, PROTOCOLS[name].n_folds - 1))
    parts = split(name, with_own(), fold, seed)
    if PROTOCOLS[name].keeps_validation:
        assert {*parts.validation} <= {*parts.train}
        parts = replace(parts, validation=())
    assert_disjoint(parts, lambda u: (u.corpus, u.file))
    used = {u for part in parts_of(parts) for u in part}
    held_out = {u for u in with_own() if u.corpus == "emodb"}
    if PROTOCOLS[name].known is None:
        assert used - held_out == set(with_own()) - held_out
    assert not held_out & {*parts.train, *parts.validation}
    if PROTOCOLS[name].speaker_independent:
        assert_disjoint(parts, lambda u: u.speaker_id)
    if PROTOCOLS[name].shares:
        assert {u.corpus for u in (*parts.validation, *parts.test)} == {PROTOCOLS[name].corpus}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_order_of_the_files_changes_nothing(name: str) -> None:
    shuffled = random.Random(0).sample(with_own(), len(with_own()))
    assert split(name, shuffled) == split(name, with_own())


@pytest.mark.parametrize("name", BY_ACTORS)
def test_every_clip_of_ravdess_is_tested_once_over_the_folds(name: str) -> None:
    folds = [split(name, everything(), fold) for fold in range(PROTOCOLS[name].n_folds)]
    tested = Counter(u for parts in folds for u in parts.test)
    assert set(tested) == set(ravdess())
    assert set(tested.values()) == {1}


@pytest.mark.parametrize("name", BY_ACTORS)
@pytest.mark.parametrize("seed", range(5))
def test_a_woman_and_a_man_of_the_training_actors_are_validation(name: str, seed: int) -> None:
    for fold in range(PROTOCOLS[name].n_folds):
        parts = split(name, everything(), fold, seed)
        actors = {(u.speaker_id, u.gender) for u in parts.validation}
        assert sorted(gender for _, gender in actors) == ["F", "M"]
        assert_disjoint(parts, lambda u: u.speaker_id)


@pytest.mark.parametrize("seed", range(3))
def test_known_voices_change_who_is_heard_in_training_and_nothing_else(seed: int) -> None:
    shares = [PROTOCOLS[f"known-voices-{percent}"].known for percent in KNOWN_VOICES]
    folds = [split(f"known-voices-{percent}", ravdess(), 0, seed) for percent in KNOWN_VOICES]
    tested = {u.speaker_id for u in folds[0].test}
    assert len({u.speaker_id for u in folds[0].test if u.gender == "F"}) == TESTED_VOICES / 2
    for share, parts in zip(shares, folds, strict=True):
        known = tested & {u.speaker_id for u in parts.train}
        assert len(known) == share * len(tested) == share * TESTED_VOICES
        assert parts.test == folds[0].test
        assert parts.validation == folds[0].validation
        assert len(parts.train) == len(folds[0].train)
        assert not tested & {u.speaker_id for u in parts.validation}


def test_inner_folds_leave_out_two_neighbors_of_actors_5fold() -> None:
    of = [split("actors-5fold", everything(), fold).test for fold in range(5)]
    for fold in range(5):
        parts = split("actors-inner", everything(), fold)
        assert parts.test == of[fold]
        assert parts.validation == of[(fold + 1) % 5]
        assert_disjoint(parts, lambda u: u.speaker_id)


def test_the_folds_are_the_published_ones() -> None:
    def actors(name: str, fold: int) -> set[int]:
        return {int(u.speaker) for u in split(name, ravdess(), fold).test}

    assert actors("actors-5fold", 0) == {2, 5, 14, 15, 16}
    assert actors("actors-5fold", 4) == {1, 4, 9, 22}
    assert actors("emobox-6fold", 5) == {6, 13, 17, 22}
    assert actors("loso", 23) == {24}


@pytest.mark.parametrize("seed", range(10))
def test_takes_of_a_sentence_stay_together_in_random_grouped(seed: int) -> None:
    parts = split("random-grouped", everything(), seed=seed)
    assert_disjoint(parts, lambda u: u.take_group)


def test_drawing_files_leaves_most_test_clips_with_their_other_take_in_train() -> None:
    parts = split("random-80-20", ravdess())
    train_groups = {u.take_group for u in parts.train}
    share = sum(u.take_group in train_groups for u in parts.test) / len(parts.test)
    # Of 2451 other files, 1766 are in train: 72 %.
    assert share == pytest.approx(0.72, abs=0.06)


@pytest.mark.parametrize(
    ("name", "train", "validation", "test"),
    [
        ("random-80-20", 1766, 196, 490),  # 490 as published in 2020
        ("random-80-10-10", 1962, 245, 245),
        ("random-60-20-20", 1472, 490, 490),
        ("random-50-20-30", 1226, 736, 490),
        ("random-grouped", 1766, 196, 490),
    ],
)
def test_shares_are_what_the_names_say(name: str, train: int, validation: int, test: int) -> None:
    assert [len(part) for part in parts_of(split(name, ravdess()))] == [train, validation, test]


def test_seeds_draw_different_files_but_the_same_test_actors() -> None:
    for name in RANDOM:
        assert split(name, ravdess(), seed=0).test != split(name, ravdess(), seed=1).test
    chosen = [split("actors-5fold", ravdess(), 1, seed) for seed in range(8)]
    assert len({parts.test for parts in chosen}) == 1
    assert len({parts.validation for parts in chosen}) > 1


def test_cross_corpus_tests_only_what_both_sides_can_say() -> None:
    parts = split("cross-corpus", everything())
    assert {(u.corpus, u.label) for u in parts.test} == {("emodb", "angry")}
    speakers = Counter(u.split("/")[0] for u in {u.speaker_id for u in parts.validation})
    # one's own four speakers are too few to spare one
    assert speakers == {"ravdess": 2, "nemo": 1}


def test_for_live_use_every_actor_is_trained_on_and_emodb_is_the_test() -> None:
    parts = split("all-actors", everything())
    assert {*ravdess()} <= {*parts.train}
    assert {u.corpus for u in parts.test} == {"emodb"}


@pytest.mark.parametrize(
    "kind", ["of the corpora", "of known voices", "of one's own", "to choose by"]
)
def test_the_same_seed_gives_the_same_split_on_every_machine(kind: str) -> None:
    digest = hashlib.sha256()
    for name, protocol in sorted(PROTOCOLS.items()):
        of = "of one's own" if protocol.corpus == OWN else "of the corpora"
        if protocol.known is not None:
            of = "of known voices"
        if kind != ("to choose by" if protocol.inner else of):
            continue
        recordings = with_own() if protocol.corpus == OWN else everything()
        for seed in (0, 7):
            parts = split(name, recordings, protocol.n_folds - 1, seed)
            for part in parts_of(parts):
                digest.update("\n".join((name, *(u.file for u in part))).encode())
    assert digest.hexdigest() == PINNED[kind]


PINNED = {
    "of the corpora": "4ff22cf2c50fa71a226b316c6a3f4fa95703543fd9581358d1b10105fc25a492",
    "of known voices": "2c2df6d4694fb365c6a8cbdd823e4775d21bc192f3f54f33d9cb0ff7020e9240",
    "to choose by": "5d2b37008a345ccbfad18ec1315fe44732564fdd92d044957b0acc170b510322",
    "of one's own": "16daab8e5217d07ef0dda8fae1113e554f7593aa1e691a5550987597346dc6fe",
}
"""Published figures rest on these lists of files: when the first changes, they all do."""


def own(*speakers: str, n: int = 4) -> list[Utterance]:
    """Recordings of one's own: each speaker as often happy as sad."""
    return [
        utterance(OWN, f"{label}/{speaker}/{i}", speaker, "", label)
        for speaker in speakers
        for i, label in zip(range(n), ("happy", "sad") * n, strict=False)
    ]


@pytest.mark.parametrize(
    ("n_speakers", "validation", "test"), [(5, 1, 1), (8, 1, 2), (10, 1, 2), (20, 2, 4)]
)
def test_a_fifth_of_ones_own_speakers_is_the_test(
    n_speakers: int, validation: int, test: int
) -> None:
    parts = split("own-speakers", own(*map(str, range(n_speakers))))
    counts = [len({u.speaker for u in part}) for part in parts_of(parts)]
    assert counts == [n_speakers - validation - test, validation, test]


def test_a_fifth_of_ones_own_files_is_the_test_where_speakers_are_not_known() -> None:
    parts = split("own-files", own("", n=50))
    assert [len(part) for part in parts_of(parts)] == [34, 6, 10]
    assert [len(part) for part in parts_of(split("own-files", own("", n=5)))] == [3, 1, 1]


def test_the_protocol_for_ones_own_recordings_is_by_speakers_if_all_are_known() -> None:
    recordings = own("a", "b", "c", "d", "e")
    assert own_protocol(recordings) == "own-speakers"
    assert own_protocol(own("a", "b", "c", "d")) == "own-files"
    assert own_protocol([*recordings, *own("")]) == "own-files"


def test_the_test_of_ones_own_recordings_does_not_depend_on_what_else_is_trained_on() -> None:
    alone = [u for u in with_own() if u.corpus == OWN]
    for name in OF_OWN:
        assert split(name, alone).test == split(name, with_own()).test


def test_too_few_recordings_of_ones_own_say_how_many_are_needed() -> None:
    with pytest.raises(CorpusError, match=r"your own recordings, and .* none .* such as own/happy"):
        split("own-files", ravdess())
    with pytest.raises(CorpusError, match=r"at least 5 recordings of two .* are 4, of happy, sad"):
        split("own-files", own("a"))
    with pytest.raises(CorpusError, match="There are 6, of sad"):
        split("own-files", [u for u in own("a", n=12) if u.label == "sad"])
    with pytest.raises(CorpusError, match=r"at least 5 speakers.* are 4 .* 2 recordings without"):
        split("own-speakers", [*own("a", "b", "c", "d"), *own("", n=2)])


def test_a_start_of_the_training_never_hears_ones_own_recordings() -> None:
    parts = other_corpora(with_own())
    assert {u.corpus for u in (*parts.train, *parts.validation)} == {"nemo"}
    with pytest.raises(CorpusError, match="RAVDESS, EMO-DB and your own recordings"):
        other_corpora(own("a", "b"))


def test_what_cannot_be_split_says_what_to_do() -> None:
    with pytest.raises(
        CorpusError, match=r"There is no protocol 'random'\. Choose one of: random-80-20"
    ):
        split("random", ravdess())
    for fold in (-1, 5):
        with pytest.raises(CorpusError, match="has no fold"):
            split("actors-5fold", ravdess(), fold)
    with pytest.raises(CorpusError, match="needs RAVDESS"):
        split("loso", everything()[2452:])
    with pytest.raises(CorpusError, match="Put EMO-DB into the data folder"):
        split("cross-corpus", ravdess())
    with pytest.raises(CorpusError, match="Use all of RAVDESS"):
        split("actors-5fold", [u for u in ravdess() if u.speaker == "01"])


def test_sizes_list_every_protocol_with_and_without_data() -> None:
    assert [size.name for size in sizes()] == list(PROTOCOLS)
    assert all(size.meaning and size.train is None for size in sizes())
    size_of = {size.name: size for size in sizes(ravdess())}
    assert size_of["cross-corpus"].test is None
    fold = size_of["actors-5fold"]
    assert fold.train and fold.validation and fold.test
    assert (fold.folds, fold.test.utterances, fold.test.speakers) == (5, 520, 5)
    assert (fold.train.speakers, fold.validation.speakers) == (17, 2)
    mine = {size.name: size for size in sizes(own("a", "b", "c", "d", "e"))}
    assert {name for name, size in mine.items() if size.test} == {*OF_OWN}


def test_real_ravdess_splits_like_the_synthetic_one(corpora: Path) -> None:
    real = read_corpora(corpora, ["ravdess"])
    if len(real) < 2452:
        pytest.skip("needs all of RAVDESS, speech and song")
    for name in (*RANDOM, *BY_ACTORS):
        assert [[u.file for u in part] for part in parts_of(split(name, real))] == [
            [u.file for u in part] for part in parts_of(split(name, ravdess()))
        ]
