"""Write the IR of the voice detector, from the wheel of the package `silero-vad`.

    pip download silero-vad==6.2.3 --no-deps
    python -m tools.voice_detector silero_vad-6.2.3-py3-none-any.whl

The original takes one step of 32 ms per call, and half of its time is a Fourier transform written
as a convolution. Ours takes the magnitudes of `STEPS` steps at once; SciPy computes them. The
weights are untouched. The original, run step by step in ONNX Runtime, is the oracle: an IR that
differs from it is an error, and its probabilities for the samples become a file of the tests.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import openvino as ov

from ser_core.audio import voice_activity
from ser_core.audio.clip import Clip
from ser_core.audio.voice_activity import CONTEXT, IR, STEP, STEPS
from ser_core.runtime.places import SAMPLES

ORACLE = Path(__file__).parents[1] / "tests/audio/silero_probabilities.json"
SEQUENCE, ORIGINAL = "silero_vad_16k_sequence.onnx", "silero_vad_openvino_16k.onnx"
MAX_DIFFERENCE = 1e-3


def detector(onnx: Path) -> ov.Model:
    """The graph behind the magnitudes; its state comes in and goes out."""
    model = ov.Core().read_model(onnx)
    (magnitude,) = (op for op in model.get_ordered_ops() if op.get_type_name() == "Sqrt")
    n_bins, n_frames = magnitude.output(0).partial_shape[1:]
    given = ov.opset13.parameter([STEPS, n_frames, n_bins], np.float32, name="magnitude")
    given.output(0).set_names({"magnitude"})
    bins_first = ov.opset13.transpose(given, np.array([0, 2, 1]))
    magnitude.output(0).replace(bins_first.output(0))
    state = [p for p in model.get_parameters() if p.get_friendly_name() in ("h", "c")]
    return ov.Model(model.get_results(), [given, *state], "silero-vad")


def probabilities(onnx: Path, waveform: np.ndarray) -> np.ndarray:
    """What the original says, step by step."""
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    state, answers = np.zeros((2, 1, 128), np.float32), []
    padded = np.pad(waveform, (CONTEXT, -len(waveform) % STEP))
    for start in range(0, len(padded) - CONTEXT, STEP):
        step = padded[None, start : start + CONTEXT + STEP]
        answer, state = session.run(None, {"input": step, "state": state})
        answers.append(answer.item())
    return np.array(answers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    wheel = parser.parse_args().wheel
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
        (license_file,) = Path(folder).rglob("licenses/LICENSE")
        IR.parent.mkdir(exist_ok=True)
        IR.with_name("LICENSE").write_bytes(license_file.read_bytes())
        data = Path(folder) / "silero_vad/data"
        ov.save_model(detector(data / SEQUENCE), IR, compress_to_fp16=False)
        oracle, furthest = {}, 0.0
        for path in sorted(SAMPLES.glob("*.flac")):
            waveform = Clip.from_file(path).waveform
            expected = probabilities(data / ORIGINAL, waveform)
            difference = voice_activity.probabilities(waveform) - expected
            furthest = max(furthest, np.abs(difference).max())
            oracle[path.name] = expected.round(4).tolist()
    print(f"Largest difference from the original: {furthest:.1e}")
    if not furthest < MAX_DIFFERENCE:
        raise SystemExit("The IR does not do what the original does.")
    ORACLE.write_text(json.dumps(oracle) + "\n")


if __name__ == "__main__":
    main()
