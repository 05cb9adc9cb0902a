"""What the benchmark compares us with: PyTorch, ONNX Runtime, librosa, and the 2020 pipeline.

All weights are random: only the time counts here.
"""

from __future__ import annotations

import io
import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import threadpoolctl
import torch
from PIL import Image
from torch import Tensor, nn

from ser_core.audio.clip import Clip
from ser_core.evaluation.benchmark import FRONT_END, Task, first_input
from ser_core.features.log_mel import LogMel
from ser_core.models.card import ModelCard
from ser_core.training.networks import build
from ser_core.training.networks.densenet import DenseLayer

logging.getLogger("torch.onnx").setLevel(logging.ERROR)


def rivals(cards: Sequence[ModelCard], wav: bytes, threads: int) -> tuple[list[Task], list[str]]:
    """Tasks of all that is installed, and a sentence for each thing that is left out.

    Sets the number of threads of PyTorch and BLAS for the whole process.
    """
    torch.set_num_threads(threads)
    # librosa multiplies matrices; a second BLAS thread gains it nothing and, on a busy machine,
    # costs it ten times as much.
    threadpoolctl.threadpool_limits(1, "blas")
    # Random weights may leave numbers so small that the processor slows down on them.
    torch.set_flush_denormal(True)
    tasks, left_out = [], []
    for card in cards:
        try:
            network = build(card.architecture, len(card.labels), card.features.n_mels).eval()
        except ValueError as error:
            left_out.append(f"{card.name} in PyTorch and ONNX Runtime: {error}")
            continue
        if sum(p.numel() for p in network.parameters()) != card.parameters:
            left_out.append(
                f"{card.name} in PyTorch and ONNX Runtime: it was trained with other options of "
                f"{card.architecture} than the standard ones."
            )
            continue
        tasks.append(_torch_task(card, network, wav))
        try:
            tasks.append(_onnx_task(card, network, wav, threads))
        except ImportError:
            left_out.append(f"{card.name} in ONNX Runtime: onnxruntime is not installed.")
    try:
        tasks += [_librosa_task(cards[0].features, wav), path_2020(wav)]
    except ImportError:
        left_out.append("librosa and the 2020 pipeline: librosa is not installed.")
    return tasks, left_out


def _torch_task(card: ModelCard, network: nn.Module, wav: bytes) -> Task:
    window = torch.from_numpy(first_input(wav, card))

    @torch.inference_mode()
    def run() -> None:
        network(window)

    return Task(card.name, "FP32", "PyTorch", "inference", run)


def _onnx_task(card: ModelCard, network: nn.Module, wav: bytes, threads: int) -> Task:
    import onnxruntime

    from ser_core.training.convert import export_onnx

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        export_onnx(network, card.signature, path)
        session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
    window = first_input(wav, card)

    def run() -> None:
        session.run(None, {"log_mel": window})

    return Task(card.name, "FP32", "ONNX Runtime", "inference", run)


def _librosa_task(settings: LogMel, wav: bytes) -> Task:
    import librosa

    waveform = Clip.from_bytes(wav).waveform

    def run() -> None:
        power = librosa.feature.melspectrogram(
            y=waveform,
            sr=settings.sample_rate,
            n_fft=settings.n_fft,
            win_length=settings.win_length,
            hop_length=settings.hop_length,
            n_mels=settings.n_mels,
            fmin=settings.fmin,
            fmax=settings.fmax,
            pad_mode="constant",
        )
        librosa.power_to_db(power, amin=settings.amin, top_db=None)

    return Task(FRONT_END, "FP32", "librosa", "log_mel", run)


class DenseNet2020(nn.Module):
    """DenseNet-121 as the 2020 group used it: RGB pictures, 224 × 224, to 8 logits."""

    def __init__(self) -> None:
        super().__init__()
        width = 64
        parts: list[nn.Module] = [
            nn.Conv2d(3, width, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        ]
        for i, n_layers in enumerate((6, 12, 24, 16)):
            if i > 0:
                parts += [
                    nn.BatchNorm2d(width),
                    nn.ReLU(),
                    nn.Conv2d(width, width // 2, 1, bias=False),
                    nn.AvgPool2d(2),
                ]
                width //= 2
            for _ in range(n_layers):
                parts.append(DenseLayer(width, growth=32, bottleneck=4))
                width += 32
        self.features = nn.Sequential(*parts, nn.BatchNorm2d(width), nn.ReLU())
        self.classifier = nn.Sequential(nn.Linear(width, 512), nn.LeakyReLU(), nn.Linear(512, 8))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classifier(self.features(pictures).mean(dim=(2, 3)))


def path_2020(wav: bytes) -> Task:
    """From bytes to probabilities as in 2020: librosa at 22.05 kHz, a dB picture, DenseNet-121.

    The group drew its pictures with matplotlib; here the dB values become gray levels at once,
    which is faster, and so in favor of 2020.
    """
    import librosa

    network = DenseNet2020().eval()
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]  # ImageNet's
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]

    @torch.inference_mode()
    def run() -> None:
        waveform, _ = librosa.load(io.BytesIO(wav))
        level_db = librosa.amplitude_to_db(np.abs(librosa.stft(waveform)), ref=np.max)
        gray = np.uint8(255 * (level_db / 80 + 1))
        picture = Image.fromarray(gray).resize((224, 224)).convert("RGB")
        pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255
        network(((pixels - mean) / deviation)[None]).softmax(dim=1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa's, of what it imports
        run()
    return Task("2020", "FP32", "PyTorch", "path", run)
