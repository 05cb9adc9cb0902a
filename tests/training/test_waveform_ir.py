"""One IR from samples to probabilities, against librosa and the log-mel path."""

import re
import subprocess
import sys

import numpy as np
import openvino as ov
import pytest
import torch
from scipy.special import softmax

from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram, network_input
from ser_core.models.card import ModelCard
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.models.zoo import load_model, sha256
from ser_core.training.checkpoint import Run
from ser_core.training.front_end import LogMelLayer
from ser_core.training.verification import ConversionError
from ser_core.training.waveform_ir import (
    sounding_window,
    verify_waveform_ir,
    window_samples,
    write_waveform_ir,
)
from tests.librosa_oracle import librosa_log_mel
from tools.voices import noise, voice, wav


@pytest.fixture(scope="module")
def waveform_ir(zoo):
    xml = zoo / "small" / "waveform.xml"
    return ov.compile_model(xml, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def one_window(waveform):
    return np.pad(waveform, (0, 40800))[:40800].astype(np.float32)


VOICES = {
    "voice": voice(2.55),
    "high voice": voice(2.55, pitch_hz=280, vowels="ia", seed=3),
    "noise": noise(2.55),
    "short voice": voice(0.9),
    "quiet voice": 1e-3 * voice(2.55),
}


@pytest.mark.parametrize("waveform", VOICES.values(), ids=VOICES)
def test_the_log_mel_inside_is_librosas(waveform_ir, waveform):
    window = one_window(waveform)
    expected = librosa_log_mel(window, LogMel())
    found = waveform_ir(window[None])["log_mel"][0]
    # Below the 80 dB that the network sees, only rounding errors are left.
    floor = expected.max() - LogMel().floor_db
    np.testing.assert_allclose(np.maximum(found, floor), np.maximum(expected, floor), atol=0.01)


@pytest.mark.parametrize(
    "settings",
    [
        LogMel(),
        LogMel(n_mels=64, fmin=0.0, fmax=7600.0, n_fft=1024, win_length=1024, hop_length=256),
        LogMel(n_fft=512, win_length=401, hop_length=200),
    ],
    ids=["ours", "another", "odd window"],
)
@pytest.mark.parametrize("n_samples", [40800, 40959, 16001])
def test_the_layer_is_the_definition_for_any_settings_and_length(settings, n_samples):
    waveform = voice(3.0)[:n_samples]
    expected = settings(waveform)
    found = LogMelLayer(settings)(torch.from_numpy(waveform)[None])[0].numpy()
    assert found.shape == expected.shape
    floor = expected.max() - settings.floor_db
    np.testing.assert_allclose(np.maximum(found, floor), np.maximum(expected, floor), atol=0.01)


@pytest.mark.parametrize("waveform", VOICES.values(), ids=VOICES)
def test_its_probabilities_are_those_of_the_log_mel_ir(waveform_ir, zoo, waveform):
    window = one_window(waveform)
    recognizer = load_model("small", zoo=zoo)
    signature = recognizer.signature
    x = network_input(signature.features(window), signature.features)
    expected = softmax(recognizer.infer(x).logits / signature.temperature)
    found = waveform_ir(window[None])
    np.testing.assert_allclose(found["probabilities"][0], expected, atol=1e-4)


def test_a_window_holds_exactly_the_frames_of_the_network(zoo):
    signature = load_model("small", zoo=zoo).signature
    n_samples = window_samples(signature)
    assert n_samples == 40800
    assert signature.features(np.zeros(n_samples, np.float32)).shape == (80, 256)


def test_a_sounding_window_starts_with_the_voice(zoo):
    signature = load_model("small", zoo=zoo).signature
    silence = np.zeros(8000, np.float32)
    waveform = np.concatenate([silence, voice(3.5), silence])
    window = sounding_window(waveform, signature)
    log_mel = signature.features(waveform)
    (_, expected), *_ = Spectrogram(log_mel, signature.features).model_windows(256)
    # The first and the last frames of the piece lack what lies around it.
    np.testing.assert_allclose(signature.features(window)[:, 2:-2], expected[:, 2:-2], atol=0.01)


def test_labels_and_settings_travel_inside_and_the_card_lists_the_file(zoo):
    card = ModelCard.from_file(zoo / "small" / "card.json")
    model = ov.Core().read_model(zoo / "small" / "waveform.xml")
    assert model.get_rt_info(["model_info", "labels"]).astype(str).split() == list(card.labels)
    assert '"n_samples": 40800' in model.get_rt_info(["model_info", "waveform"]).astype(str)
    entry = card.files["waveform"]
    for name, checksum in entry.checksums.items():
        assert sha256(zoo / "small" / name) == checksum
    assert card.conversion.waveform.label_agreement == 1
    assert card.conversion.waveform.max_db_difference < 0.01


def test_the_recognizer_says_what_to_use_instead(zoo):
    with pytest.raises(ModelError, match="takes samples"):
        Recognizer(zoo / "small" / "waveform.xml")
    with pytest.raises(ModelError, match="is not available in waveform"):
        load_model("small", "waveform", zoo=zoo)


def test_verification_fails_where_the_two_irs_are_of_different_weights(checkpoint, zoo, tmp_path):
    network = Run.load(checkpoint).network
    signature = load_model("small", zoo=zoo).signature
    with torch.no_grad():
        network.head.classifier[1].bias[2] += 1.0
    write_waveform_ir(network, signature, tmp_path / "waveform.xml")
    with pytest.raises(ConversionError, match="waveform IR differs"):
        verify_waveform_ir(
            tmp_path / "waveform.xml", zoo / "small" / "fp32.xml", signature, [voice(1.0)]
        )


def test_the_example_of_the_readme_runs_and_agrees(zoo, waveform_ir, tmp_path):
    readme = (zoo / "small" / "README.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    assert len(example.splitlines()) == 10
    for suffix in (".xml", ".bin"):
        (tmp_path / f"waveform{suffix}").write_bytes(
            (zoo / "small" / f"waveform{suffix}").read_bytes()
        )
    waveform = voice(2.0)
    (tmp_path / "voice.wav").write_bytes(wav(waveform))
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    printed = eval(done.stdout)
    expected = waveform_ir(one_window(waveform)[None])["probabilities"][0]
    assert list(printed) == list(load_model("small", zoo=zoo).signature.labels)
    np.testing.assert_allclose(list(printed.values()), expected, atol=1e-3)  # 16-bit samples
