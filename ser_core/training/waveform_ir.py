"""One IR from samples to probabilities: for runtimes that have OpenVINO and nothing else.

Front end, level normalization, network and softmax are one graph. Its input is one model window;
finding the voice in a recording (`audio/voice_activity.py`), and averaging over windows, stay with
the caller.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import torch
from torch import Tensor, nn

from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram, network_input
from ser_core.inference.network import FULL_PRECISION
from ser_core.models.card import WaveformReport
from ser_core.models.signature import Signature
from ser_core.training.convert import save_signed, write_onnx
from ser_core.training.front_end import LogMelLayer, level_normalized
from ser_core.training.verification import ConversionError, ir_logits

OUTPUT_NAMES = ("probabilities", "logits", "log_mel")
MAX_DIFFERENCE = 1e-2


class WaveformNetwork(nn.Module):
    """A network behind its front end.

    Called with samples, `(1, n_samples)`, it gives probabilities and logits, `(1, n_labels)`, and
    the log-mel in dB, `(1, n_mels, n_frames)`.
    """

    def __init__(self, network: nn.Module, signature: Signature):
        super().__init__()
        self.front_end = LogMelLayer(signature.features)
        self.network, self.temperature = network, signature.temperature

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        log_mel = self.front_end(waveform)
        normalized = level_normalized(log_mel, self.front_end.settings)
        logits = self.network(normalized[:, None]).logits
        return (logits / self.temperature).softmax(dim=1), logits, log_mel


def window_samples(signature: Signature) -> int:
    """How many samples give exactly the model window: its frames are centered, the first on
    sample 0 and the last on the last multiple of `hop_length`."""
    return (signature.n_frames - 1) * signature.features.hop_length


def write_waveform_ir(network: nn.Module, signature: Signature, xml: Path) -> None:
    """Write the IR, FP32 only: in 16 bits the front end would be off by 0.4 dB."""
    example = torch.zeros(1, window_samples(signature))
    with tempfile.TemporaryDirectory() as folder:
        onnx_path = Path(folder) / "waveform.onnx"
        write_onnx(
            WaveformNetwork(network, signature), example, "waveform", OUTPUT_NAMES, onnx_path
        )
        model = ov.convert_model(onnx_path)
    facts = {"sample_rate": signature.features.sample_rate, "n_samples": example.shape[1]}
    model.set_rt_info(json.dumps(facts), ["model_info", "waveform"])
    save_signed(model, signature, xml)


def verify_waveform_ir(
    xml: Path, fp32: Path, signature: Signature, waveforms: Sequence[np.ndarray]
) -> WaveformReport:
    """Hold the IR against `ser_core.features.log_mel` and the log-mel IR, one window of each clip.

    Args:
        fp32: the IR that takes log-mels.
        waveforms: clips of the validation speakers, each `(n_samples,)`.

    Raises:
        ConversionError: a label differs, or a logit by more than 0.01.
    """
    settings = signature.features
    windows = [sounding_window(waveform, signature) for waveform in waveforms]
    log_mels = [settings(window) for window in windows]
    expected = ir_logits(fp32, [network_input(log_mel, settings) for log_mel in log_mels])
    compiled = ov.Core().compile_model(xml, "CPU", FULL_PRECISION)
    request = compiled.create_infer_request()
    logits, max_db = [], 0.0
    for window, log_mel in zip(windows, log_mels, strict=True):
        outputs = request.infer([window[None]], share_inputs=False)
        logits.append(outputs["logits"].copy())
        max_db = max(max_db, _audible_difference_db(outputs["log_mel"][0], log_mel, settings))
    answered = np.concatenate(logits)
    report = WaveformReport(
        max_db_difference=max_db,
        max_logit_difference=float(np.abs(answered - expected).max()),
        label_agreement=float(np.mean(answered.argmax(axis=1) == expected.argmax(axis=1))),
    )
    # Not `>`: a difference that is not a number has to fail, too.
    if report.label_agreement < 1 or not report.max_logit_difference <= MAX_DIFFERENCE:
        raise ConversionError(
            f"The waveform IR differs from the log-mel IR by {report.max_logit_difference:.2g} "
            f"(at most {MAX_DIFFERENCE:g} is allowed) and agrees on "
            f"{report.label_agreement:.1%} of the labels (all must agree)."
        )
    return report


def sounding_window(waveform: np.ndarray, signature: Signature) -> np.ndarray:
    """The first model window of a clip's sounding part, with zeros after a short one."""
    settings, n_samples = signature.features, window_samples(signature)
    first, _ = Spectrogram(settings(waveform), settings).sounding_frames
    start = first * settings.hop_length
    window = waveform[start : start + n_samples]
    return np.pad(window, (0, n_samples - len(window)))


def _audible_difference_db(log_mel: np.ndarray, expected: np.ndarray, settings: LogMel) -> float:
    """Largest difference within the range that the network sees."""
    floor = expected.max() - settings.floor_db
    return float(np.abs(np.maximum(log_mel, floor) - np.maximum(expected, floor)).max())
