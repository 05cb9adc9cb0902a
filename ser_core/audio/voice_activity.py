"""Where in a recording somebody speaks: the detector of Silero (v6, MIT) in OpenVINO.

It gives the probability of a voice for every 32 ms, and is trained to tell speech in many languages
from noise. Song and whispering count as voice. `tools/voice_detector.py` writes its IR.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import openvino as ov
from scipy.fft import rfft

from ser_core.inference.network import Requests, compile_options
from ser_core.runtime.places import DATA

STEP = 512
"""Samples at 16 kHz for which there is one probability: 32 ms."""
CONTEXT = 64
"""Samples before a step that the detector also takes."""
STEPS = 32
"""Steps that the IR takes at once: 1 s."""
IR = DATA / "silero" / "silero.xml"

# Measured on RAVDESS, EMO-DB, nEMO, keywords, song and whispering: see docs/reliability.md.
_VOICE = 0.3
_SHORTEST = 3  # steps: speech has no voice of less than 0.1 s
# The detector takes level for a hint: 30 dB below RAVDESS it misses two clips of three. So the loud
# steps are brought to a level, and to a softer one where no voice is found: shouting can be missed.
_LEVELS = (10 ** (-20 / 20), 10 ** (-40 / 20))
_SILENT_DB = 45.0  # steps further than this below the loudest are silence, at both ends
# Steps before the first sound: in its first steps, the detector can take a hum for a voice. Where a
# recording begins with sound, these are its mirror image.
_RUN_UP = 8

_WINDOW, _HOP = 256, 128  # samples of its Fourier transform


def voice_steps(waveform: np.ndarray) -> np.ndarray:
    """Whether there is a voice in each step.

    Args:
        waveform: float32 at 16 kHz, shape `(n_samples,)`; its level makes no difference.

    Returns:
        bool, shape `(ceil(n_samples / STEP),)`.
    """
    power = _power(waveform)
    voice = np.zeros(len(power), bool)
    if not power.any():
        return voice
    sound = np.flatnonzero(power >= power.max() * 10 ** (-_SILENT_DB / 10))
    first, last = sound[0], sound[-1] + 1
    begin = max(0, first - _RUN_UP)
    missing = _RUN_UP - (first - begin)
    sounding = np.pad(waveform[begin * STEP : last * STEP], (missing * STEP, 0), "reflect")
    loud = np.sqrt(np.square(power).sum() / power.sum())
    for level in _LEVELS:
        voice[first:last] = probabilities(sounding, level / loud)[_RUN_UP:] >= _VOICE
        for start, stop in runs(voice):
            if stop - start < _SHORTEST:
                voice[start:stop] = False
        if voice.any():
            break
    return voice


def probabilities(waveform: np.ndarray, gain: float = 1.0) -> np.ndarray:
    """The detector's probability of a voice in each step, shape `(ceil(n_samples / STEP),)`."""
    steps = _steps(waveform)
    context = np.zeros((len(steps), CONTEXT), np.float32)
    context[1:] = steps[:-1, -CONTEXT:]
    answers = np.zeros(-(-len(steps) // STEPS) * STEPS, np.float32)
    with _detector().one() as request:
        tensors = {name: request.get_tensor(name).data for name in ("magnitude", "h", "c")}
        for tensor in tensors.values():
            tensor[:] = 0
        for start in range(0, len(steps), STEPS):
            block = slice(start, start + STEPS)
            magnitudes = _magnitudes(context[block], steps[block])
            np.multiply(magnitudes, gain, out=tensors["magnitude"][: len(magnitudes)])
            request.infer()
            answers[block] = request.get_tensor("speech_probs").data
            for name in ("h", "c"):
                tensors[name][:] = request.get_tensor(f"{name}n").data
    return answers[: len(steps)]


def _steps(waveform: np.ndarray) -> np.ndarray:
    """The waveform in steps, with zeros after its end, shape `(n_steps, STEP)`."""
    steps = np.zeros((-(-len(waveform) // STEP), STEP), np.float32)
    steps.reshape(-1)[: len(waveform)] = waveform
    return steps


def _power(waveform: np.ndarray) -> np.ndarray:
    """Mean square of each step, shape `(n_steps,)`."""
    steps = _steps(waveform)
    return np.einsum("ij,ij->i", steps, steps) / STEP


def _magnitudes(context: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The spectra of some steps, shape `(n_steps, 4, 129)`."""
    mirrored = steps[:, -2 : -CONTEXT - 2 : -1]
    samples = np.concatenate([context, steps, mirrored], axis=1)
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW, axis=1)[:, ::_HOP]
    return np.abs(rfft(frames * _hann(), axis=2))


def runs(marks: np.ndarray) -> np.ndarray:
    """Stretches of true values: (first, one past the last) of each, shape `(n_runs, 2)`."""
    return np.flatnonzero(np.diff(marks, prepend=False, append=False)).reshape(-1, 2)


@lru_cache(maxsize=1)
def _hann() -> np.ndarray:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)


@lru_cache(maxsize=1)
def _detector() -> Requests:
    # One thread: its parts are so small that a second one gains nothing.
    return Requests(ov.Core().compile_model(IR, "CPU", compile_options(threads=1)))
