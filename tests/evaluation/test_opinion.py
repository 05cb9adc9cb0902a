"""Several models side by side: whether they agree, and how far to trust each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from ser_core.evaluation.opinions import Opinion, Trust, agreement
from ser_core.models.labels import EMOTIONS
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model
from tools import tiny_model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recognizer]:
    """A model per task, `a` to `c` of eight emotions, `five` of five; `b16` is `b` in FP16."""
    zoo = tmp_path_factory.mktemp("tasks")
    for name, task in (("a", "emotions-8"), ("b", "emotions-8"), ("c", "emotions-8")):
        tiny_model.write_model(zoo, name, "comparison", task)
    tiny_model.write_model(zoo, "five", "comparison", "negative-5")
    networks = {name: load_model(name, "FP32", zoo=zoo) for name in ("a", "b", "c", "five")}
    return networks | {"b16": load_model("b", "FP16", zoo=zoo)}


def says(recognizer: Recognizer, label: str | None) -> Opinion:
    """An opinion with a made-up answer."""
    shares = dict.fromkeys(recognizer.signature.labels, 0.0)
    if label is None:
        return Opinion(recognizer, Prediction(None, {}, "silent", 1.0))
    return Opinion(recognizer, Prediction(label, shares | {label: 1.0}, "ok", 1.0))


def plain(sentence: str) -> str:
    return sentence.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"a": "angry", "b": "angry"}, "a and b agree: ◆ angry."),
        ({"a": "sad", "b": "sad", "c": "sad"}, "a, b and c agree: ▼ sad."),
        (
            {"a": "angry", "b": "sad", "c": "angry"},
            "They disagree: a and c say ◆ angry; b says ▼ sad.",
        ),
        # A network in two precisions is one voice.
        ({"b": "sad", "b16": "sad"}, ""),
        ({"b": "sad", "b16": "sad", "c": "sad"}, "b, FP32 and FP16, and c agree: ▼ sad."),
        (
            {"a": "sad", "b": "calm", "b16": "calm"},
            "They disagree: a says ▼ sad; b, FP32 and FP16, says ● calm.",
        ),
        ({"b": "sad", "b16": "calm"}, "They disagree: b, FP32, says ▼ sad; b, FP16, says ● calm."),
        ({"a": "happy", "five": "happy"}, "a and five agree: ▲ happy."),
        (
            {"a": "angry", "b": "angry", "five": "negative"},
            "a, b and five agree: ◆ angry, or ◣ negative for models with coarser labels.",
        ),
        ({"a": "sad", "five": "calm"}, "They disagree: a says ▼ sad; five says ● calm."),
        (
            {"a": "angry", "b": "sad", "five": "negative"},
            "They disagree: a says ◆ angry; b says ▼ sad; five says ◣ negative.",
        ),
        ({"a": "angry"}, ""),
        ({"a": None, "b": None}, ""),
        ({"a": "angry", "b": None, "c": "angry"}, "a and c agree: ◆ angry."),
    ],
)
def test_one_sentence_says_whether_the_networks_agree(
    models: dict[str, Recognizer], answers: dict[str, str | None], sentence: str
):
    opinions = [says(models[name], label) for name, label in answers.items()]
    assert plain(agreement(opinions)) == sentence


def test_many_networks_are_counted(tmp_path: Path):
    names = [f"network-{n}" for n in range(5)]
    for name in names:
        tiny_model.write_model(tmp_path, name, "comparison")
    opinions = [says(load_model(name, zoo=tmp_path), "sad") for name in names]
    assert plain(agreement(opinions)) == "5 networks agree: ▼ sad."


@pytest.mark.parametrize("actual", EMOTIONS)
def test_right_means_right_in_the_models_own_labels(models: dict[str, Recognizer], actual: str):
    assert [e for e in EMOTIONS if says(models["a"], e).right(actual)] == [actual]
    unpleasant = {"sad", "angry", "fearful", "disgust"}
    assert says(models["five"], "negative").right(actual) == (actual in unpleasant)


def test_nobody_is_right_or_wrong_where_the_truth_is_not_known(models: dict[str, Recognizer]):
    assert says(models["a"], "angry").right("") is None
    assert says(models["a"], None).right("angry") is None


def with_result(zoo: Path, precision: str = "FP32", **changes: object) -> Recognizer:
    """A model with this result on unseen actors: rows are actual labels."""
    confusion = np.zeros((8, 8), int)
    angry, sad, calm = (EMOTIONS.index(label) for label in ("angry", "sad", "calm"))
    confusion[angry, angry], confusion[sad, angry], confusion[angry, calm] = 21, 9, 70
    card = tiny_model.write_model(zoo, "measured", "main")
    changes = {"protocol": "actors-5fold", "confusion": confusion.tolist()} | changes
    card = replace(card, results=[replace(card.results[0], **changes)])
    (zoo / "measured" / "card.json").write_text(card.to_json(), encoding="utf-8")
    return load_model("measured", precision, zoo=zoo)


def test_trust_is_the_precision_of_the_label_that_was_said(tmp_path: Path):
    recognizer = with_result(tmp_path)
    assert says(recognizer, "angry").trust == Trust("angry", 21, 30, False, "FP32")
    assert says(recognizer, "calm").trust == Trust("calm", 0, 70, False, "FP32")
    assert says(recognizer, "happy").trust is None, "it never said happy"


def test_trust_tells_which_precision_was_measured(tmp_path: Path):
    trust = says(with_result(tmp_path, "INT8"), "angry").trust
    assert trust is not None
    assert trust.precision == "FP32"


@pytest.mark.parametrize("of", ["this file", "recipe"])
def test_figures_on_known_voices_are_not_used(tmp_path: Path, of: str):
    recognizer = with_result(tmp_path, protocol="random-80-20", of=of)
    assert says(recognizer, "angry").trust is None


def test_a_model_that_heard_every_actor_is_trusted_by_its_recipe(tmp_path: Path):
    trust = says(with_result(tmp_path, of="recipe", fold=None), "angry").trust
    assert trust == Trust("angry", 21, 30, True, "FP32")
