"""What returns to floating point when 8 bits change the answers."""

import numpy as np
import openvino as ov
import pytest

from ser_core.models.signature import Signature
from ser_core.training.convert import export_onnx
from ser_core.training.networks import build
from ser_core.training.quantization import head_operations, quantize
from ser_core.training.recipe import Recipe
from ser_core.training.verification import Agreement, ConversionError
from tests.recorder import Recorder

CALIBRATION = np.random.default_rng(0).standard_normal((4, 1, 1, 80, 256)).astype(np.float32)
GOOD, BAD = Agreement(0.1, 1.0, 0.0, 0.0), Agreement(3.0, 0.5, 0.2, 0.2)


def float_model(arch, folder, **options):
    signature = Signature(Recipe().labels, Recipe().features, 256)
    export_onnx(build(arch, 8, 80, **options), signature, folder / "network.onnx")
    return ov.convert_model(folder / "network.onnx")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    options = {"channels": (8, 8), "pools": ((2, 2), (2, 2)), "n_attention": 8, "n_embedding": 8}
    return float_model("cnn", tmp_path_factory.mktemp("onnx"), **options)


def test_one_attempt_is_enough_where_the_answers_stay(model):
    result = quantize(model, CALIBRATION, lambda _: GOOD)
    assert result.float_parts == "the head"
    assert len(result.tried) == 1
    assert len(result.float_layers) == 5  # two of the attention, the evidence, two linear
    assert set(result.float_layers) <= set(head_operations(model))


def test_parts_return_to_floating_point_until_the_answers_stay(model):
    answers, progress = iter([BAD, GOOD]), Recorder()
    result = quantize(model, CALIBRATION, lambda _: next(answers), progress)
    assert result.float_parts == "the head and the first convolution"
    assert [agreement for _, agreement in result.tried] == [BAD, GOOD]
    assert len(result.float_layers) == 6
    assert len(progress.lines) == 2


def test_it_fails_loudly_where_nothing_helps(model):
    with pytest.raises(ConversionError, match=r"first half of the convolutions.*50\.0% equal"):
        quantize(model, CALIBRATION, lambda _: BAD)


def test_depthwise_convolutions_return_together(tmp_path):
    options = {"channels": (8, 8), "strides": ((1, 1), (2, 2)), "stem": 8}
    edge = float_model("ds_cnn", tmp_path, **options)
    answers = iter([BAD, BAD, GOOD])
    result = quantize(edge, CALIBRATION, lambda _: next(answers))
    assert "depthwise" in result.float_parts
    kinds = {op.get_friendly_name(): op.get_type_name() for op in result.model.get_ops()}
    assert [kinds[n] for n in result.float_layers].count("GroupConvolution") == 2


def test_nothing_is_printed_but_what_is_said(model, capfd):
    quantize(model, CALIBRATION, lambda _: GOOD)
    assert capfd.readouterr() == ("", "")
