"""What a player draws along the time axis of a recording, as plain numbers that travel as JSON."""

from __future__ import annotations

from base64 import b64encode

import msgspec
import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.pitch import pitch_hz
from ser_core.charts.look import emotion_color
from ser_core.charts.recording import envelope, evidence_columns, frequency_ticks
from ser_core.features.color_maps import COLOR_MAP, colors
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import frame_level_db
from ser_core.models.labels import emotion_name
from ser_core.models.prediction import Evidence

MAX_COLUMNS = 3000
"""More than a screen has: a long recording can be zoomed in."""

_LEVELS = 255


class Waveform(msgspec.Struct, frozen=True):
    """Highest and lowest sample of each column, as shares of the largest amplitude."""

    highest: list[float]
    lowest: list[float]


class Picture(msgspec.Struct, frozen=True):
    """A spectrogram whose every cell can be read.

    Attributes:
        cells: base64 of one byte per cell, row by row from the highest band, 255 for the loudest.
        colors: base64 of the 256 colors, RGB.
        start_s, end_s: of the picture; a frame is centered on its time, so it begins before 0.
        floor_db: how far below the loudest cell a byte of 0 lies.
        bands_hz: center of each band, from the highest one.
        ticks: share of the height, from the top, and name of round frequencies.
        levels_db: of each column, below the loudest one.
        pitch_hz: of each column; 0 where there is none.
    """

    cells: str
    colors: str
    rows: int
    columns: int
    start_s: float
    end_s: float
    floor_db: float
    bands_hz: list[int]
    ticks: list[tuple[float, str]]
    levels_db: list[int]
    pitch_hz: list[int]


class Emotions(msgspec.Struct, frozen=True):
    """How probable each emotion is over time.

    Attributes:
        names, colors: of each row.
        shares: base64 of one byte per value, row by row, 255 for certainty.
        columns: values per row.
        start_s, end_s: times of the first and of the last value.
    """

    names: list[str]
    colors: list[str]
    shares: str
    columns: int
    start_s: float
    end_s: float


def waveform(clip: Clip) -> Waveform:
    """The envelope of a clip."""
    lowest, highest = envelope(clip.waveform, MAX_COLUMNS)
    reach = max(float(np.abs(clip.waveform).max()), 1e-9)
    return Waveform(*((edge / reach).round(3).tolist() for edge in (highest, lowest)))


def picture(clip: Clip | None, log_mel: np.ndarray, settings: LogMel) -> Picture:
    """The spectrogram, with at most `MAX_COLUMNS` columns.

    Args:
        clip: None where only a spectrogram is known; no pitch then.
        log_mel: dB, shape `(n_mels, n_frames)`.
    """
    per_column = -(-log_mel.shape[1] // MAX_COLUMNS)
    starts = np.arange(0, log_mel.shape[1], per_column)
    loudest = np.maximum.reduceat(log_mel, starts, axis=1)
    share = (1 + (loudest - loudest.max()) / settings.floor_db).clip(0, 1)
    level = np.maximum.reduceat(frame_level_db(log_mel), starts)
    middles_s = (starts + (per_column - 1) / 2) / settings.frames_per_s
    pitch = pitch_hz(clip.waveform, middles_s) if clip else np.zeros(len(starts))
    bands, names = frequency_ticks(settings)
    rows = len(log_mel)
    return Picture(
        cells=_packed(_LEVELS * share[::-1]),
        colors=b64encode(colors(COLOR_MAP).tobytes()).decode(),
        rows=rows,
        columns=len(starts),
        start_s=-0.5 / settings.frames_per_s,
        end_s=(len(starts) * per_column - 0.5) / settings.frames_per_s,
        floor_db=settings.floor_db,
        bands_hz=settings.mel_frequencies()[::-1].round().astype(int).tolist(),
        ticks=[(1 - (band + 0.5) / rows, name) for band, name in zip(bands, names, strict=True)],
        levels_db=(level - level.max()).clip(-settings.floor_db).round().astype(int).tolist(),
        pitch_hz=np.nan_to_num(pitch).round().astype(int).tolist(),
    )


def emotions(evidence: Evidence, labels: tuple[str, ...], offset_s: float = 0.0) -> Emotions:
    """The evidence of an answer.

    Args:
        evidence: with at least one time.
        labels: of its rows.
        offset_s: where in the recording the analyzed stretch begins.
    """
    times_s, shares = evidence_columns(evidence)
    return Emotions(
        names=[emotion_name(label) for label in labels],
        colors=[emotion_color(label) for label in labels],
        shares=_packed(_LEVELS * shares),
        columns=len(times_s),
        start_s=offset_s + float(times_s[0]),
        end_s=offset_s + float(times_s[-1]),
    )


def _packed(values: np.ndarray) -> str:
    return b64encode(np.round(values).astype(np.uint8).tobytes()).decode()
