"""Evaluation of an IR: figures, report, stored answers, and refusal of clips heard in training."""

import dataclasses
import json
from functools import cache

import numpy as np
import pytest
from msgspec.structs import replace
from sklearn import metrics as sklearn_metrics

from ser_core.audio.clip import Clip
from ser_core.corpora.protocols import PROTOCOLS, split
from ser_core.corpora.readers import label_from_name, read_corpora
from ser_core.evaluation import answers as answers_module
from ser_core.evaluation.answers import Answer, channels, read_answers, write_answers
from ser_core.evaluation.evaluate import Selection, evaluate
from ser_core.evaluation.figures import EvaluationError, figures, report
from ser_core.evaluation.heard_in_training import is_training_file, write_heard
from ser_core.models.card import Certain, ModelCard
from ser_core.models.labels import EMOTIONS
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import ZOO, list_models, load_model
from tests.made_corpus import write_ravdess
from tools import tiny_model


def answer(actual: str, predicted: str, **changes: str) -> Answer:
    """An answer of one speaker that is 70 % sure."""
    probabilities = np.full(8, 0.3 / 7)
    if predicted:
        probabilities[EMOTIONS.index(predicted)] = 0.7
    plain = Answer(
        "file", "ravdess", "01", "M", "speech", "normal", "01", actual, predicted,
        tuple(probabilities / probabilities.sum()),
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


@pytest.fixture(scope="module")
def ravdess(tmp_path_factory):
    return write_ravdess(tmp_path_factory.mktemp("ravdess"))


@pytest.fixture
def zoo(own_zoo, ravdess):
    """A zoo whose main model says it was trained on folds 1 to 4."""
    path = own_zoo / "tiny" / "card.json"
    card = ModelCard.from_file(path)
    result = replace(card.results[0], protocol="actors-5fold", fold=0, channel="speech")
    path.write_text(replace(card, results=[result]).to_json())
    parts = split("actors-5fold", read_corpora(ravdess), fold=0)
    write_heard(own_zoo / "tiny", (*parts.train, *parts.validation))
    return own_zoo


def test_the_report_has_the_layout_of_2020():
    answers = [answer("angry", "angry")] * 36 + [answer("calm", "calm")] * 33
    answers += [answer("calm", "sad")] * 4
    lines = report(figures(answers, EMOTIONS)).splitlines()
    assert lines[0].startswith("Test Loss: 0.")
    assert lines[1:4] == [
        "Test Accuracy of calm: 89% (33/37)",
        "Test Accuracy of angry: 100% (36/36)",
        "Test Accuracy (Overall): 95% (69/73)",
    ]


def test_figures_equal_scikit_learn():
    rng = np.random.default_rng(0)
    answers = [answer(*rng.choice(EMOTIONS, 2), speaker=str(i % 5)) for i in range(80)]
    result = figures(answers, EMOTIONS)
    actual, predicted = [a.actual for a in answers], [a.predicted for a in answers]
    assert result.accuracy == pytest.approx(sklearn_metrics.accuracy_score(actual, predicted))
    assert result.uar == pytest.approx(
        sklearn_metrics.recall_score(actual, predicted, labels=EMOTIONS, average="macro")
    )
    assert (
        result.confusion
        == sklearn_metrics.confusion_matrix(actual, predicted, labels=EMOTIONS).tolist()
    )
    assert result.loss == pytest.approx(
        sklearn_metrics.log_loss(
            [EMOTIONS.index(a) for a in actual], [a.probabilities for a in answers], labels=range(8)
        )
    )
    low, high = result.intervals.uar
    assert low < result.uar < high


def test_breakdowns_add_up_to_the_whole():
    rng = np.random.default_rng(1)
    answers = [
        answer(*rng.choice(EMOTIONS, 2), gender="FM"[i % 2], channel=("speech", "song")[i % 3 == 0])
        for i in range(60)
    ]
    result = figures(answers, EMOTIONS)
    for name in ("gender", "channel"):
        groups = result.by[name].values()
        assert sum(group.n for group in groups) == 60
        assert sum(g.accuracy * g.n for g in groups) / 60 == pytest.approx(result.accuracy)
    assert figures(answers, EMOTIONS, "song").n == 20


def test_a_clip_without_an_answer_counts_as_wrong():
    result = figures([answer("sad", "sad"), answer("sad", "")], EMOTIONS)
    assert result.accuracy == 0.5
    assert result.unanswered == 1


def test_uncertain_answers_are_left_out_of_what_is_right_when_certain():
    unsure = dataclasses.replace(answer("sad", "sad"), probabilities=(0.3,) + (0.1,) * 7)
    answers = [answer("sad", "sad"), answer("sad", "calm"), unsure, answer("sad", "")]
    result = figures(answers, EMOTIONS, uncertain_below=0.5)
    assert result.certain == Certain(coverage=0.5, accuracy=0.5)
    assert "Not uncertain: 50.0% of the clips, of which 50.0% are right" in report(result)
    assert figures([unsure], EMOTIONS, uncertain_below=0.5).certain.coverage == 0


def test_a_channel_without_clips_is_reported():
    with pytest.raises(EvaluationError, match="no clips in the channel 'song'"):
        figures([answer("sad", "sad")], EMOTIONS, "song")


def test_stored_answers_come_back_and_replace_those_of_the_same_run(tmp_path):
    path = tmp_path / "predictions" / "loso.csv"
    first, second = [answer("sad", "sad")], [answer("sad", "calm"), answer("calm", "")]
    write_answers(path, first, EMOTIONS, of="this file", fold=0, precision="FP32")
    write_answers(path, first, EMOTIONS, of="this file", fold=0, precision="INT8")
    write_answers(path, second, EMOTIONS, of="this file", fold=0, precision="FP32")
    read = read_answers(path, EMOTIONS, of="this file", fold=0, precision="FP32")
    assert read == second
    read = read_answers(path, EMOTIONS, of="this file", fold=0, precision="INT8")
    assert read == first


def test_evaluating_the_cards_own_protocol_counts_only_unseen_actors(zoo, ravdess):
    result = evaluate(load_model("tiny", zoo=zoo), ravdess)
    assert (result.protocol, result.fold, result.channel) == ("actors-5fold", 0, "speech")
    assert set(result.by["speaker"]) == {"02", "05", "14", "15", "16"}
    assert result.n == 40
    assert result.heard_in_training == []


def test_the_recognizer_and_the_evaluation_give_the_same_answers(zoo, ravdess):
    recognizer = load_model("tiny", zoo=zoo)
    result = evaluate(recognizer, ravdess)
    right = 0
    for actor in ("02", "05", "14", "15", "16"):
        for path in (ravdess / f"Actor_{actor}").iterdir():
            right += recognizer(Clip.from_file(path)).label == label_from_name(path.name)
    assert result.accuracy == right / 40


@pytest.mark.parametrize(
    ("name", "in_training"),
    [
        ("03-01-03-01-01-01-01.wav", True),
        ("Actor_01/03-01-03-01-01-01-01.flac", True),
        ("happy/ann/1.wav", True),
        ("mine\\happy\\ann\\1.wav", True),
        ("1.wav", False),  # many are called so
        ("sad/ann/1.wav", False),
        ("", False),
    ],
)
def test_a_training_file_is_recognized_by_its_name_or_path(name, in_training):
    training_files = {"ravdess/03-01-03-01-01-01-01", "own/happy/ann/1"}
    assert is_training_file(name, training_files) == in_training


def test_a_channel_without_a_name_of_ours_counts_among_all():
    assert channels([answer("sad", "sad", channel="phone")]) == ["all"]
    assert channels([answer("sad", "sad")]) == ["speech"]
    both = [answer("sad", "sad"), answer("sad", "sad", channel="song")]
    assert channels(both) == ["speech", "song", "all"]


def test_clips_heard_in_training_are_refused_or_marked(zoo, ravdess):
    recognizer = load_model("tiny", zoo=zoo)
    with pytest.raises(EvaluationError, match="was trained on 40 of these 40 clips"):
        evaluate(recognizer, ravdess, Selection("actors-5fold", fold=1))
    result = evaluate(recognizer, ravdess, Selection("actors-5fold", fold=1), force=True)
    assert len(result.heard_in_training) == 40
    assert "Heard in training: 40 of these 40 clips" in result.as_text()


def test_own_recordings_are_evaluated_as_they_are(zoo, tmp_path, speech_like_wav):
    (tmp_path / "own" / "angry").mkdir(parents=True)
    (tmp_path / "own" / "angry" / "mine.wav").write_bytes(speech_like_wav)
    result = evaluate(load_model("tiny", zoo=zoo), tmp_path / "own", Selection("all-clips"))
    assert result.n == 1
    assert result.heard_in_training == []


def test_the_json_of_an_evaluation_is_the_contract(zoo, ravdess):
    data = json.loads(evaluate(load_model("tiny", zoo=zoo), ravdess).to_json())
    assert list(data) == [
        "model", "precision", "protocol", "fold", "seed", "heard_in_training", "masked",
        "unread", "copies", "channel", "n", "accuracy", "uar", "loss", "ece", "certain",
        "per_class", "confusion", "intervals", "unanswered", "by",
    ]  # fmt: skip
    assert set(data["per_class"]["happy"]) == {"correct", "total"}
    assert set(data["by"]["gender"]["F"]) == {"n", "accuracy", "uar"}


def test_a_model_from_outside_the_zoo_is_refused(tmp_path, ravdess):
    recognizer = Recognizer(tiny_model.write_ir(tmp_path / "stray.xml"))
    with pytest.raises(EvaluationError, match="Only models of the zoo"):
        evaluate(recognizer, ravdess)


@pytest.mark.slow
@pytest.mark.parametrize("card", list_models(), ids=lambda card: card.name)
def test_the_figures_of_every_card_are_those_of_its_stored_predictions(card, monkeypatch):
    monkeypatch.setattr(answers_module, "_rows", cache(answers_module._rows))
    assert card.results, "a card without a result proves nothing"
    for result in card.results:
        which = {"of": result.of, "precision": result.precision}
        if result.of == "this file":
            which["fold"] = result.fold
        stored, channel = ZOO / card.name / result.predictions, result.channel
        answers = read_answers(stored, card.labels, **which)
        masked = PROTOCOLS[result.protocol].other_corpus
        threshold = None if masked else card.uncertain_below
        expected = figures(answers, card.labels, channel, threshold)
        if result.of == "recipe":
            single = [
                figures(
                    read_answers(stored, card.labels, **which, fold=trial.number),
                    card.labels,
                    channel,
                )
                for trial in result.trials
            ]
            for name in ("uar", "accuracy"):
                mean = float(np.mean([getattr(of_fold, name) for of_fold in single]))
                expected = replace(expected, **{name: mean})
        else:
            assert result.certain == expected.certain, result.protocol
        for name in ("n", "accuracy", "uar", "loss", "ece", "confusion", "per_class", "intervals"):
            assert getattr(result, name) == getattr(expected, name), (result.protocol, name)


def test_the_main_models_ir_gives_the_figures_of_its_card(corpora):
    card = list_models()[0]
    entry = next(r for r in card.own_results if r.precision == card.most_exact)
    result = evaluate(load_model(card.name), corpora)
    assert result.confusion == entry.confusion
    assert result.accuracy == entry.accuracy
    assert result.uar == entry.uar
