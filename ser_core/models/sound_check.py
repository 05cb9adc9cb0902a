"""Does a clip contain a voice, and enough sound, to classify?"""

from __future__ import annotations

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.features.spectrogram import Spectrogram
from ser_core.models.prediction import Status

MIN_SOUND_S = 0.2
# One step of 16-bit audio to each side, or steady hiss this quiet and this even, is not a voice.
# The most even clip of RAVDESS varies by 16 dB from frame to frame; the quietest are at -60 dBFS.
_SILENT_RANGE = 3 / 32768
_HISS_RMS_DB, _HISS_SPREAD_DB = -50.0, 2.0
_CLIPPED_SHARE = 0.001


def sound_status(spectrogram: Spectrogram) -> Status:
    """All but `uncertain`; for a picture, only the length is checked."""
    clip = spectrogram.clip
    if clip is not None and _is_silent(clip, spectrogram.frame_level_db):
        return "silent"
    first, last = spectrogram.sounding_frames
    if (last - first) / spectrogram.settings.frames_per_s < MIN_SOUND_S:
        return "too_short"
    if spectrogram.voice is not None and not spectrogram.voice.any():
        return "no_voice"
    return "clipped" if clip is not None and clip.clipped_share > _CLIPPED_SHARE else "ok"


def _is_silent(clip: Clip, level: np.ndarray) -> bool:
    if np.ptp(clip.waveform) < _SILENT_RANGE:
        return True
    power = np.dot(clip.waveform, clip.waveform) / len(clip.waveform)
    if 10 * np.log10(power + 1e-20) >= _HISS_RMS_DB:
        return False
    inside = level[2:-2]  # the frames at both ends hold padding
    return bool(len(inside) and inside.std() < _HISS_SPREAD_DB)
