"""Plotly figures of the last 30 seconds, on an axis that ends with now.

Small enough to be sent twice per second. Background and text color are the theme's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.charts.look import FONT_SIZE, emotion_color
from ser_core.charts.recording import frequency_ticks
from ser_core.features.log_mel import LogMel
from ser_core.live.track import Moment
from ser_core.live.windows import HOP_S, RECENT_S
from ser_core.models.labels import emotion_name

_COLUMN_S = 0.1
# Quieter than this (a soft voice, dB of the log-mel) the loudest point is not drawn bright, so
# that the noise of an empty room stays dark.
_BRIGHT_DB = -15.0
_RANGE_DB = 60.0
_NO_MARKS: Mapping[int, float] = {}
# Shorter stretches of the river have room for the symbol only, or for nothing.
_NAMED_S, _SYMBOL_S = 3.5, 1.0


def rolling_spectrogram(
    waveform: np.ndarray,
    settings: LogMel,
    marks_s: Mapping[int, float] = _NO_MARKS,
    span_s: float = RECENT_S,
) -> go.Figure:
    """Level by time and frequency.

    Args:
        waveform: the sound until now, shape `(n_samples,)`.
        marks_s: per number of a mark, its time before now (negative).
        span_s: length of the time axis.
    """
    figure = go.Figure()
    samples = round(_COLUMN_S * SAMPLE_RATE)
    # Whole columns counted from now.
    waveform = waveform[len(waveform) % samples :]
    if len(waveform):
        log_mel = settings(waveform)[:, :-1]
        columns = log_mel.reshape(len(log_mel), len(waveform) // samples, -1).max(axis=2)
        below_db = columns - max(float(columns.max()), _BRIGHT_DB)
        centers = settings.mel_frequencies()
        figure.add_trace(
            go.Heatmap(
                z=np.round(np.maximum(below_db, -_RANGE_DB)).astype(np.int8),
                x0=-columns.shape[1] * _COLUMN_S + _COLUMN_S / 2,
                dx=_COLUMN_S,
                y=[f"{hz:.0f} Hz" for hz in centers],
                colorscale="Viridis",
                zmin=-_RANGE_DB,
                zmax=0,
                showscale=False,
                hovertemplate="%{x:.1f} s, %{y}: %{z} dB<extra></extra>",
            )
        )
    bands, names = frequency_ticks(settings)
    figure.update_yaxes(
        type="category",
        range=[-0.5, settings.n_mels - 0.5],
        tickvals=bands,
        ticktext=[f"{name} Hz" for name in names],
        tickfont_size=FONT_SIZE - 1,
    )
    _mark(figure, marks_s)
    figure.update_xaxes(title={"text": "Time relative to now (s)", "standoff": 26})
    return _laid_out(figure, 215, span_s)


def river(
    moments: Sequence[Moment],
    now_s: float,
    labels: Sequence[str],
    marks_s: Mapping[int, float] = _NO_MARKS,
    span_s: float = RECENT_S,
) -> go.Figure:
    """The first model's probabilities as a river: each emotion as wide as it is probable.

    Where nobody speaks the river is dry.

    Args:
        now_s: right end of the time axis, in seconds of sound, as `moments` have them.
        labels: from top to bottom.
        marks_s: per number of a mark, its time before now (negative).
    """
    times_s, shares = _shares(moments, now_s, labels, span_s)
    edges = np.vstack([np.zeros(shares.shape[1]), np.cumsum(shares[::-1], axis=0)])
    figure = go.Figure()
    if len(times_s):
        figure.add_trace(
            go.Scatter(x=times_s, y=edges[0], mode="lines", line_width=0, hoverinfo="skip")
        )
    for edge, label, share in zip(edges[1:], labels[::-1], shares[::-1], strict=True):
        if len(times_s):
            figure.add_trace(
                go.Scatter(
                    x=times_s,
                    y=edge,
                    customdata=share,
                    mode="lines",
                    line_width=0,
                    fill="tonexty",
                    fillcolor=emotion_color(label),
                    hovertemplate=f"%{{x:.1f}} s: {label} %{{customdata:.0%}}<extra></extra>",
                )
            )
    for time_s, place, text in _names(times_s, shares, edges, labels):
        figure.add_annotation(
            x=time_s,
            y=place,
            text=f"<b>{text}</b>",
            font_size=FONT_SIZE + 3,
            showarrow=False,
        )
    figure.update_yaxes(
        title="Probability",
        range=[0, 1.08],  # or the upper tick would lose its name
        tickvals=[0, 0.5, 1],
        ticktext=["0 %", "50 %", "100 %"],
        tickfont_size=FONT_SIZE - 1,
    )
    _mark(figure, marks_s)
    return _laid_out(figure, 220, span_s)


def _shares(
    moments: Sequence[Moment], now_s: float, labels: Sequence[str], span_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """Times before now and probabilities, shape `(n_labels, n_times)`; zero where nobody spoke."""
    shown = [m for m in moments if m.end_s >= now_s - span_s - HOP_S]
    shares = np.zeros((len(labels), len(shown)))
    for column, moment in enumerate(shown):
        first: dict[str, float] = dict(next(iter(moment.answers.values()), {}))
        shares[:, column] = [first.get(label, 0.0) for label in labels]
    times_s = np.array([m.end_s - now_s for m in shown])
    # A window that is missing (skipped, or the stream paused) is a gap, not a slope over it.
    gaps = np.flatnonzero(np.diff(times_s) > 1.5 * HOP_S)
    at = np.repeat(gaps + 1, 2)
    edges_s = np.stack([times_s[gaps] + HOP_S, times_s[gaps + 1] - HOP_S], axis=1).ravel()
    return _steep(np.insert(times_s, at, edges_s), np.insert(shares, at, 0.0, axis=1))


def _steep(times_s: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same with banks that fall at once where somebody begins or ends to speak."""
    spoken = shares.sum(axis=0) > 0
    banks = np.flatnonzero(np.diff(spoken))
    edges_s = np.where(spoken[banks], times_s[banks], times_s[banks + 1])
    return np.insert(times_s, banks + 1, edges_s), np.insert(shares, banks + 1, 0.0, axis=1)


