"""What travels inside an IR."""

import json

import pytest

from ser_core.features.log_mel import LogMel
from ser_core.models.signature import Signature
from tools import tiny_model


def test_signature_survives_json():
    signature = Signature(("a", "b"), LogMel(n_mels=40, top_db=30.0), 128, 1.7, 0.35)
    assert Signature.from_json(signature.to_json()) == signature


def test_window_is_counted_in_seconds_of_hops():
    signature = tiny_model.signature()
    hop_s = signature.features.hop_length / signature.features.sample_rate
    assert signature.window_s == pytest.approx(signature.n_frames * hop_s)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "null",
        "[]",
        "3",
        "{}",
        json.dumps({"labels": 3, "features": {}, "n_frames": 256}),
        json.dumps({"labels": ["a"], "features": {"n_mel": 80}, "n_frames": 256}),
        json.dumps({"labels": ["a"], "features": None, "n_frames": 256}),
        json.dumps({"labels": ["a"], "features": {}}),
        json.dumps({"labels": ["a"], "features": {}, "n_frames": 256, "mood": "good"}),
    ],
)
def test_text_that_is_not_a_signature_is_refused(text: str):
    with pytest.raises(ValueError, match="not a valid model signature"):
        Signature.from_json(text)
