"""PyTorch, ONNX and the IRs agree; ONNX Runtime is the independent witness."""

import dataclasses
import shutil

import numpy as np
import onnxruntime
import openvino as ov
import pytest
import torch
from msgspec.structs import asdict

from ser_core.corpora.readers import load_clip
from ser_core.evaluation.answers import read_answers
from ser_core.evaluation.figures import figures
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.card import ModelCard
from ser_core.models.recognizer import Recognizer
from ser_core.models.signature import Signature
from ser_core.models.zoo import list_models, load_model
from ser_core.training import calibration, verification
from ser_core.training.calibration import (
    MAX_THRESHOLD,
    calibrated_signature,
    certainty_threshold,
)
from ser_core.training.checkpoint import Epoch, Run
from ser_core.training.clips import clip_logits
from ser_core.training.convert import export_onnx
from ser_core.training.packaging import ZooEntry, package
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split, run_training
from ser_core.training.verification import (
    Agreement,
    ConversionError,
    Witness,
    require_close,
    require_equal,
    torch_logits,
)
from ser_core.training.workspace import Workspace
from ser_core.walkthrough.voice_map import read_voice_map


def test_onnx_runtime_gives_the_logits_of_pytorch(small_run, validation, tmp_path):
    recipe, network = small_run.recipe, small_run.network
    signature = Signature(recipe.labels, recipe.features, recipe.n_frames)
    export_onnx(network, signature, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    windows, _ = validation.windows
    expected = torch_logits(network, windows)
    found = np.concatenate([session.run(["logits"], {"log_mel": x})[0] for x in windows])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_recognizer_gives_the_logits_of_training(small_run, validation, zoo, made_ravdess):
    """The whole serving path against the whole training path, over the same clips."""
    recognizer = load_model("small", zoo=zoo)
    logits = clip_logits(small_run.network, validation) / recognizer.signature.temperature
    expected = torch.from_numpy(logits).softmax(dim=1).numpy()
    features = recognizer.signature.features
    # Without the waveform, as in training: there, the voice detector does not choose frames.
    log_mels = [
        features(load_clip(utterance).waveform)
        for utterance in recipe_split(small_run.recipe, made_ravdess).validation
    ]
    probabilities = [
        list(recognizer.predict(Spectrogram(log_mel, features)).probabilities.values())
        for log_mel in log_mels
    ]
    np.testing.assert_allclose(probabilities, expected, atol=5e-3)  # the cache is float16


def test_all_outputs_of_the_ir_equal_pytorch(small_run, validation, zoo):
    window = validation.windows[0][0]
    found = load_model("small", zoo=zoo).infer(window)
    with torch.inference_mode():
        expected = small_run.network(torch.from_numpy(window))
    for name in ("logits", "evidence", "embedding"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name)[0].numpy(), atol=1e-3
        )


def test_the_card_states_how_far_each_ir_is_from_pytorch(zoo):
    card = ModelCard.from_file(zoo / "small" / "card.json")
    assert None not in asdict(card.conversion).values()
    assert card.conversion.fp32.max_logit_difference < 1e-3
    assert card.conversion.fp32.label_agreement == 1
    assert card.conversion.int8.label_agreement <= 1
    assert card.files["FP16"].bytes < card.files["FP32"].bytes
    assert card.precisions == ("FP32", "FP16", "INT8")


def test_the_card_states_what_became_of_the_operations(zoo):
    report = ModelCard.from_file(zoo / "small" / "card.json").conversion
    assert report.pytorch.operations["BatchNorm2d"] > 0
    assert "BatchNorm2d" not in report.onnx.operations  # folded into the convolutions
    assert not any("BatchNorm" in kind for kind in report.fp32.operations)
    for ir in (report.fp32, report.int8):
        assert 0 < sum(ir.executed.values()) < sum(ir.operations.values())
        assert any(" + " in kinds for kinds in ir.fused)
    assert report.fp32.layers_in_8_bits == 0
    assert 0 < report.int8.layers_in_8_bits < report.int8.layers
    assert report.int8.float_parts == report.int8.tried[-1].float_parts


def test_a_main_model_gets_a_map_of_the_voices_that_it_never_heard(small_run, zoo, shared):
    card = ModelCard.from_file(zoo / "small" / "card.json")
    voices = read_voice_map(zoo / "small", card.files[card.most_exact].sha256.bin)
    assert voices is not None
    unheard = recipe_split(small_run.recipe, shared.data).test
    assert {*voices.files} <= {u.file for u in unheard}
    assert {*voices.speakers} == {u.speaker for u in unheard}