def _names(
    times_s: np.ndarray, shares: np.ndarray, edges: np.ndarray, labels: Sequence[str]
) -> list[tuple[float, float, str]]:
    """Where to write what: a label in the middle of each stretch in which it leads."""
    if not len(times_s):
        return []
    leading = np.where(shares.sum(axis=0) > 0, shares.argmax(axis=0), -1)
    bounds = np.flatnonzero(np.diff(leading)) + 1
    named = []
    for start, stop in zip([0, *bounds], [*bounds, len(leading)], strict=True):
        label = int(leading[start])
        length_s = times_s[stop - 1] - times_s[start]
        if label < 0 or length_s < _SYMBOL_S:
            continue
        middle = (start + stop) // 2
        row = len(labels) - 1 - label  # edges count from below
        place = float(edges[row : row + 2, middle].mean())
        name = emotion_name(labels[label])
        named.append((float(times_s[middle]), place, name if length_s > _NAMED_S else name[0]))
    return named


def _mark(figure: go.Figure, marks_s: Mapping[int, float]) -> None:
    for number, mark_s in marks_s.items():
        figure.add_vline(
            mark_s,
            line={"dash": "dot", "width": 2, "color": "#DF6454"},
            annotation={"text": str(number), "font_size": FONT_SIZE, "yanchor": "top"},
        )


def _laid_out(figure: go.Figure, height: int, span_s: float) -> go.Figure:
    figure.update_xaxes(
        range=[-span_s, 0],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        title_font_size=FONT_SIZE,
        tickfont_size=FONT_SIZE - 1,
    )
    figure.update_yaxes(showgrid=False, zeroline=False, fixedrange=True, title_font_size=FONT_SIZE)
    return figure.update_layout(
        height=height,
        dragmode=False,
        hovermode="closest",
        showlegend=False,
        # Fixed, not fitted: both figures keep one time axis, and nothing jumps while they move.
        margin={"l": 72, "r": 12, "t": 8, "b": 56 if figure.layout.xaxis.title.text else 24},
        yaxis_automargin=False,
        xaxis_automargin=False,
    )
