"""The shipped main model and the small ones themselves."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest

from ser_core.audio.clip import Clip
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import ZOO, list_models, load_model, sha256
from tests.models.many_threads import assert_threads_answer_as_one_does
from tools import voices

FILES = [
    (card.name, precision)
    for card in list_models()
    if card.role in ("main", "small")
    for precision in card.precisions
]


@pytest.fixture(scope="module", params=FILES, ids=", ".join)
def recognizer(request: pytest.FixtureRequest) -> Recognizer:
    name, precision = request.param
    return load_model(name, precision)


@pytest.mark.slow
def test_sixteen_threads_answer_bit_for_bit_as_one_does(recognizer: Recognizer):
    clips = [
        Clip(voices.voice(0.6 + 0.4 * (i % 8), pitch_hz=90 + 15 * i, seed=i)) for i in range(16)
    ]
    assert_threads_answer_as_one_does(recognizer, clips, 3)


def test_the_ir_knows_its_own_precision(recognizer: Recognizer):
    assert Recognizer(recognizer.path).precision == recognizer.precision


def test_int8_keeps_the_answers(recognizer: Recognizer):
    """At most 2 points of UAR on the validation speakers, and 1 on the test of the card's fold."""
    card = recognizer.card
    assert card.conversion.fp32.label_agreement == 1
    assert card.conversion.int8.label_agreement >= 0.97
    assert card.conversion.int8.uar_drop <= 0.02
    uar = {
        r.precision: r.uar for r in card.results if r.of == "this file" and r.channel == "speech"
    }
    assert uar[card.most_exact] - uar["INT8"] <= 0.01 + 1e-9


def test_the_waveform_ir_is_the_cards_and_hears_what_the_model_hears():
    cards = [card for card in list_models() if "waveform" in card.files]
    if not cards:
        pytest.skip("no model in the zoo takes samples")
    card = cards[0]
    entry = card.files["waveform"]
    for name, checksum in entry.checksums.items():
        assert sha256(ZOO / card.name / name) == checksum
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = ov.compile_model(ZOO / card.name / entry.xml, "CPU", options)
    recognizer = load_model(card.name)
    features = recognizer.signature.features
    # Voices that fill the window to its ends, so that trimming has nothing to cut.
    for pitch_hz in (100, 160, 240):
        whole = voices.voice(entry.n_samples / 16_000, pitch_hz=pitch_hz, syllables_per_s=0)
        waveform = whole[: entry.n_samples]
        probabilities = compiled(waveform[None])["probabilities"][0]
        # As a picture: the voice detector, which the IR lacks, takes so steady a tone for none.
        log_mel = features(waveform)
        prediction = recognizer.predict(Spectrogram(log_mel, features))
        expected = list(prediction.probabilities.values())
        np.testing.assert_allclose(probabilities, expected, atol=0.02)
