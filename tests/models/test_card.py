"""The model card: what lies on disk, and what is wrong with a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from ser_core.models.card import ModelCard, ResultEntry, Trial
from ser_core.models.recognizer import ModelError
from ser_core.models.zoo import ZOO, list_models

CARDS = sorted(ZOO.glob("*/card.json"))


@pytest.fixture
def path(own_zoo: Path) -> Path:
    return own_zoo / "tiny" / "card.json"


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parent.name)
def test_a_card_is_written_byte_for_byte_as_it_was_read(path: Path):
    assert ModelCard.from_file(path).to_json().encode() == path.read_bytes()


def test_there_are_cards_to_read():
    assert len(CARDS) >= 8


@pytest.mark.parametrize(
    "text", ["", "no JSON", "null", "[]", "3", "{}", '{"features": {}, "labels": []}', "\xff\xfe"]
)
def test_a_file_that_is_not_a_card_is_refused(path: Path, text: str):
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ModelError, match=r"^tiny/card\.json is not a valid model card: .*\. Clone"):
        ModelCard.from_file(path)


def test_a_card_nested_without_end_is_refused(path: Path):
    path.write_text('{"files": ' + "[" * 100_000)
    with pytest.raises(ModelError, match="not a valid model card"):
        ModelCard.from_file(path)


def test_a_card_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(ModelError, match=r"card\.json is not a valid model card"):
        ModelCard.from_file(tmp_path / "card.json")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("mood", "good"),
        ("role", "boss"),
        ("labels", 8),
        ("labels", ["happy", "happy"]),
        ("labels", ["happy", "s\nad"]),
        ("features", {"n_mel": 80}),
        ("features.n_mels", 80.5),
        ("features.n_mels", 100_000),
        ("features.sample_rate", 8000),
        ("features.win_length", 600),
        ("features.fmin", 7990.0),
        ("window", None),
        ("window.n_frames", "256"),
        ("window.n_frames", True),
        ("window.n_frames", 10**9),
        ("temperature", 0),
        ("uncertain_below", 1.5),
        ("training.seed", None),
        ("training.corpora", "ravdess"),
        ("files", []),
        ("files.FP32.bytes", -0.5),
        ("files.FP32.sha256", "abc"),
        ("files.FP32.sha256.bin", 7),
        ("results.0.of", "somebody"),
        ("results.0.precision", "FP64"),
        ("results.0.channel", "whisper"),
        ("results.0.accuracy", "0.75"),
        ("results.0.per_class.happy.total", 8.5),
        ("results.0.confusion.0.0", "6"),
        ("results.0.intervals.uar", [0.62]),
        ("results.0.mood", "good"),
        ("conversion.int4", {}),
        ("robustness", [{"distortion": "telephone"}]),
    ],
)
def test_a_wrong_field_is_named(path: Path, place: str, value: object):
    *parents, name = place.split(".")
    card = json.loads(path.read_text())
    part = card
    for parent in parents:
        part = part[int(parent) if parent.isdecimal() else parent]
    part[int(name) if name.isdecimal() else name] = value
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError) as refusal:
        ModelCard.from_file(path)
    # Items of a list, and of a dictionary by label or precision, have no name of their own.
    named = [word for word in place.split(".") if word not in ("0", "FP32", "happy")]
    sentence = str(refusal.value)
    assert named[-1] in sentence
    assert named[0] in sentence or len(named) == 2
    assert sentence.startswith("tiny/card.json is not a valid model card: ")
    assert "\n" not in sentence


@pytest.mark.parametrize("field", ["name", "role", "labels", "features", "window", "files"])
def test_a_missing_field_is_named(path: Path, field: str):
    card = json.loads(path.read_text())
    del card[field]
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match=f"missing required field `{field}`"):
        ModelCard.from_file(path)


def test_numbers_that_are_none_are_refused(path: Path):
    path.write_text(path.read_text().replace('"temperature": 1.0', '"temperature": NaN'))
    with pytest.raises(ModelError, match="not a valid model card"):
        ModelCard.from_file(path)


def test_what_a_result_does_not_have_is_left_out_of_its_json(path: Path):
    card = ModelCard.from_file(path)
    mean = msgspec.structs.replace(
        card.results[0],
        of="recipe",
        fold=None,
        trials=(Trial(number=3, n=64, uar=0.75, accuracy=0.75),),
    )
    written = msgspec.structs.replace(card, results=[card.results[0], mean]).to_json()
    alone, averaged = json.loads(written)["results"]
    assert list(alone)[:4] == ["protocol", "fold", "of", "precision"]
    assert set(averaged) - set(alone) == {"trials"}
    assert averaged["fold"] is None
    assert averaged["trials"] == [{"number": 3, "n": 64, "uar": 0.75, "accuracy": 0.75}]
    path.write_text(written)
    assert ModelCard.from_file(path).results == [card.results[0], mean]


def test_a_card_cannot_be_changed(path: Path):
    card = ModelCard.from_file(path)
    with pytest.raises(AttributeError):
        card.role = "live"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        card.results[0].uar = 1.0  # type: ignore[misc]


def test_a_model_may_come_without_fp32(path: Path, own_zoo: Path):
    card = json.loads(path.read_text())
    del card["files"]["FP32"]
    path.write_text(json.dumps(card))
    assert list_models(own_zoo)[0].precisions == ("FP16", "INT8")


def test_figures_and_counts_agree_in_every_card():
    for card in map(ModelCard.from_file, CARDS):
        for entry in card.results:
            assert entry.n == sum(count.total for count in entry.per_class.values())
            right = sum(row[i] for i, row in enumerate(entry.confusion))
            assert entry.correct == right
            assert isinstance(entry, ResultEntry)
            low, high = entry.intervals.uar
            assert low <= entry.uar <= high