def test_int8_really_holds_8_bit_weights(zoo):
    model = ov.Core().read_model(zoo / "small" / "int8.xml")
    types = [op.get_element_type().get_type_name() for op in model.get_ops()]
    assert "i8" in types or "u8" in types
    assert any(op.get_type_name() == "FakeQuantize" for op in model.get_ops())


def test_an_ir_file_alone_is_enough(zoo, tmp_path, speech_like):
    for suffix in (".xml", ".bin"):
        (tmp_path / f"alone{suffix}").write_bytes((zoo / "small" / f"fp32{suffix}").read_bytes())
    alone = Recognizer(tmp_path / "alone.xml")(speech_like)
    assert alone.probabilities == load_model("small", zoo=zoo)(speech_like).probabilities


def test_verification_fails_loudly_when_the_ir_is_of_other_weights(checkpoint, validation, zoo):
    network = Run.load(checkpoint).network
    with torch.no_grad():
        network.head.classifier[1].bias[2] += 0.01
    found = Witness(network, validation).compare(zoo / "small" / "fp32.xml")
    assert found.max_logit_difference == pytest.approx(0.01, abs=1e-4)
    with pytest.raises(ConversionError, match=r"FP32 differs from PyTorch by 0\.01"):
        require_equal("FP32", found)


def test_the_witness_judges_whole_clips(checkpoint, small_run, validation, zoo):
    """Accuracy and UAR of an IR from its own answers, clip by clip."""
    witness = Witness(small_run.network, validation)
    network = Run.load(checkpoint).network
    with torch.no_grad():
        network.head.classifier[1].bias[:] = torch.tensor([9.0, 0, 0, 0, 0, 0, 0, 0])
    spoiled = Witness(network, validation)
    predicted = clip_logits(small_run.network, validation).argmax(1)
    right = np.mean(predicted == validation.targets)
    xml = zoo / "small" / "fp32.xml"
    assert witness.compare(xml).accuracy_drop == 0
    # The spoiled network says neutral (a quarter of the clips) to everything.
    assert spoiled.compare(xml).accuracy_drop == pytest.approx(0.25 - right)


@pytest.mark.parametrize(
    "found",
    [
        Agreement(2e-3, 1.0, 0.0, 0.0),
        Agreement(1e-6, 0.999, 0.0, 0.0),
        Agreement(float("nan"), 1.0, 0.0, 0.0),
    ],
    ids=["logits", "a label", "not a number"],
)
def test_fp32_may_differ_in_nothing(found):
    with pytest.raises(ConversionError, match="FP32 differs"):
        require_equal("FP32", found)


@pytest.mark.parametrize(
    ("agreement", "uar_drop", "good"),
    [(0.97, 0.02, True), (1.0, -0.02, True), (0.969, 0.0, False), (0.99, 0.0201, False)],
)
def test_int8_keeps_97_percent_of_the_labels_and_loses_two_points_at_most(
    agreement, uar_drop, good
):
    found = Agreement(0.8, agreement, 0.0, uar_drop)
    if good:
        require_close("INT8", found)
    else:
        with pytest.raises(ConversionError, match="INT8 changes the answers"):
            require_close("INT8", found)


def test_a_conversion_that_fails_leaves_the_zoo_as_it_was(
    checkpoint, shared, zoo, tmp_path, monkeypatch
):
    shutil.copytree(zoo / "small", tmp_path / "small")
    before = {path.name: path.read_bytes() for path in tmp_path.glob("small/*.*")}
    monkeypatch.setattr(verification, "MAX_FP32_DIFFERENCE", -1.0)
    with pytest.raises(ConversionError, match="ONNX differs"):
        package(checkpoint, ZooEntry("small"), shared, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("small/*.*")} == before


def test_temperature_lowers_the_loss_and_keeps_the_labels(small_run, validation):
    from sklearn.metrics import log_loss

    signature = calibrated_signature(small_run.network, validation)
    logits = torch.from_numpy(clip_logits(small_run.network, validation))
    labels = range(len(signature.labels))
    before = log_loss(validation.targets, logits.softmax(1).numpy(), labels=labels)
    scaled = (logits / signature.temperature).softmax(1).numpy()
    assert log_loss(validation.targets, scaled, labels=labels) <= before + 1e-9


def test_the_threshold_leaves_answers_that_are_right_four_times_in_five(small_run, validation):
    signature = calibrated_signature(small_run.network, validation)
    logits = torch.from_numpy(clip_logits(small_run.network, validation))
    certainty, label = (logits / signature.temperature).softmax(1).max(dim=1)
    certain = certainty.numpy() >= signature.uncertain_below + 1e-4
    right = (label.numpy() == validation.targets)[certain]
    enough = right.size > 0 and right.mean() >= 0.8
    assert enough or signature.uncertain_below == MAX_THRESHOLD


