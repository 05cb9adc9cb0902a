"""A voice faster, higher, noisier, in a room, on the telephone: augmentation to be heard.

Training varies the log-mel instead (`ser_core.training.augment`), which is cheaper; the ideas are
the same: what does not change the emotion should not change the answer.
"""

from __future__ import annotations

from collections.abc import Callable

import av
import numpy as np
import soxr

from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.audio.distortions import noisy, room, telephone, white_noise

NOISE_SNR_DB = 10.0


def faster(waveform: np.ndarray, factor: float) -> np.ndarray:
    """Speaking rate times `factor` (0.5 to 2) at the same pitch, by FFmpeg's `atempo`."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=SAMPLE_RATE, format="flt", layout="mono")
    tempo, sink = graph.add("atempo", f"{factor:.4f}"), graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(waveform, np.float32)[None], format="flt", layout="mono"
    )
    frame.sample_rate = SAMPLE_RATE
    graph.push(frame)
    graph.push(None)
    pieces = []
    while True:
        try:
            pieces.append(graph.pull().to_ndarray()[0])
        except (av.BlockingIOError, av.EOFError):
            return np.concatenate(pieces)


def higher(waveform: np.ndarray, factor: float) -> np.ndarray:
    """All frequencies times `factor`, at the same speaking rate: a smaller or larger speaker."""
    squeezed = soxr.resample(waveform, SAMPLE_RATE * factor, SAMPLE_RATE)
    return faster(squeezed.astype(np.float32), 1 / factor)


def _random() -> np.random.Generator:
    """The same noise every time, so that a voice gets the same prediction again."""
    return np.random.default_rng(0)


VARIATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "original": lambda waveform: waveform,
    "faster": lambda waveform: faster(waveform, 1.25),
    "slower": lambda waveform: faster(waveform, 0.8),
    "higher": lambda waveform: higher(waveform, 1.12),
    "lower": lambda waveform: higher(waveform, 0.89),
    "noise": lambda waveform: noisy(waveform, white_noise(len(waveform), _random()), NOISE_SNR_DB),
    "room": lambda waveform: room(waveform, _random()),
    "telephone": telephone,
}
"""Each takes and gives a waveform at 16 kHz, shape `(n_samples,)`."""


def masked(network_input: np.ndarray, seed: int = 0) -> np.ndarray:
    """SpecAugment (Park et al. 2019, arXiv:1904.08779): two bars of frequency and two of time gone.

    This one cannot be heard. Widths as in a training run with it: at most 12 bands and 24 frames.
    """
    rng = np.random.default_rng(seed)
    result = network_input.copy()
    for axis, widest in ((-2, 12), (-1, 24)):
        for _ in range(2):
            width = int(rng.integers(widest // 2, widest + 1))
            start = int(rng.integers(0, result.shape[axis] - width))
            result.swapaxes(axis, -1)[..., start : start + width] = network_input.mean()
    return result
