"""An OpenVINO IR with its signature, ready to predict: clip in, prediction out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import openvino as ov
from scipy.special import softmax

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.features.source import Source
from ser_core.features.spectrogram import Spectrogram
from ser_core.inference.network import Inference, LocalNetwork, ModelError, Network, NetworkOutput
from ser_core.models.card import ModelCard
from ser_core.models.prediction import Evidence, Prediction
from ser_core.models.signature import Signature
from ser_core.models.sound_check import sound_status
from ser_core.models.speaker import Speaker, SpeakerError

SIGNATURE_PATH = ["model_info", "signature"]
"""Where the signature lies in the IR's `rt_info`."""


class Recognizer:
    """Loads an IR once and predicts from any number of threads.

        >>> recognizer = load_model("se-resnet", "INT8")
        >>> prediction = recognizer(Clip.from_file("samples/plain.flac"))
        >>> recognizer.signature.labels == tuple(prediction.probabilities)
        True
        >>> prediction.evidence.probabilities.shape[0]  # emotion over time, by label
        8

    Args:
        xml: the IR; its `.bin` file lies beside it.
        card: the model's card; None for an IR from outside the zoo.
        precision: how the weights are stored: FP32, FP16 or INT8; None detects it from the IR.
        device: OpenVINO device: CPU, GPU, NPU or AUTO.
        threads: threads of all inferences together; by default all cores this process may use.
        at_once: recordings that it is meant to be asked about at the same time, from as many
            threads; 1 answers a single one soonest.
        network: turns the IR into what runs it; by default OpenVINO on this machine.

    Raises:
        ModelError: the IR cannot be read or compiled, has no signature, or its outputs do not
            fit its labels.
    """

    def __init__(
        self,
        xml: str | Path,
        card: ModelCard | None = None,
        precision: str | None = None,
        device: str = "CPU",
        threads: int | None = None,
        at_once: int = 1,
        network: Callable[[ov.Model], Network] | None = None,
    ):
        self.path, self.card, self.at_once = Path(xml), card, at_once
        model = _read_ir(self.path)
        self.precision = precision or _stored_precision(model)
        self.signature = _signature(model)
        _check_shapes(model, self.signature)
        run_here = partial(LocalNetwork, device=device, threads=threads, at_once=at_once)
        self._network = (network or run_here)(model)

    @property
    def device(self) -> str:
        """Where the network is set to run."""
        return self._network.device

    @property
    def name(self) -> str:
        """In the zoo; the file name for an IR from outside it."""
        return self.card.name if self.card else self.path.name

    @cached_property
    def weights_sha256(self) -> str:
        """Of the weights, which tells this model and precision from any other."""
        if self.card is not None:
            return self.card.files[self.precision].sha256.bin
        return hashlib.sha256(self.path.with_suffix(".bin").read_bytes()).hexdigest()

    def __repr__(self) -> str:
        s = self.signature
        return (
            f"Recognizer({self.name}, {self.precision} on {self.device}: "
            f"log_mel (1, 1, {s.features.n_mels}, {s.n_frames}) -> {', '.join(s.labels)})"
        )

    def warm_up(self, speaker: Speaker | None = None) -> None:
        """Run once, so that nobody's latency includes the first allocation of memory.

        Raises:
            SpeakerError: the speaker does not fit.
        """
        features = self.signature.features
        noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
        spectrogram = Spectrogram.of(Clip(noise), features)
        # Noise is no voice; as a picture, it is answered.
        self.predict(Spectrogram(spectrogram.log_mel, features), speaker)

    def __call__(self, voice: Clip | Source, speaker: Speaker | None = None) -> Prediction:
        """Predict the emotion of a voice.

        Args:
            speaker: whose voice it is, as learned with this model (see `adaptation`).

        Raises:
            AudioError: the source cannot be decoded.
            SpeakerError: the speaker was learned with another model.
            ModelError: an inference server is set up and fails.
        """
        settings = self.signature.features
        if isinstance(voice, Clip):
            return self.predict(Spectrogram.of(voice, settings), speaker)
        return self.predict(voice.spectrogram(settings), speaker)

    def check_speaker(self, speaker: Speaker) -> None:
        """Refuse a speaker that was learned with another model.

        Raises:
            SpeakerError: names the model that the speaker belongs to.
        """
        if speaker.sha256 != self.weights_sha256:
            raise SpeakerError(
                f"This speaker was learned with {speaker.model} in another precision or version "
                f"than {self.name} in {self.precision}. Choose that model, or teach this one."
            )

    def predict(self, spectrogram: Spectrogram, speaker: Speaker | None = None) -> Prediction:
        """Predict the emotion of a log-mel spectrogram in the settings of the signature.

        The latency is that of this model alone: steps shared with other models count in full.
        """
        if speaker is not None:
            self.check_speaker(speaker)
        start = time.perf_counter()
        status = sound_status(spectrogram)
        silent = status in ("silent", "too_short", "no_voice")
        windows = [] if silent else spectrogram.network_inputs(self.signature.n_frames)
        inference_start = time.perf_counter()
        latency_ms = {
            "decode": spectrogram.decode_ms,
            "features": spectrogram.features_ms + 1000 * (inference_start - start),
            "inference": 0.0,
        }
        if silent:
            return Prediction(None, {}, status, spectrogram.duration_s, latency_ms)
        outputs, device = self._infer([network_input for _, network_input in windows])
        latency_ms["inference"] = 1000 * (time.perf_counter() - inference_start)

        raw_logits = np.mean([output.logits for output in outputs], axis=0)
        embedding = np.mean([output.embedding for output in outputs], axis=0)
        labels, logits = self.signature.labels, raw_logits
        if speaker is not None:
            logits = speaker.logits(raw_logits, embedding, labels)
            labels = speaker.labels(labels)
        probabilities = softmax(logits / self.signature.temperature)
        if status == "ok" and probabilities.max() < self.signature.uncertain_below:
            status = "uncertain"
        return Prediction(
            label=labels[int(probabilities.argmax())],
            probabilities=dict(zip(labels, probabilities.tolist(), strict=True)),
            status=status,
            duration_s=spectrogram.duration_s,
            latency_ms=latency_ms,
            evidence=None
            if labels != self.signature.labels
            else self._evidence(
                [start for start, _ in windows],
                # What a speaker changes in the whole, it changes at each time.
                [output.evidence + (logits - raw_logits)[:, None] for output in outputs],
                spectrogram.parts(self.signature.n_frames),
            ),
            embedding=embedding,
            logits=raw_logits,
            device=device,
        )

    def infer(self, network_input: np.ndarray) -> NetworkOutput:
        """Run the network on one level-normalized window, shape `(1, 1, n_mels, n_frames)`."""
        return self._infer([network_input]).outputs[0]

    def _infer(self, inputs: Sequence[np.ndarray]) -> Inference:
        if not all(np.isfinite(x).all() for x in inputs):
            # OpenVINO would turn NaN into finite, confident logits.
            raise ValueError("The network input contains values that are not finite.")
        return self._network(inputs)

    def _evidence(
        self, starts: list[int], evidence: list[np.ndarray], parts: list[tuple[int, int]]
    ) -> Evidence:
        """Average the windows' evidence where they overlap; keep the sounding parts."""
        n_times = evidence[0].shape[1]
        stride = self.signature.n_frames / n_times
        n_cells = int(np.ceil(parts[-1][1] / stride)) + 1
        total, count = np.zeros((len(evidence[0]), n_cells)), np.zeros(n_cells)
        for start, logits in zip(starts, evidence, strict=True):
            cell = round(start / stride)
            inside = slice(max(cell, 0), min(cell + n_times, n_cells))
            overlap = logits[:, inside.start - cell : inside.stop - cell]
            total[:, inside] += softmax(overlap / self.signature.temperature, axis=0)
            count[inside] += 1
        frames = np.arange(n_cells) * stride + (stride - 1) / 2  # center of each cell
        inside_parts = [(frames >= first) & (frames <= last - 1) for first, last in parts]
        sounding = (count > 0) & np.any(inside_parts, axis=0)
        times_s = frames[sounding] / self.signature.features.frames_per_s
        return Evidence(times_s, total[:, sounding] / count[sounding])


