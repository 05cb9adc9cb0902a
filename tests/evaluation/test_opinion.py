"""Several models side by side: whether they agree, and how far to trust each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from ser_core.evaluation.opinions import Opinion, Trust, agreement
from ser_core.models.labels import EMOTIONS, TASKS
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model
from tools import tiny_model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recognizer]:
    """A model per task."""
    zoo = tmp_path_factory.mktemp("tasks")
    for task, role in (("emotions-8", "main"), ("negative-5", "comparison")):
        tiny_model.write_model(zoo, task, role, task)
    return {task: load_model(task, zoo=zoo) for task in TASKS}


def says(recognizer: Recognizer, label: str | None) -> Opinion:
    """An opinion with a made-up answer."""
    shares = dict.fromkeys(recognizer.signature.labels, 0.0)
    if label is None:
        return Opinion(recognizer, Prediction(None, {}, "silent", 1.0))
    return Opinion(recognizer, Prediction(label, shares | {label: 1.0}, "ok", 1.0))


def plain(sentence: str) -> str:
    return sentence.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("eight", "five", "sentence"),
    [
        (["angry", "angry"], [], "Both agree: ◆ angry."),
        (["sad", "sad", "sad"], [], "All 3 agree: ▼ sad."),
        (["angry", "sad", "angry"], [], "They disagree: 2 say ◆ angry, 1 says ▼ sad."),
        (["happy"], ["happy"], "Both agree: ▲ happy."),
        (
            ["angry", "angry"],
            ["negative"],
            "All 3 agree: ◆ angry, or ◣ negative for models with coarser labels.",
        ),
        (["happy"], ["negative"], "They disagree: 1 says ▲ happy, 1 says ◣ negative."),
        (
            ["angry", "sad"],
            ["negative"],
            "They disagree: 1 says ◆ angry, 1 says ▼ sad, 1 says ◣ negative.",
        ),
        (["angry"], [], ""),
        ([None, None], [], ""),
        (["angry", None, "angry"], [], "Both agree: ◆ angry."),
    ],
)
def test_one_sentence_says_whether_the_models_agree(
    models: dict[str, Recognizer], eight: list[str | None], five: list[str], sentence: str
):
    opinions = [says(models["emotions-8"], label) for label in eight]
    opinions += [says(models["negative-5"], label) for label in five]
    assert plain(agreement(opinions)) == sentence


@pytest.mark.parametrize("actual", EMOTIONS)
def test_right_means_right_in_the_models_own_labels(models: dict[str, Recognizer], actual: str):
    assert [e for e in EMOTIONS if says(models["emotions-8"], e).right(actual)] == [actual]
    unpleasant = {"sad", "angry", "fearful", "disgust"}
    assert says(models["negative-5"], "negative").right(actual) == (actual in unpleasant)


def test_nobody_is_right_or_wrong_where_the_truth_is_not_known(models: dict[str, Recognizer]):
    assert says(models["emotions-8"], "angry").right("") is None
    assert says(models["emotions-8"], None).right("angry") is None


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
    assert says(recognizer, "angry").trust == Trust("angry", 21, 30, "FP32")
    assert says(recognizer, "calm").trust == Trust("calm", 0, 70, "FP32")
    assert says(recognizer, "happy").trust is None, "it never said happy"


def test_trust_tells_which_precision_was_measured(tmp_path: Path):
    trust = says(with_result(tmp_path, "INT8"), "angry").trust
    assert trust is not None
    assert trust.precision == "FP32"


@pytest.mark.parametrize("changes", [{"protocol": "random-80-20"}, {"of": "recipe"}])
def test_figures_on_known_voices_or_of_other_networks_are_not_used(
    tmp_path: Path, changes: dict[str, object]
):
    assert says(with_result(tmp_path, **changes), "angry").trust is None
