"""An IR and its signature: clip in, prediction out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from scipy.special import softmax

from ser_core.audio.clip import Clip
from ser_core.features.spectrogram import Spectrogram, network_input
from ser_core.models.labels import EMOTIONS
from ser_core.models.prediction import STATUS_SENTENCES, Prediction
from ser_core.models.recognizer import SIGNATURE_PATH, ModelError, Recognizer
from ser_core.models.zoo import load_model
from ser_core.runtime.places import SAMPLES
from tests.models.many_threads import assert_threads_answer_as_one_does
from tools import tiny_model, voices


def answer(prediction: Prediction) -> np.ndarray:
    return np.array(list(prediction.probabilities.values()))


def any_sound(recognizer: Recognizer, waveform: np.ndarray) -> Prediction:
    """The answer to a sound that need not be a voice: to its spectrogram, as to a picture of it."""
    features = recognizer.signature.features
    return recognizer.predict(Spectrogram(features(waveform), features))


# --- the answer --------------------------------------------------------------------------------


def test_probabilities_sum_to_one_in_the_order_of_the_labels(
    tiny_recognizer: Recognizer, speech_like: Clip
):
    prediction = tiny_recognizer(speech_like)
    assert tuple(prediction.probabilities) == EMOTIONS
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert prediction.label == max(EMOTIONS, key=prediction.probabilities.__getitem__)
    assert prediction.status == "ok"
    assert prediction.sentence == ""
    assert prediction.duration_s == speech_like.duration_s


def test_the_network_is_given_the_window_and_its_outputs_are_returned(
    tiny_recognizer: Recognizer,
):
    x = np.random.default_rng(0).uniform(-2, 2, (1, 1, 80, 256)).astype(np.float32)
    # What the tiny network computes, by hand: means of cells, their rise, then a matrix.
    cells = x.reshape(8, 10, 32, 8)
    rise = cells[..., 4:].mean((1, 3)) - cells[..., :4].mean((1, 3))
    loud = cells.mean((1, 3)) + np.linspace(0.2, 1.6, 8)[:, None]
    features = np.maximum(np.concatenate([loud, rise]), 0)
    weights, bias = tiny_model.head(8)
    evidence = weights @ features + bias[:, None]

    output = tiny_recognizer.infer(x)
    np.testing.assert_allclose(output.evidence, evidence, atol=1e-4)
    np.testing.assert_allclose(output.logits, evidence.mean(axis=1), atol=1e-4)
    np.testing.assert_allclose(output.embedding, features.mean(axis=1), atol=1e-4)


def test_a_short_clip_is_answered_by_one_window(tiny_recognizer: Recognizer, speech_like: Clip):
    signature = tiny_recognizer.signature
    log_mel = signature.features(speech_like.waveform)
    [(_, window)] = Spectrogram(log_mel, signature.features).model_windows(signature.n_frames)
    output = tiny_recognizer.infer(network_input(window, signature.features))
    prediction = tiny_recognizer(speech_like)
    np.testing.assert_allclose(answer(prediction), softmax(output.logits), rtol=1e-4)
    np.testing.assert_allclose(prediction.embedding, output.embedding, rtol=1e-4)


def test_a_long_clip_is_answered_by_the_mean_of_overlapping_windows(tiny_recognizer: Recognizer):
    clip = Clip(voices.voice(8.0))
    signature = tiny_recognizer.signature
    log_mel = signature.features(clip.waveform)
    windows = Spectrogram(log_mel, signature.features).model_windows(signature.n_frames)
    assert len(windows) > 4
    logits = [
        tiny_recognizer.infer(network_input(window, signature.features)).logits
        for _, window in windows
    ]
    expected = softmax(np.mean(logits, axis=0))
    np.testing.assert_allclose(answer(tiny_recognizer(clip)), expected, rtol=1e-5)


def test_different_sounds_get_different_labels(tiny_recognizer: Recognizer):
    dark, bright = voices.voice(pitch_hz=90, vowels="u"), voices.noise(2.0)
    assert any_sound(tiny_recognizer, dark).label in EMOTIONS[:3]
    assert any_sound(tiny_recognizer, bright).label in EMOTIONS[4:]


@pytest.mark.parametrize("gain_db", [-20, 6])
def test_the_gain_of_the_microphone_does_not_change_the_answer(
    tiny_recognizer: Recognizer, gain_db: int
):
    voice = voices.voice() + voices.noise(2.0, rms=1e-4)
    louder = Clip(np.float32(10 ** (gain_db / 20)) * voice)
    np.testing.assert_allclose(
        answer(tiny_recognizer(louder)), answer(tiny_recognizer(Clip(voice))), atol=1e-3
    )


def test_silence_around_the_voice_does_not_change_the_answer(
    tiny_recognizer: Recognizer, speech_like: Clip
):
    silence = np.zeros(16_000, np.float32)
    surrounded = Clip(np.concatenate([silence, speech_like.waveform, silence]))
    np.testing.assert_allclose(
        answer(tiny_recognizer(surrounded)), answer(tiny_recognizer(speech_like)), atol=0.02
    )


def test_a_log_mel_gets_the_answer_of_its_clip(tiny_recognizer: Recognizer, speech_like: Clip):
    log_mel = tiny_recognizer.signature.features(speech_like.waveform)
    prediction = tiny_recognizer.predict(Spectrogram(log_mel, tiny_recognizer.signature.features))
    assert answer(prediction).tolist() == answer(tiny_recognizer(speech_like)).tolist()
    assert prediction.duration_s == pytest.approx(speech_like.duration_s, abs=0.02)


def test_latency_is_reported_for_each_stage(tiny_recognizer: Recognizer, speech_like_wav: bytes):
    latency_ms = tiny_recognizer(Clip.from_bytes(speech_like_wav)).latency_ms
    assert list(latency_ms) == ["decode", "features", "inference"]
    assert all(ms > 0 for ms in latency_ms.values())


def test_temperature_flattens_the_probabilities(tmp_path: Path, speech_like: Clip):
    signature = tiny_model.signature(temperature=3.0)
    warm = Recognizer(tiny_model.write_ir(tmp_path / "warm.xml", signed=signature))
    plain = Recognizer(tiny_model.write_ir(tmp_path / "plain.xml"))
    logits = np.log(answer(plain(speech_like)))
    np.testing.assert_allclose(answer(warm(speech_like)), softmax(logits / 3), rtol=1e-4)


def test_repr_prints_the_whole_contract(tiny_recognizer: Recognizer):
    assert repr(tiny_recognizer) == (
        "Recognizer(tiny, FP32 on CPU: log_mel (1, 1, 80, 256) -> neutral, calm, happy, sad, "
        "angry, fearful, disgust, surprised)"
    )


# --- evidence over time ------------------------------------------------------------------------


@pytest.mark.parametrize("duration_s", [0.25, 0.5, 1.0, 2.0, 2.56, 2.6, 5.0, 9.3])
def test_evidence_lies_within_the_clip_and_its_columns_sum_to_one(
    tiny_recognizer: Recognizer, duration_s: float
):
    clip = Clip(voices.voice(duration_s))
    times_s, probabilities = tiny_recognizer(clip).evidence
    assert probabilities.shape == (len(EMOTIONS), len(times_s))
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, atol=1e-6)
    assert times_s[0] >= 0
    assert times_s[-1] <= clip.duration_s
    np.testing.assert_allclose(np.diff(times_s), 0.08)
    assert times_s[0] < 0.15
    assert times_s[-1] > clip.duration_s - 0.2


@pytest.mark.parametrize("n_samples", range(17_000, 17_000 + 1280, 53))
def test_evidence_never_passes_the_end_of_the_clip(tiny_recognizer: Recognizer, n_samples: int):
    clip = Clip(voices.tone(440, 2.0)[:n_samples])
    assert any_sound(tiny_recognizer, clip.waveform).evidence.times_s[-1] <= clip.duration_s


def test_evidence_shows_when_the_sound_changes(tiny_recognizer: Recognizer):
    dark, bright = voices.tone(200, 3.0), voices.tone(6000, 3.0)
    times_s, probabilities = any_sound(tiny_recognizer, np.concatenate([dark, bright])).evidence
    first = probabilities[:, (times_s > 0.2) & (times_s < 2.8)].argmax(axis=0)
    second = probabilities[:, (times_s > 3.2) & (times_s < 5.8)].argmax(axis=0)
    assert first.max() <= 1
    assert second.min() >= 6
    changes_s = times_s[1:][np.diff(probabilities.argmax(axis=0) > 3)]
    np.testing.assert_allclose(changes_s, [3.0], atol=0.1)


def test_evidence_starts_where_the_sound_starts(tiny_recognizer: Recognizer):
    silence = np.zeros(16_000, np.float32)
    clip = Clip(np.concatenate([silence, voices.voice(1.0), silence]))
    times_s, _ = tiny_recognizer(clip).evidence
    assert 0.95 < times_s[0] < 1.1
    assert 1.85 < times_s[-1] < 2.05


# --- status ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "waveform",
    [
        np.zeros(16_000),
        np.zeros(1),
        np.full(16_000, 0.5),
        np.random.default_rng(0).integers(-1, 2, 16_000) / 32_768,
        voices.noise(2.0, rms=1e-3),
        voices.tone(50, 2.0, level=1e-3),
    ],
    ids=["zeros", "one sample", "constant", "last bit", "quiet hiss", "quiet hum"],
)
def test_what_holds_no_voice_is_silent(tiny_recognizer: Recognizer, waveform: np.ndarray):
    prediction = tiny_recognizer(Clip(waveform.astype(np.float32)))
    assert prediction.status == "silent"
    assert prediction.label is None
    assert prediction.probabilities == {}
    assert prediction.evidence is None
    assert prediction.embedding is None
    assert prediction.sentence


@pytest.mark.parametrize("frequency_hz", [50, 1000])
def test_sound_without_a_voice_gets_no_label(tiny_recognizer: Recognizer, frequency_hz: float):
    prediction = tiny_recognizer(Clip(voices.tone(frequency_hz, 4.0)))
    assert prediction.status == "no_voice"
    assert prediction.label is None
    assert prediction.probabilities == {}
    assert "Record a voice" in prediction.sentence


def test_a_hum_around_a_voice_does_not_decide():
    recognizer = load_model("se-resnet", "INT8")
    for path in sorted(SAMPLES.glob("*.flac"))[:4]:
        voice = Clip.from_file(path).waveform
        around = np.zeros(60 * voices.RATE, np.float32)
        waveform = np.concatenate([around, voice, around])
        waveform += voices.tone(50, len(waveform) / voices.RATE, level=0.005)[: len(waveform)]
        here = waveform[len(around) : len(around) + len(voice)]
        expected = recognizer(Clip(here))
        prediction = recognizer(Clip(waveform))
        assert prediction.label == expected.label, path.name
        times_s = prediction.evidence.times_s
        assert times_s[0] > 59 and times_s[-1] < 61 + len(voice) / voices.RATE


@pytest.mark.parametrize("duration_s", [0.01, 0.05, 0.15])
def test_a_blip_is_too_short(tiny_recognizer: Recognizer, duration_s: float):
    silence = np.zeros(8000, np.float32)
    blip = voices.tone(440, duration_s)
    for waveform in (blip, np.concatenate([silence, blip, silence])):
        prediction = tiny_recognizer(Clip(waveform))
        assert prediction.status == "too_short"
        assert prediction.label is None


def test_half_a_second_is_enough(tiny_recognizer: Recognizer):
    assert tiny_recognizer(Clip(voices.voice(0.5))).status == "ok"


def test_an_overdriven_clip_is_clipped_and_keeps_its_label(tiny_recognizer: Recognizer):
    overdriven = np.clip(8 * voices.voice(), -1, 1)
    prediction = tiny_recognizer(Clip.from_bytes(voices.wav(overdriven)))
    assert prediction.status == "clipped"
    assert prediction.label in EMOTIONS


def test_a_small_probability_is_uncertain_and_keeps_its_label(tmp_path: Path, speech_like: Clip):
    signature = tiny_model.signature(uncertain_below=0.99)
    xml = tiny_model.write_ir(tmp_path / "strict.xml", signed=signature)
    prediction = Recognizer(xml)(speech_like)
    assert prediction.status == "uncertain"
    assert prediction.label in EMOTIONS


def test_a_quiet_voice_is_not_silent(tiny_recognizer: Recognizer):
    quiet = Clip(voices.voice(level=0.002) + voices.noise(2.0, rms=2e-5))
    assert tiny_recognizer(quiet).status == "ok"


@pytest.mark.parametrize("gain_db", [0, -20])
def test_real_speech_is_never_silent(
    tiny_recognizer: Recognizer, ravdess_files: list[Path], gain_db: int
):
    for path in ravdess_files:
        waveform = np.float32(10 ** (gain_db / 20)) * Clip.from_file(path).waveform
        prediction = tiny_recognizer(Clip(waveform))
        assert prediction.status == "ok", path.name
        assert prediction.label in EMOTIONS


def test_every_status_but_ok_has_a_sentence():
    assert [status for status, sentence in STATUS_SENTENCES.items() if not sentence] == ["ok"]


# --- threads -----------------------------------------------------------------------------------


def test_sixteen_threads_answer_as_one_does_and_leave_their_clips_alone(tiny_zoo: Path):
    recognizer = Recognizer(tiny_zoo / "tiny" / "fp32.xml")
    clips = [
        Clip(voices.voice(0.5 + 0.25 * (i % 16), pitch_hz=80 + 10 * i, seed=i)) for i in range(32)
    ]
    assert_threads_answer_as_one_does(recognizer, clips, 4)


def test_inference_leaves_its_input_and_earlier_outputs_alone(tiny_recognizer: Recognizer):
    rng = np.random.default_rng(0)
    first, second = rng.uniform(-2, 2, (2, 1, 1, 80, 256)).astype(np.float32)
    before = first.copy()
    output = tiny_recognizer.infer(first)
    logits = output.logits.copy()
    tiny_recognizer.infer(second)
    np.testing.assert_array_equal(first, before)
    np.testing.assert_array_equal(output.logits, logits)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_input_that_is_not_finite_is_refused(tiny_recognizer: Recognizer, value: float):
    x = np.zeros((1, 1, 80, 256), np.float32)
    x[0, 0, 3, 4] = value
    with pytest.raises(ValueError, match="not finite"):
        tiny_recognizer.infer(x)


# --- broken models -----------------------------------------------------------------------------


def refusal(xml: Path, **options: str) -> str:
    """The sentence with which a model is refused."""
    with pytest.raises(ModelError) as refused:
        Recognizer(xml, **options)
    message = str(refused.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert "Check '" not in message
    assert "Exception from" not in message
    return message


@pytest.fixture
def xml(tmp_path: Path) -> Path:
    return tiny_model.write_ir(tmp_path / "model.xml")


def test_a_missing_model_is_refused(tmp_path: Path):
    assert "There is no model file" in refusal(tmp_path / "none.xml")


def test_missing_weights_are_refused(xml: Path):
    xml.with_suffix(".bin").unlink()
    assert "model.bin are missing" in refusal(xml)


@pytest.mark.parametrize("content", [b"", b"\x00\x01garbage", b"<html></html>", b"<net></net>"])
def test_a_file_that_is_not_a_model_is_refused(xml: Path, content: bytes):
    xml.write_bytes(content)
    assert "not a readable OpenVINO model" in refusal(xml)


def test_a_model_that_ends_early_is_refused(xml: Path):
    xml.write_text(xml.read_text()[:3000])
    assert "not a readable OpenVINO model" in refusal(xml)


def test_weights_that_end_early_are_refused(xml: Path):
    weights = xml.with_suffix(".bin")
    weights.write_bytes(weights.read_bytes()[:100])
    assert "not a readable OpenVINO model" in refusal(xml)


def test_a_model_without_layers_is_refused(xml: Path):
    text = re.sub("<layers>.*</layers>", "<layers/>", xml.read_text(), flags=re.DOTALL)
    xml.write_text(re.sub("<edges>.*</edges>", "<edges/>", text, flags=re.DOTALL))
    assert "lacks the tensors" in refusal(xml)


@pytest.mark.parametrize("tensor", ["logits", "evidence", "embedding"])
def test_a_model_that_lacks_an_output_is_refused(tmp_path: Path, tensor: str):
    model = tiny_model.network()
    model.output(tensor).get_tensor().set_names({"other"})
    xml = tiny_model.write_ir(tmp_path / "model.xml", model)
    assert refusal(xml) == f"The model lacks the tensors {tensor}."


def test_a_model_whose_input_has_no_name_is_refused(tmp_path: Path):
    model = tiny_model.network()
    model.input(0).get_tensor().set_names(set())
    assert "log_mel" in refusal(tiny_model.write_ir(tmp_path / "model.xml", model))


def test_a_wrong_number_of_logits_is_refused(tmp_path: Path):
    xml = tiny_model.write_ir(tmp_path / "model.xml", tiny_model.network(n_labels=7))
    assert "8 labels" in refusal(xml)


def test_logits_without_a_label_axis_are_refused(tmp_path: Path):
    model = tiny_model.network()
    scalar = ov.opset13.reduce_mean(model.output("logits").get_node().input_value(0), [0, 1])
    scalar.output(0).get_tensor().set_names({"logits"})
    model.remove_result(model.output("logits").get_node())
    model.add_results([ov.opset13.result(scalar)])
    assert "8 labels" in refusal(tiny_model.write_ir(tmp_path / "model.xml", model))


@pytest.mark.parametrize("shape", [[1, 1, 80, -1], [-1, 1, 80, 256], [1, 1, 80, 248]])
def test_an_input_of_another_or_changing_length_is_refused(tmp_path: Path, shape: list[int]):
    log_mel = ov.opset13.parameter(ov.PartialShape(shape), np.float32)
    model = ov.Model([ov.opset13.result(ov.opset13.relu(log_mel))], [log_mel])
    model.input(0).get_tensor().set_names({"log_mel"})
    model.output(0).get_tensor().set_names({"logits", "evidence", "embedding"})
    assert "input is" in refusal(tiny_model.write_ir(tmp_path / "model.xml", model))


def test_a_model_without_signature_is_refused(tmp_path: Path):
    xml = tmp_path / "model.xml"
    ov.save_model(tiny_model.network(), xml, compress_to_fp16=False)
    assert "carries no signature" in refusal(xml)


def test_a_damaged_signature_is_refused(tmp_path: Path):
    model = tiny_model.network()
    model.set_rt_info('{"labels": 3}', SIGNATURE_PATH)
    ov.save_model(model, tmp_path / "model.xml", compress_to_fp16=False)
    with pytest.raises(ModelError, match="not a valid model signature"):
        Recognizer(tmp_path / "model.xml")


@pytest.mark.parametrize("device", ["XYZ", "", "CPU.7"])
def test_an_unknown_device_is_refused_and_the_known_ones_are_named(xml: Path, device: str):
    message = refusal(xml, device=device)
    assert f"{device!r}" in message
    assert "CPU" in message


def test_a_path_may_be_a_string_and_threads_may_be_chosen(xml: Path, speech_like: Clip):
    one = Recognizer(str(xml), threads=1)(speech_like)
    np.testing.assert_allclose(answer(one), answer(Recognizer(xml)(speech_like)), atol=1e-5)