@pytest.mark.parametrize(
    ("certainties", "right", "expected"),
    [
        ((0.9, 0.7, 0.6, 0.5, 0.4), (1, 1, 1, 1, 0), 0.4),  # four of five, so all that there are
        ((0.95, 0.7, 0.6, 0.5, 0.4), (1, 1, 0, 0, 0), 0.7),
        ((0.9, 0.7, 0.6, 0.5, 0.4), (0, 1, 0, 1, 0), 0.95),  # never right enough
        ((0.99, 0.95, 0.95, 0.9, 0.9), (1, 1, 1, 1, 1), 0.8),  # nobody less certain was asked
    ],
)
def test_the_threshold_is_the_lowest_certainty_that_is_right_enough(certainties, right, expected):
    probabilities = np.array([[c, 1 - c] if c > 0.5 else [c, c / 2] for c in certainties])
    targets = np.where(right, 0, 1)
    assert certainty_threshold(probabilities, targets) == pytest.approx(expected)


def test_the_stored_predictions_give_the_figures_of_the_card(zoo):
    (card,) = list_models(zoo)
    for result in card.results:
        found = read_answers(
            zoo / card.name / result.predictions,
            card.labels,
            of=result.of,
            fold=result.fold,
            precision=result.precision,
        )
        expected = figures(found, card.labels, result.channel)
        for name in ("n", "accuracy", "uar", "loss", "ece", "confusion", "per_class", "intervals"):
            assert getattr(result, name) == getattr(expected, name), name


def test_of_small_models_that_share_a_recipe_only_the_calibrating_one_takes_samples():
    assert ZooEntry("one", role="small").takes_samples
    assert not ZooEntry("all", role="small", calibrated_by="one").takes_samples


def test_precisions_may_be_left_out_but_not_all(checkpoint, shared, tmp_path, monkeypatch):
    monkeypatch.setattr(verification, "MIN_INT8_AGREEMENT", 0.0)
    monkeypatch.setattr(verification, "MAX_INT8_UAR_DROP", 1.0)
    monkeypatch.setattr(calibration, "N_CALIBRATION", 30)
    with pytest.raises(ValueError, match="one precision at least"):
        ZooEntry("small", without=["FP32", "FP16", "INT8"])
    with pytest.raises(ValueError, match="no precision FP8"):
        ZooEntry("small", without=["FP8"])
    card = package(checkpoint, ZooEntry("small", without=["FP32"]), shared, tmp_path)
    assert card.precisions == ("FP16", "INT8")
    assert not list(tmp_path.rglob("fp32.*"))
    assert {r.precision for r in card.results} == {"FP16", "INT8"}
    assert "| FP32 | fp32" not in (tmp_path / "small" / "README.md").read_text()


def test_the_card_of_a_refit_network_shows_the_curves_that_validation_judged(
    recipe, workspace, tmp_path, monkeypatch
):
    monkeypatch.setattr(verification, "MIN_INT8_AGREEMENT", 0.0)
    monkeypatch.setattr(verification, "MAX_INT8_UAR_DROP", 1.0)
    monkeypatch.setattr(calibration, "N_CALIBRATION", 30)
    refit = dataclasses.replace(recipe, protocol="random-80-20", epochs=1, refit=True)
    checkpoint, zoo = run_training(refit, workspace, "refit"), tmp_path / "zoo"
    card = package(checkpoint, ZooEntry("refit"), workspace, zoo)
    (before,) = workspace.runs.glob("se_resnet-*")
    assert (zoo / "refit" / "curves.csv").read_text() == (before / "curves.csv").read_text()
    parts = recipe_split(refit, workspace.data)
    assert card.training.n_train == len(parts.train)
    heard = heard_in_training(zoo / "refit") - {""}
    assert heard == {f"ravdess/{utterance.file}" for utterance in parts.train}
    readme = (zoo / "refit" / "README.md").read_text()
    assert f"{len(parts.validation)} of which" in readme
    assert "The model was trained on these, too" in readme


def test_a_stopped_run_is_refused_and_says_where_it_stopped(tmp_path, monkeypatch):
    epoch = Epoch(1, 0.1, 1.0, 1.0, 0.5, 0.5, 100.0)
    stopped = Run(tmp_path / "checkpoint.pt", Recipe(epochs=5), torch.nn.Identity(), (epoch,) * 3)
    assert dataclasses.replace(stopped, recipe=Recipe(epochs=3)).unfinished == ""
    monkeypatch.setattr(Run, "load", lambda _: stopped)
    workspace = Workspace(tmp_path, tmp_path, tmp_path)
    with pytest.raises(ValueError, match="stopped after epoch 3 of 5"):
        package(stopped.checkpoint, ZooEntry("x"), workspace, tmp_path / "zoo")
    assert not (tmp_path / "zoo").exists()
