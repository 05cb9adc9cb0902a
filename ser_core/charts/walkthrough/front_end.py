"""Figures of the first steps: samples, windows, frames, mel bands, decibels, pitch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.charts.look import SOUND_COLOR
from ser_core.charts.recording import envelope, filled_between
from ser_core.charts.walkthrough.layout import (
    BLUE_TO_RED,
    MAX_COLUMNS,
    RANGE_DB,
    SERIES,
    draw_mel,
    draw_stft,
    laid_out,
    with_legend,
)
from ser_core.features.log_mel import LogMel, hann, mel_filters

MARK_COLOR = "#DF6454"
OTHER_COLOR = "#0E9AA7"
_DOTS_BELOW = 400  # samples: only so few can be told apart as dots


def samples(waveform: np.ndarray, first: int, last: int) -> go.Figure:
    """Part of a waveform: as dots where there are few samples, else from lowest to highest."""
    part = waveform[first:last]
    times_ms = 1000 * np.arange(first, last, dtype=np.float64) / SAMPLE_RATE
    if len(part) <= 2 * MAX_COLUMNS:
        few = len(part) <= _DOTS_BELOW
        traces = [
            go.Scatter(
                x=times_ms,
                y=part,
                mode="lines+markers" if few else "lines",
                marker_size=6,
                line={"color": SOUND_COLOR, "width": 1 if few else 1.5},
                hovertemplate="%{x:.2f} ms: %{y:.4f}<extra></extra>",
            )
        ]
    else:
        lowest, highest = envelope(part)
        columns_ms = np.linspace(times_ms[0], times_ms[-1], len(lowest))
        hover = "%{x:.0f} ms: peak %{y:.3f}<extra></extra>"
        traces = [*filled_between(columns_ms, lowest, highest, hover)]
    figure = go.Figure(traces)
    figure.update_xaxes(title="Time (ms)", range=[times_ms[0], times_ms[-1]], showgrid=False)
    figure.update_yaxes(title="Amplitude", zeroline=True)
    return laid_out(figure, 420)


def windows(
    waveform: np.ndarray, start: int, win_length: int, hop_length: int, level_db: np.ndarray
) -> go.Figure:
    """Above, a piece of the voice under its windows; below, the spectrogram they give.

    Args:
        start: the sample at which the piece begins.
        level_db: as `lesson.short_time.stft_db` gives it.
    """
    length = max(3 * win_length, win_length + 4 * hop_length)
    piece = waveform[start : start + length]
    times_ms = 1000 * (start + np.arange(len(piece))) / SAMPLE_RATE
    reach = max(float(np.abs(piece).max()), 1e-4)
    figure = make_subplots(rows=2, cols=1, row_heights=[0.42, 0.58], vertical_spacing=0.2)
    shown = slice(None, None, max(1, len(piece) // 1500))
    line = {"color": SOUND_COLOR, "width": 1}
    figure.add_scatter(
        x=times_ms[shown], y=piece[shown], mode="lines", line=line, hoverinfo="skip", row=1, col=1
    )
    shape = reach * hann(win_length)
    coarse = slice(None, None, max(1, win_length // 100))
    for i, first in enumerate(range(0, len(piece) - win_length + 1, hop_length)):
        x = 1000 * (start + first + np.arange(win_length)) / SAMPLE_RATE
        line = {"color": (MARK_COLOR, OTHER_COLOR)[i % 2], "width": 2}
        _draw_line(figure, x[coarse], shape[coarse], line, f"window {i + 1}")
    figure.update_xaxes(title="Time (ms)", showgrid=False, row=1)
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, row=1)
    draw_stft(figure, level_db, hop_length, 2, 1)
    figure.update_yaxes(range=[0, 4], row=2)
    return laid_out(figure, 440)


def one_frame(
    frame: np.ndarray, spectrum_db: np.ndarray, level_db: np.ndarray, n: int, hop_length: int
) -> go.Figure:
    """A frame, its spectrum, and where it stands in the spectrogram.

    Args:
        frame: windowed samples, shape `(win_length,)`.
        spectrum_db: shape `(n_bins,)`, from 0 Hz to half the sample rate.
        level_db: the spectrogram, shape `(n_bins, n_frames)`.
        n: which frame it is.
    """
    figure = make_subplots(
        rows=2,
        cols=2,
        specs=[[{}, {}], [{"colspan": 2}, None]],
        row_heights=[0.42, 0.58],
        vertical_spacing=0.22,
        horizontal_spacing=0.24,
    )
    times_ms = 1000 * np.arange(len(frame)) / SAMPLE_RATE
    khz = np.linspace(0, SAMPLE_RATE / 2000, len(spectrum_db))
    shown = khz <= 4  # where a voice has its tones
    line = {"color": MARK_COLOR, "width": 1.5}
    _draw_line(figure, times_ms, frame, line, "%{x:.1f} ms: %{y:.3f}")
    level = spectrum_db[shown]
    _draw_line(figure, khz[shown], level, line, "%{x:.2f} kHz: %{y:.0f} dB", column=2)
    figure.update_xaxes(title="Time in the frame (ms)", showgrid=False, row=1, col=1)
    figure.update_yaxes(showticklabels=False, showgrid=False, row=1, col=1)
    figure.update_xaxes(title="Frequency (kHz)", showgrid=False, row=1, col=2)
    figure.update_yaxes(ticksuffix=" dB", range=[-RANGE_DB, 3], nticks=4, row=1, col=2)
    draw_stft(figure, level_db, hop_length, 2, 1)
    figure.add_vline(
        n * hop_length / SAMPLE_RATE, line={"color": MARK_COLOR, "width": 2}, row=2, col=1
    )
    return laid_out(figure, 440)


def _draw_line(
    figure: go.Figure,
    x: np.ndarray,
    y: np.ndarray,
    line: dict[str, object],
    hover: str,
    column: int = 1,
) -> None:
    """A line in the upper row."""
    hovertemplate = f"{hover}<extra></extra>"
    figure.add_scatter(
        x=x, y=y, mode="lines", line=line, hovertemplate=hovertemplate, row=1, col=column
    )


def filter_bank(settings: LogMel, level_db: np.ndarray) -> go.Figure:
    """The triangles of the filter bank above the spectrogram that they give.

    Args:
        level_db: in the bands of `settings`, dB below the loudest, shape `(n_mels, n_frames)`.
    """
    filters = mel_filters(settings)
    hz = np.linspace(0, settings.sample_rate / 2, filters.shape[1])
    figure = make_subplots(rows=2, cols=1, row_heights=[0.4, 0.6], vertical_spacing=0.2)
    for i, weights in enumerate(filters):
        inside = np.flatnonzero(weights)
        if not len(inside):
            continue  # narrower than the distance of two frequencies: it catches nothing
        span = slice(max(inside[0] - 1, 0), inside[-1] + 2)
        line = {"color": (SOUND_COLOR, MARK_COLOR)[i % 2], "width": 1.5}
        share = weights[span] / weights.max()
        _draw_line(figure, hz[span], share, line, f"band {i + 1}: %{{x:.0f}} Hz")
    figure.update_xaxes(title="Frequency (Hz)", showgrid=False, row=1)
    figure.update_yaxes(title="Weight", showticklabels=False, showgrid=False, row=1)
    draw_mel(figure, level_db, settings, 2, 1)
    return laid_out(figure, 440)


def power_and_decibels(power: np.ndarray, log_mel: np.ndarray, settings: LogMel) -> go.Figure:
    """The same spectrogram twice: power as it is, and in dB.

    Args:
        power: shape `(n_mels, n_frames)`.
        log_mel: dB of the same.
    """
    figure = make_subplots(
        rows=2,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.12,
        subplot_titles=("Power, linear scale", "The same in decibels"),
    )
    share = 100 * power / max(float(power.max()), 1e-30)
    draw_mel(figure, share, settings, 1, 1, limits=(0, 100), unit="% of the loudest")
    draw_mel(figure, log_mel - log_mel.max(), settings, 2, 1)
    figure.update_xaxes(title="", row=1)
    return laid_out(figure, 400, top=26)


def level_over_time(pairs: Sequence[tuple[str, np.ndarray]], frames_per_s: float) -> go.Figure:
    """Level of each frame, dB, one line each."""
    figure = go.Figure()
    for (name, level), (color, _), dash in zip(pairs, SERIES, ("solid", "dash"), strict=False):
        figure.add_scatter(
            x=np.arange(len(level)) / frames_per_s,
            y=level,
            mode="lines",
            name=name,
            line={"color": color, "dash": dash, "width": 2.5},
            hovertemplate="%{x:.2f} s: %{y:.0f} dB<extra></extra>",
        )
    figure.update_xaxes(title="Time (s)", showgrid=False)
    figure.update_yaxes(title="Level (dB)")
    return with_legend(laid_out(figure, 330))


def pitch_and_mfcc(
    times_s: np.ndarray, pitch_hz: np.ndarray, mfcc: np.ndarray, frames_per_s: float
) -> go.Figure:
    """Pitch over time above the cepstral coefficients, without the first, which is the level."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    figure.add_scatter(
        x=times_s,
        y=pitch_hz,
        mode="lines+markers",
        marker_size=4,
        line={"color": MARK_COLOR, "width": 2},
        hovertemplate="%{x:.2f} s: %{y:.0f} Hz<extra></extra>",
        row=1,
        col=1,
    )
    shape = mfcc[1:]
    reach = float(np.abs(shape).max())
    figure.add_heatmap(
        z=np.round(100 * shape / reach).astype(np.int8),
        dx=1 / frames_per_s,
        y0=1,
        colorscale=BLUE_TO_RED,
        zmin=-100,
        zmax=100,
        showscale=False,
        hovertemplate="%{x:.2f} s, coefficient %{y}<extra></extra>",
        row=2,
        col=1,
    )
    figure.update_yaxes(title="Pitch (Hz)", row=1)
    figure.update_yaxes(title="MFCC", showgrid=False, row=2)
    figure.update_xaxes(showgrid=False, range=[0, mfcc.shape[1] / frames_per_s])
    figure.update_xaxes(title="Time (s)", row=2)
    return laid_out(figure, 360)
