"""From samples to the bytes of a file."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from ser_core.audio.decoding import SAMPLE_RATE


def to_16_bit(waveform: np.ndarray) -> np.ndarray:
    """Samples in [-1, 1] as int16; what lies outside is clipped."""
    return np.round(32767 * np.clip(waveform, -1, 1)).astype(np.int16)


def flac_bytes(waveform: np.ndarray) -> bytes:
    """A FLAC file at 16 kHz with 16 bits, about half as large as WAV."""
    file = io.BytesIO()
    soundfile.write(file, to_16_bit(waveform), SAMPLE_RATE, format="FLAC")
    return file.getvalue()


def wav_bytes(waveform: np.ndarray) -> bytes:
    """A WAV file at 16 kHz: float samples stay float, int16 stays 16 bit."""
    file = io.BytesIO()
    subtype = "PCM_16" if waveform.dtype == np.int16 else "FLOAT"
    soundfile.write(file, waveform, SAMPLE_RATE, format="WAV", subtype=subtype)
    return file.getvalue()
