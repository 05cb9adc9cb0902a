"""Pitch and MFCC by librosa: the features of emotion recognition before neural networks.

librosa compiles its code on first use, which takes seconds and 330 MB that are never released. So
it runs in a separate process that ends with the result; no long-running process imports it.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.features.log_mel import LogMel
from ser_core.runtime.places import IMPORT_ROOT

LOWEST_HZ, HIGHEST_HZ = 60.0, 500.0
N_MFCC = 13
MAX_DURATION_S = 10.0  # of the voice; pYIN takes a tenth of that
_FRAME_LENGTH, _HOP_LENGTH = 1024, 256  # samples: 64 ms hold four periods of the lowest voice
_SOFTEST_DB = 40.0  # below the loudest frame: what counts as silence
_TIMEOUT_S = 120


class PitchAndMfcc(NamedTuple):
    """librosa's features of a voice.

    Attributes:
        times_s: times of the pitch values, shape `(n_times,)`.
        pitch_hz: by pYIN (Mauch & Dixon 2014), shape `(n_times,)`; NaN where there is no pitch.
        mfcc: mel-frequency cepstral coefficients, shape `(N_MFCC, n_frames)`.
    """

    times_s: np.ndarray
    pitch_hz: np.ndarray
    mfcc: np.ndarray


class PitchError(RuntimeError):
    """librosa gave no result; the message says what to do next."""


def available() -> bool:
    """Whether librosa is installed."""
    return find_spec("librosa") is not None


def pitch_and_mfcc(waveform: np.ndarray, settings: LogMel) -> PitchAndMfcc:
    """Pitch and MFCC of a voice, or of its first `MAX_DURATION_S` seconds if it is longer.

    Args:
        waveform: at 16 kHz, shape `(n_samples,)`.

    Raises:
        PitchError: librosa is missing, failed or took longer than two minutes.
    """
    if not available():
        raise PitchError("This panel needs librosa: `pip install librosa`, then restart the app.")
    waveform = waveform[: int(MAX_DURATION_S * SAMPLE_RATE)]
    log_mel = settings(waveform)
    question = io.BytesIO()
    np.savez(
        question,
        waveform=waveform,
        log_mel=np.maximum(log_mel - log_mel.max(), -settings.floor_db),
    )
    try:
        process = subprocess.run(
            [sys.executable, "-m", "ser_core.walkthrough.pitch"],
            input=question.getvalue(),
            capture_output=True,
            cwd=IMPORT_ROOT,
            env=_environment(),
            timeout=_TIMEOUT_S,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise PitchError("librosa took too long. Try a shorter recording.") from error
    except subprocess.CalledProcessError as error:
        raise PitchError(
            "librosa failed. Reinstall it: `pip install --force-reinstall librosa numba`."
        ) from error
    with np.load(io.BytesIO(process.stdout)) as answer:
        return PitchAndMfcc(answer["times_s"], answer["pitch_hz"], answer["mfcc"])


def _environment() -> dict[str, str]:
    # numba refuses to compile where it cannot keep the result, as in a read-only installation.
    cache = str(Path(tempfile.gettempdir()) / "ser-lab-numba")
    return {"NUMBA_CACHE_DIR": cache, **os.environ}


def _answer(question: bytes) -> bytes:
    import librosa

    with np.load(io.BytesIO(question)) as arrays:
        pitch_hz, _, _ = librosa.pyin(
            arrays["waveform"],
            sr=SAMPLE_RATE,
            fmin=LOWEST_HZ,
            fmax=HIGHEST_HZ,
            frame_length=_FRAME_LENGTH,
            hop_length=_HOP_LENGTH,
        )
        # In digital silence, pYIN is certain of the highest pitch.
        level = librosa.feature.rms(
            y=arrays["waveform"], frame_length=_FRAME_LENGTH, hop_length=_HOP_LENGTH
        )[0]
        pitch_hz[level <= level.max() * 10 ** (-_SOFTEST_DB / 20)] = np.nan
        mfcc = librosa.feature.mfcc(S=arrays["log_mel"], n_mfcc=N_MFCC)
    times_s = np.arange(len(pitch_hz)) * _HOP_LENGTH / SAMPLE_RATE
    answer = io.BytesIO()
    np.savez(answer, times_s=times_s, pitch_hz=pitch_hz, mfcc=mfcc)
    return answer.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(_answer(sys.stdin.buffer.read()))