def _read_ir(xml: Path) -> ov.Model:
    if not xml.is_file():
        raise ModelError(f"There is no model file {xml}. Enter the path of an .xml file.")
    if not xml.with_suffix(".bin").is_file():
        raise ModelError(
            f"The weights {xml.with_suffix('.bin')} are missing. Put them beside {xml.name}."
        )
    try:
        return ov.Core().read_model(xml)
    except RuntimeError as error:
        raise ModelError(
            f"{xml} is not a readable OpenVINO model, or its .bin belongs to another one. "
            "Convert its checkpoint again."
        ) from error


def _stored_precision(model: ov.Model) -> str:
    if any(op.get_type_name() == "FakeQuantize" for op in model.get_ops()):
        return "INT8"
    weights = (op for op in model.get_ops() if op.get_type_name() == "Constant")
    return "FP16" if any(op.get_element_type() == ov.Type.f16 for op in weights) else "FP32"


def _signature(model: ov.Model) -> Signature:
    if not model.has_rt_info(SIGNATURE_PATH):
        raise ModelError(
            "The model carries no signature (labels and feature settings). "
            "Convert its checkpoint with `python -m ser_core convert`."
        )
    try:
        return Signature.from_json(model.get_rt_info(SIGNATURE_PATH).astype(str))
    except ValueError as error:
        raise ModelError(str(error)) from error


def _check_shapes(model: ov.Model, signature: Signature) -> None:
    expected = [1, 1, signature.features.n_mels, signature.n_frames]
    ports = (*model.inputs, *model.outputs)
    shapes = {name: port.partial_shape for port in ports for name in port.get_names()}
    if "waveform" in shapes:
        raise ModelError(
            "This model takes samples and is meant for OpenVINO alone, as its README shows. "
            "Here, use the fp32.xml beside it."
        )
    missing = {"log_mel", *NetworkOutput._fields} - shapes.keys()
    if missing:
        raise ModelError(f"The model lacks the tensors {', '.join(sorted(missing))}.")
    if shapes["log_mel"].is_dynamic or list(shapes["log_mel"].to_shape()) != expected:
        raise ModelError(
            f"The model's input is {shapes['log_mel']}, its signature says {expected}."
        )
    n_labels = len(signature.labels)
    for name, shape in (("logits", [1, n_labels]), ("evidence", [1, n_labels, -1])):
        if not shapes[name].compatible(ov.PartialShape(shape)):
            raise ModelError(
                f"The model's {name} have the shape {shapes[name]}, which does not fit its "
                f"{n_labels} labels."
            )
