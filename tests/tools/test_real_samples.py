"""The real sample voices are those that the written rule draws; their license lies beside them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import soundfile

from ser_core.audio.clip import Clip
from ser_core.corpora.readers import read_corpora
from ser_core.evaluation.heard_in_training import heard_in_training, is_training_file
from ser_core.models.labels import EMOTIONS
from ser_core.models.zoo import ZOO, list_models
from ser_core.runtime.places import SAMPLES
from tools.real_samples import drawn


def test_each_emotion_is_played_once_by_a_woman_and_once_by_a_man() -> None:
    clips = read_corpora(SAMPLES, ["ravdess"])
    assert Counter((clip.label, clip.gender) for clip in clips) == dict.fromkeys(
        [(label, gender) for label in EMOTIONS for gender in "FM"], 1
    )
    assert {clip.speaker for clip in clips} <= {"02", "05", "14", "15", "16"}
    german = Counter(clip.label for clip in read_corpora(SAMPLES, ["emodb"]))
    assert german == dict.fromkeys({*EMOTIONS} - {"calm", "surprised"}, 1)


def test_main_and_small_models_never_heard_them_and_the_live_one_did() -> None:
    for card in list_models():
        heard = heard_in_training(ZOO / card.name)
        marks = {is_training_file(path.name, heard) for path in SAMPLES.glob("03-*.flac")}
        if card.training.protocol == "actors-5fold":
            assert marks == {False}, card.name
        if card.training.protocol == "all-actors":
            assert marks == {True}, card.name


def test_the_rule_draws_exactly_these_clips(corpora: Path) -> None:
    clips = drawn(read_corpora(corpora, ["ravdess", "emodb"]))
    real = {utterance.file for utterance in read_corpora(SAMPLES, ["ravdess", "emodb"])}
    assert {clip.file for clip in clips} == real
    for clip in clips:
        shipped = Clip.from_file(SAMPLES / f"{clip.file}.flac")
        assert abs(shipped.waveform - Clip.from_file(clip.path).waveform).max() < 2e-3


def test_they_are_16_khz_flac_with_license_source_and_changes() -> None:
    for path in SAMPLES.glob("*.flac"):
        assert soundfile.info(path).samplerate == 16_000
    text = (SAMPLES / "LICENSE").read_text(encoding="utf-8")
    for part in ("CC0", "by-nc-sa/4.0", "10.1371/journal.pone.0196391", "Changes:", "Burkhardt"):
        assert part in text
