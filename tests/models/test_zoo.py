"""Model cards and the models they describe."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.models.card import PRECISIONS, ModelCard
from ser_core.models.recognizer import ModelError
from ser_core.models.zoo import list_models, load_model, sha256
from tools import tiny_model


def change_card(zoo: Path, name: str, **fields: object) -> None:
    path = zoo / name / "card.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_the_main_model_comes_first(own_zoo: Path):
    tiny_model.write_model(own_zoo, "a-small-one", "small")
    tiny_model.write_model(own_zoo, "a-random-one", "random")
    tiny_model.write_model(own_zoo, "a-live-one", "live")
    tiny_model.write_model(own_zoo, "another", "comparison", task="negative-5")
    assert [card.name for card in list_models(own_zoo)] == [
        "tiny",
        "a-live-one",
        "a-small-one",
        "a-random-one",
        "another",
        "tiny-mirrored",
    ]


def test_a_card_survives_json(tiny_zoo: Path):
    card = list_models(tiny_zoo)[0]
    path = tiny_zoo / card.name / "card.json"
    assert ModelCard.from_file(path) == card
    assert card.to_json() == path.read_text()


def test_without_a_name_the_main_model_is_loaded(tiny_zoo: Path):
    recognizer = load_model(zoo=tiny_zoo)
    assert recognizer.card is not None
    assert recognizer.card.name == "tiny"
    assert recognizer.precision == "FP32"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_precision_loads_and_answers(tiny_zoo: Path, precision: str, speech_like: Clip):
    recognizer = load_model("tiny", precision, zoo=tiny_zoo)
    assert recognizer.precision == precision
    assert recognizer.path.name == f"{precision.lower()}.xml"
    assert recognizer(speech_like).label in recognizer.signature.labels


def test_models_of_the_zoo_differ(tiny_zoo: Path, speech_like: Clip):
    probabilities = [
        list(load_model(card.name, zoo=tiny_zoo)(speech_like).probabilities.values())
        for card in list_models(tiny_zoo)
    ]
    assert np.abs(np.subtract(*probabilities)).max() > 0.1


def test_a_model_may_have_other_labels(own_zoo: Path, speech_like: Clip):
    card = tiny_model.write_model(own_zoo, "five", "comparison", task="negative-5")
    assert tuple(load_model("five", zoo=own_zoo)(speech_like).probabilities) == card.labels


def test_an_unknown_model_is_refused_and_the_known_ones_are_named(tiny_zoo: Path):
    with pytest.raises(ModelError, match=r"no model 'huge'.*tiny, tiny-mirrored"):
        load_model("huge", zoo=tiny_zoo)


def test_an_empty_zoo_is_reported(tmp_path: Path):
    assert list_models(tmp_path) == []
    with pytest.raises(ModelError, match=r"no model in .* Clone"):
        load_model(zoo=tmp_path)


def test_an_unknown_precision_is_refused_and_the_known_ones_are_named(tiny_zoo: Path):
    with pytest.raises(ModelError, match=r"INT4.*FP32, FP16, INT8"):
        load_model("tiny", "INT4", zoo=tiny_zoo)


def test_without_a_precision_the_most_exact_is_loaded(own_zoo: Path):
    assert load_model("tiny", zoo=own_zoo).precision == "FP32"
    files = json.loads((own_zoo / "tiny" / "card.json").read_text())["files"]
    change_card(own_zoo, "tiny", files={"INT8": files["INT8"], "FP16": files["FP16"]})
    assert load_model("tiny", zoo=own_zoo).precision == "FP16"
    change_card(own_zoo, "tiny", files={"INT8": files["INT8"]})
    assert load_model("tiny", zoo=own_zoo).precision == "INT8"


def test_a_card_without_any_precision_is_refused(own_zoo: Path):
    change_card(own_zoo, "tiny", files={})
    with pytest.raises(ModelError, match="files has none of FP32, FP16, INT8"):
        load_model("tiny", zoo=own_zoo)


def test_a_model_may_lack_a_precision(own_zoo: Path):
    card = list_models(own_zoo)[0]
    fp32 = msgspec.structs.replace(card, files={"FP32": card.files["FP32"]})
    (own_zoo / "tiny" / "card.json").write_text(fp32.to_json())
    assert list_models(own_zoo)[0].precisions == ("FP32",)
    with pytest.raises(ModelError, match="is not available in INT8"):
        load_model("tiny", "INT8", zoo=own_zoo)


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_one_changed_byte_is_noticed(own_zoo: Path, suffix: str):
    path = (own_zoo / "tiny" / "fp32").with_suffix(suffix)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"fp32{suffix} of tiny is damaged"):
        load_model("tiny", zoo=own_zoo)
    load_model("tiny", "FP16", zoo=own_zoo)


@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_a_missing_file_is_noticed(own_zoo: Path, suffix: str):
    (own_zoo / "tiny" / "int8").with_suffix(suffix).unlink()
    with pytest.raises(ModelError, match=f"int8{suffix} of tiny is missing"):
        load_model("tiny", "INT8", zoo=own_zoo)


@pytest.mark.parametrize(
    "field",
    [
        {"labels": list(reversed(tiny_model.signature().labels))},
        {"temperature": 2.0},
        {"window": {"n_frames": 128, "seconds": 1.28}},
        {"features": {"n_mels": 64}},
    ],
    ids=["labels", "temperature", "window", "features"],
)
def test_a_card_that_disagrees_with_its_model_is_refused(own_zoo: Path, field: dict[str, object]):
    change_card(own_zoo, "tiny", **field)
    with pytest.raises(ModelError, match="disagree"):
        load_model("tiny", zoo=own_zoo)


def test_the_sound_cards_are_listed_beside_a_broken_one(own_zoo: Path):
    (own_zoo / "tiny-mirrored" / "card.json").write_text("{")
    with pytest.warns(UserWarning, match=r"tiny-mirrored/card\.json is not a valid model card"):
        assert [card.name for card in list_models(own_zoo)] == ["tiny"]
    assert load_model(zoo=own_zoo).card.name == "tiny"
    with pytest.raises(ModelError, match=r"tiny-mirrored/card\.json is not a valid model card"):
        load_model("tiny-mirrored", zoo=own_zoo)


def test_no_other_model_replaces_a_broken_main_model(own_zoo: Path):
    (own_zoo / "tiny" / "card.json").write_text("{")
    with pytest.raises(ModelError, match=r"tiny/card\.json is not a valid model card"):
        load_model(zoo=own_zoo)
    assert load_model("tiny-mirrored", zoo=own_zoo).card.name == "tiny-mirrored"


def test_a_zoo_of_broken_cards_only_is_refused(own_zoo: Path):
    for path in own_zoo.glob("*/card.json"):
        path.write_text("")
    with pytest.raises(ModelError, match="not a valid model card"):
        list_models(own_zoo)


def test_folders_without_a_card_are_passed_over(own_zoo: Path):
    (own_zoo / "notes").mkdir()
    assert len(list_models(own_zoo)) == 2


def test_sha256_is_the_usual_one(tmp_path: Path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(path) == expected
