"""PyTorch, ONNX and the IRs agree; ONNX Runtime is the independent witness."""

import json

import numpy as np
import onnxruntime
import openvino as ov
import pytest
import torch

from ser_core.corpora.readers import load_clip
from ser_core.evaluation import figures, read_answers
from ser_core.recognizer import Recognizer
from ser_core.signature import Signature
from ser_core.training import convert as conversion
from ser_core.training.features_cache import log_mels
from ser_core.training.packaging import calibrated_signature, package
from ser_core.training.run import recipe_split
from ser_core.training.train import Clips, clip_logits, load_checkpoint
from ser_core.zoo import ModelCard, list_models, load_model


@pytest.fixture(scope="module")
def zoo(checkpoint, made_ravdess, features, tmp_path_factory):
    """A zoo with the one model of the small run."""
    folder = tmp_path_factory.mktemp("zoo")
    package(
        checkpoint, "small", made_ravdess, features, folder, "Small", "main", say=lambda _: None
    )
    return folder


@pytest.fixture(scope="module")
def validation(checkpoint, made_ravdess, features):
    recipe, *_ = load_checkpoint(checkpoint)
    part = recipe_split(recipe, made_ravdess).validation
    return Clips(part, log_mels(part, recipe.features, features), recipe)


def test_onnx_runtime_gives_the_logits_of_pytorch(checkpoint, validation, tmp_path):
    recipe, network, _ = load_checkpoint(checkpoint)
    signature = Signature(recipe.labels, recipe.features, recipe.n_frames)
    conversion.export_onnx(network, signature, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    windows, _ = validation.windows()
    expected = conversion.torch_logits(network, windows)
    found = np.concatenate([session.run(["logits"], {"log_mel": x})[0] for x in windows])
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_recognizer_gives_the_logits_of_training(checkpoint, validation, zoo, made_ravdess):
    """The whole serving path against the whole training path, over the same clips."""
    recipe, network, _ = load_checkpoint(checkpoint)
    recognizer = load_model("small", zoo=zoo)
    logits = clip_logits(network, validation) / recognizer.signature.temperature
    expected = torch.from_numpy(logits).softmax(dim=1).numpy()
    found = [
        list(recognizer(load_clip(utterance)).probabilities.values())
        for utterance in recipe_split(recipe, made_ravdess).validation
    ]
    np.testing.assert_allclose(found, expected, atol=5e-3)  # the cache is float16


def test_all_outputs_of_the_ir_equal_pytorch(checkpoint, validation, zoo):
    _, network, _ = load_checkpoint(checkpoint)
    window = validation.windows()[0][0]
    found = load_model("small", zoo=zoo).infer(window)
    with torch.inference_mode():
        expected = network(torch.from_numpy(window))
    for name in ("logits", "evidence", "embedding"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name)[0].numpy(), atol=1e-3
        )


def test_the_card_states_how_far_each_ir_is_from_pytorch(zoo):
    card = ModelCard.from_file(zoo / "small" / "card.json")
    assert set(card.conversion) == {"onnx", "fp32", "fp16", "int8"}
    assert card.conversion["fp32"]["max_logit_difference"] < 1e-3
    assert card.conversion["fp32"]["label_agreement"] == 1
    assert card.files["FP16"]["bytes"] < card.files["FP32"]["bytes"]


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


def test_verification_fails_loudly_when_the_ir_is_of_other_weights(
    checkpoint, validation, zoo, tmp_path
):
    recipe, network, _ = load_checkpoint(checkpoint)
    with torch.no_grad():
        network.head.classifier[1].bias[2] += 0.01
    signature = Signature(recipe.labels, recipe.features, recipe.n_frames)
    paths = {p: zoo / "small" / f"{p.lower()}.xml" for p in ("FP32", "FP16", "INT8")}
    with pytest.raises(conversion.ConversionError, match=r"FP32 differs from PyTorch by 0\.01"):
        conversion.verify(network, signature, paths, validation.windows()[0])


def test_temperature_lowers_the_loss_and_keeps_the_labels(checkpoint, validation):
    from sklearn.metrics import log_loss

    recipe, network, _ = load_checkpoint(checkpoint)
    signature = calibrated_signature(recipe, network, validation)
    logits = torch.from_numpy(clip_logits(network, validation))
    labels = range(len(recipe.labels))
    before = log_loss(validation.targets, logits.softmax(1).numpy(), labels=labels)
    scaled = (logits / signature.temperature).softmax(1).numpy()
    assert log_loss(validation.targets, scaled, labels=labels) <= before + 1e-9


def test_the_threshold_leaves_answers_that_are_right_four_times_in_five(checkpoint, validation):
    recipe, network, _ = load_checkpoint(checkpoint)
    signature = calibrated_signature(recipe, network, validation)
    logits = torch.from_numpy(clip_logits(network, validation))
    certainty, label = (logits / signature.temperature).softmax(1).max(dim=1)
    certain = certainty.numpy() >= signature.uncertain_below + 1e-4
    right = (label.numpy() == validation.targets)[certain]
    assert right.mean() >= 0.8 if right.size else signature.uncertain_below == 1


def test_the_stored_predictions_give_the_figures_of_the_card(zoo):
    (card,) = list_models(zoo)
    for result in card.results:
        found = read_answers(
            zoo / card.name / result["predictions"],
            card.labels,
            of=result["of"],
            fold=result["fold"],
            precision=result["precision"],
        )
        expected = json.loads(json.dumps(figures(found, card.labels, result["channel"])))
        for name in ("n", "accuracy", "uar", "loss", "ece", "confusion", "per_class", "intervals"):
            assert result[name] == expected[name], name
