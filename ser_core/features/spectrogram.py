"""A log-mel spectrogram and what is derived from it once: level, sounding part, model windows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.voice_activity import STEP, runs
from ser_core.features.log_mel import LogMel

MIN_OVERLAP = 3 / 8
"""Of neighboring model windows: a sound of 4 s needs two of 2.56 s."""
VOICE_MARGIN_S = 0.3
"""Around a voice, what still belongs to it: onsets, breath, and the room's answer."""


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """A log-mel spectrogram in the settings of a model.

    Attributes:
        log_mel: dB, shape `(n_mels, n_frames)`.
        settings: how `log_mel` was computed.
        clip: the audio behind it, for the checks on silence and clipping; None for a picture.
        voice: whether somebody speaks in each of the detector's steps; None for a picture.
        note: what was assumed about a picture, or left out of a recording; empty if nothing was.
        decode_ms, features_ms: time spent decoding and computing features.
    """

    log_mel: np.ndarray
    settings: LogMel
    clip: Clip | None = None
    voice: np.ndarray | None = None
    note: str = ""
    decode_ms: float = 0.0
    features_ms: float = 0.0

    @classmethod
    def of(cls, clip: Clip, settings: LogMel) -> Spectrogram:
        """Compute the spectrogram of a clip."""
        start = time.perf_counter()
        log_mel, voice = settings(clip.waveform), clip.voice
        features_ms = 1000 * (time.perf_counter() - start)
        return cls(log_mel, settings, clip, voice, clip.note, clip.decode_ms, features_ms)

    @property
    def duration_s(self) -> float:
        if self.clip is not None:
            return self.clip.duration_s
        return self.log_mel.shape[1] / self.settings.frames_per_s

    @cached_property
    def frame_level_db(self) -> np.ndarray:
        """Level of each frame, dB, shape `(n_frames,)`."""
        return frame_level_db(self.log_mel)

    @cached_property
    def near_voice(self) -> np.ndarray:
        """Frames within `VOICE_MARGIN_S` of a voice, bool, shape `(n_frames,)`.

        All of them where nobody speaks, and for a picture, which has no samples to look at.
        """
        n_frames = self.log_mel.shape[1]
        if self.voice is None or not self.voice.any():
            return np.ones(n_frames, bool)
        # The n-th frame is centered on sample n * hop_length.
        frames_per_step = STEP / self.settings.hop_length
        margin = VOICE_MARGIN_S * self.settings.frames_per_s
        near = np.zeros(n_frames, bool)
        for first, last in runs(self.voice):
            start, stop = first * frames_per_step - margin, last * frames_per_step + margin
            near[max(0, round(start)) : round(stop) + 1] = True
        return near

    @cached_property
    def sounding_frames(self) -> tuple[int, int]:
        """First frame within `top_db` of the loudest one near a voice, and one past the last."""
        level = np.where(self.near_voice, self.frame_level_db, -np.inf)
        loud = np.flatnonzero(level >= level.max() - self.settings.top_db)
        return int(loud[0]), int(loud[-1]) + 1

    def parts(self, n_frames: int) -> list[tuple[int, int]]:
        """The sounding part, cut where for half a model window or more there is no voice nearby.

        Returns:
            (first frame, one past the last) of each.
        """
        first, last = self.sounding_frames
        near = self.near_voice[first:last]
        pauses = [(a, b) for a, b in runs(~near).tolist() if b - a >= n_frames // 2]
        starts = [first, *(first + b for _, b in pauses)]
        stops = [*(first + a for a, _ in pauses), last]
        return list(zip(starts, stops, strict=True))

    def model_windows(self, n_frames: int) -> list[tuple[int, np.ndarray]]:
        """Cut the sounding parts into overlapping model windows.

        Shorter parts are padded with silence on both sides; over longer ones, as few windows as
        overlap by `MIN_OVERLAP` or more are evenly spread. Windows further than `top_db` below the
        loudest one (a long pause) are left out.

        Returns:
            (start, window) pairs: the frame of the clip at which the window starts (negative where
            it begins with padding) and its dB values, shape `(n_mels, n_frames)`.
        """
        windows = [w for part in self.parts(n_frames) for w in self._windows(*part, n_frames)]
        loud = [self._window_db(start, n_frames) for start, _ in windows]
        return [
            window
            for window, window_db in zip(windows, loud, strict=True)
            if window_db >= max(loud) - self.settings.top_db
        ]

    def _windows(self, start: int, stop: int, n_frames: int) -> list[tuple[int, np.ndarray]]:
        """The model windows of one part."""
        log_mel, missing = self.log_mel, n_frames - (stop - start)
        if missing >= 0:
            left = missing // 2
            silence = 10 * np.log10(self.settings.amin)
            window = np.full((len(log_mel), n_frames), silence, log_mel.dtype)
            window[:, left : n_frames - (missing - left)] = log_mel[:, start:stop]
            return [(start - left, window)]
        n_windows = 1 + int(np.ceil(-missing / (n_frames * (1 - MIN_OVERLAP))))
        starts = np.linspace(start, stop - n_frames, n_windows).round().astype(int).tolist()
        return [(s, log_mel[:, s : s + n_frames]) for s in starts]

    def network_inputs(self, n_frames: int) -> list[tuple[int, np.ndarray]]:
        """The `model_windows`, each as the `network_input`."""
        return [
            (start, _level_normalized(window, self._window_db(start, n_frames), self.settings))
            for start, window in self.model_windows(n_frames)
        ]

    def _window_db(self, start: int, n_frames: int) -> float:
        """Level of the loud frames near a voice in a window, dB."""
        inside = slice(max(start, 0), start + n_frames)
        return _loud_db(self.frame_level_db[inside][self.near_voice[inside]])


def frame_level_db(log_mel: np.ndarray) -> np.ndarray:
    """Level of each frame: the power summed over the mel bands, in dB, shape `(n_frames,)`."""
    power = log_mel * (np.log(10) / 10).item()
    np.exp(power, out=power)  # four times as fast as 10 ** (… / 10)
    return 10 * np.log10(power.sum(axis=0))


def level_db(log_mel: np.ndarray) -> float:
    """Level of the loud frames in dB: the mean frame power, weighted by the power itself.

    With frame powers e, this is Σe² / Σe. Silence around the sound does not change it, and a gain
    shifts it by exactly that gain; both keep the microphone's distance out of the answer.
    """
    return _loud_db(frame_level_db(log_mel))


def _loud_db(level: np.ndarray) -> float:
    power = 10 ** (level.astype(np.float64) / 10)
    return float(10 * np.log10((power**2).sum() / power.sum()))


def network_input(window: np.ndarray, settings: LogMel) -> np.ndarray:
    """Level-normalized window as the network takes it.

    Args:
        window: dB, shape `(n_mels, n_frames)`.

    Returns:
        float32 in about [-2, 2], shape `(1, 1, n_mels, n_frames)`.
    """
    return _level_normalized(window, level_db(window), settings)


def _level_normalized(window: np.ndarray, loud_db: float, settings: LogMel) -> np.ndarray:
    relative = np.subtract(window, loud_db, dtype=np.float32)
    np.maximum(relative, -settings.floor_db, out=relative)
    relative += settings.floor_db / 2
    relative /= 20
    return relative[None, None]
