"""Synthetic sounds and audio files for the tests, so that none are needed on disk."""

from __future__ import annotations

import io

import av
import numpy as np
import soundfile
from scipy.signal import lfilter

RATE = 16_000

# Formant frequencies (F1, F2, F3) in Hz, after Peterson and Barney (1952).
VOWELS = {"a": (730, 1090, 2440), "i": (270, 2290, 3010), "u": (300, 870, 2240)}


def voice(
    duration_s: float = 2.0,
    pitch_hz: float = 120.0,
    vowels: str = "aiu",
    syllables_per_s: float = 4.0,
    rate: int = RATE,
    level: float = 0.3,
    seed: int = 0,
) -> np.ndarray:
    """A voice: glottal pulses through formants, with intonation, and syllables of a consonant (a
    puff of noise) and a vowel. The voice detector takes it for one.

    Args:
        pitch_hz: mean pitch; the contour falls over the clip and rises on each syllable.
        level: peak.

    Returns:
        float32, shape `(n_samples,)`.
    """
    times = np.arange(round(duration_s * rate)) / rate
    rng = np.random.default_rng(seed)
    beat = times * syllables_per_s
    contour = 1.15 - 0.3 * times / duration_s + 0.1 * np.sin(2 * np.pi * beat)
    pulses = np.diff(np.floor(np.cumsum(pitch_hz * contour / rate)), prepend=0.0)
    source = lfilter([1], [1, -0.9], pulses + 0.01 * rng.standard_normal(len(times)))
    spoken = np.zeros(len(times))
    for position, vowel in enumerate(vowels):
        filtered = source
        for formant_hz in VOWELS[vowel]:
            filtered = lfilter(*_resonance(formant_hz, rate), filtered)
        spoken += np.where(beat.astype(int) % len(vowels) == position, filtered, 0)
    # Each vowel swells and fades; between them 34 dB less, and the consonant.
    swell = np.sin(np.pi * (beat % 1)) ** 2
    spoken *= 0.02 + 0.98 * swell
    spoken -= spoken.mean()
    puff = lfilter([1, -0.9], [1], rng.standard_normal(len(times)))
    spoken += 0.05 * np.abs(spoken).max() * puff * (1 - swell) ** 4 * (beat % 1 < 0.5)
    return (level * spoken / np.abs(spoken).max()).astype(np.float32)


def _resonance(formant_hz: float, rate: int) -> tuple[list[float], list[float]]:
    """Numerator and denominator of a two-pole resonance, 80 Hz wide, gain 1 at 0 Hz."""
    radius, angle = np.exp(-np.pi * 80 / rate), 2 * np.pi * formant_hz / rate
    poles = [1.0, -2 * radius * np.cos(angle), radius**2]
    return [sum(poles)], poles


def tone(
    frequency_hz: float = 440.0, duration_s: float = 1.0, rate: int = RATE, level: float = 0.3
) -> np.ndarray:
    """A sine, float32, shape `(n_samples,)`."""
    times = np.arange(round(duration_s * rate)) / rate
    return (level * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)


def noise(duration_s: float = 1.0, rate: int = RATE, rms: float = 0.1, seed: int = 0) -> np.ndarray:
    """White Gaussian noise, float32, shape `(n_samples,)`."""
    rng = np.random.default_rng(seed)
    return (rms * rng.standard_normal(round(duration_s * rate))).astype(np.float32)


def wav(waveform: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> bytes:
    """A wav file; `waveform` has shape `(n_samples,)` or `(n_samples, n_channels)`."""
    return encode(waveform, "wav", rate, subtype)


def encode(
    waveform: np.ndarray, container: str, rate: int = RATE, subtype: str | None = None
) -> bytes:
    """An audio file: wav, flac, aiff, ogg (Vorbis), opus, mp3, m4a (AAC) or webm (Opus).

    Args:
        waveform: shape `(n_samples,)` or `(n_samples, n_channels)`.
        subtype: libsndfile's name of the sample format; for wav, flac and aiff.
    """
    if container in ("m4a", "webm"):
        return _encode_with_ffmpeg(waveform, container, rate)
    formats = {"ogg": ("OGG", "VORBIS"), "opus": ("OGG", "OPUS"), "mp3": ("MP3", None)}
    name, fixed = formats.get(container, (container.upper(), subtype or "PCM_16"))
    file = io.BytesIO()
    soundfile.write(file, waveform, rate, subtype=fixed, format=name)
    return file.getvalue()


def _encode_with_ffmpeg(waveform: np.ndarray, container: str, rate: int) -> bytes:
    codec, muxer = {"m4a": ("aac", "mp4"), "webm": ("libopus", "webm")}[container]
    channels = waveform.reshape(len(waveform), -1)
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels.shape[1]]
    file = io.BytesIO()
    with av.open(file, "w", format=muxer) as output:
        stream = output.add_stream(codec, rate=rate, layout=layout)
        packed = np.ascontiguousarray(channels, dtype=np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
        frame.sample_rate = rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            output.mux(packet)
    return file.getvalue()
