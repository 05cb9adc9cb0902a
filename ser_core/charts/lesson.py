"""Plotly figures of the walkthrough: the insides of the pipeline, one idea each.

As everywhere, background and text colour are the theme's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ser_core.audio import SAMPLE_RATE
from ser_core.charts.look import SOUND_COLOUR, emotion_colour, emotion_name, percent
from ser_core.charts.recording import envelope, frequency_ticks
from ser_core.features import LogMel, mel_filters
from ser_core.lesson.short_time import hann

MARK_COLOUR = "#DF6454"
OTHER_COLOUR = "#0E9AA7"
_FONT_SIZE = 15
_MAX_COLUMNS = 400
_DOTS_BELOW = 400  # samples: only so few can be told apart as dots
_RANGE_DB = 80
# From blue over the page's own colour to red.
_BLUE_TO_RED = (
    (0, "rgba(29, 96, 190, 0.95)"),
    (0.5, "rgba(128, 128, 128, 0)"),
    (1, "rgba(215, 62, 40, 0.95)"),
)
# Each answer has a colour and a pattern of its own, for those who cannot tell the colours.
_SERIES = (("#3D7FC4", ""), ("#BF6A00", "/"), ("#7F55EA", "x"))


def samples(waveform: np.ndarray, first: int, last: int) -> go.Figure:
    """Part of a waveform: as dots where there are few samples, else from lowest to highest."""
    part = waveform[first:last]
    times_ms = 1000 * np.arange(first, last, dtype=np.float64) / SAMPLE_RATE
    if len(part) <= 2 * _MAX_COLUMNS:
        few = len(part) <= _DOTS_BELOW
        traces = [
            go.Scatter(
                x=times_ms,
                y=part,
                mode="lines+markers" if few else "lines",
                marker_size=6,
                line={"color": SOUND_COLOUR, "width": 1 if few else 1.5},
                hovertemplate="%{x:.2f} ms: %{y:.4f}<extra></extra>",
            )
        ]
    else:
        lowest, highest = envelope(part)
        columns_ms = np.linspace(times_ms[0], times_ms[-1], len(lowest))
        line = {"mode": "lines", "line": {"color": SOUND_COLOUR, "width": 1}}
        traces = [
            go.Scatter(x=columns_ms, y=lowest, hoverinfo="skip", **line),
            go.Scatter(
                x=columns_ms,
                y=highest,
                fill="tonexty",
                fillcolor=SOUND_COLOUR,
                hovertemplate="%{x:.0f} ms: peak %{y:.3f}<extra></extra>",
                **line,
            ),
        ]
    figure = go.Figure(traces)
    figure.update_xaxes(title="Time (ms)", range=[times_ms[0], times_ms[-1]], showgrid=False)
    figure.update_yaxes(title="Amplitude", zeroline=True)
    return _laid_out(figure, 420)


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
    line = {"color": SOUND_COLOUR, "width": 1}
    figure.add_scatter(
        x=times_ms[shown], y=piece[shown], mode="lines", line=line, hoverinfo="skip", row=1, col=1
    )
    shape = reach * hann(win_length)
    coarse = slice(None, None, max(1, win_length // 100))
    for i, first in enumerate(range(0, len(piece) - win_length + 1, hop_length)):
        x = 1000 * (start + first + np.arange(win_length)) / SAMPLE_RATE
        figure.add_scatter(
            x=x[coarse],
            y=shape[coarse],
            mode="lines",
            line={"color": (MARK_COLOUR, OTHER_COLOUR)[i % 2], "width": 2},
            hovertemplate=f"window {i + 1}<extra></extra>",
            row=1,
            col=1,
        )
    figure.update_xaxes(title="Time (ms)", showgrid=False, row=1)
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, row=1)
    _draw_stft(figure, level_db, hop_length, 2, 1)
    figure.update_yaxes(range=[0, 4], row=2)
    return _laid_out(figure, 440)


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
        horizontal_spacing=0.18,
    )
    times_ms = 1000 * np.arange(len(frame)) / SAMPLE_RATE
    khz = np.linspace(0, SAMPLE_RATE / 2000, len(spectrum_db))
    shown = khz <= 4  # where a voice has its tones
    line = {"color": MARK_COLOUR, "width": 1.5}
    figure.add_scatter(
        x=times_ms,
        y=frame,
        mode="lines",
        line=line,
        hovertemplate="%{x:.1f} ms: %{y:.3f}<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_scatter(
        x=khz[shown],
        y=spectrum_db[shown],
        mode="lines",
        line=line,
        hovertemplate="%{x:.2f} kHz: %{y:.0f} dB<extra></extra>",
        row=1,
        col=2,
    )
    figure.update_xaxes(title="Time in the frame (ms)", showgrid=False, row=1, col=1)
    figure.update_yaxes(showticklabels=False, showgrid=False, row=1, col=1)
    figure.update_xaxes(title="Frequency (kHz)", showgrid=False, row=1, col=2)
    figure.update_yaxes(ticksuffix=" dB", range=[-_RANGE_DB, 3], nticks=4, row=1, col=2)
    _draw_stft(figure, level_db, hop_length, 2, 1)
    figure.add_vline(
        n * hop_length / SAMPLE_RATE, line={"color": MARK_COLOUR, "width": 2}, row=2, col=1
    )
    return _laid_out(figure, 440)


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
        figure.add_scatter(
            x=hz[span],
            y=weights[span] / weights.max(),
            mode="lines",
            line={"color": (SOUND_COLOUR, MARK_COLOUR)[i % 2], "width": 1.5},
            hovertemplate=f"band {i + 1}: %{{x:.0f}} Hz<extra></extra>",
            row=1,
            col=1,
        )
    figure.update_xaxes(title="Frequency (Hz)", showgrid=False, row=1)
    figure.update_yaxes(title="Weight", showticklabels=False, showgrid=False, row=1)
    _draw_mel(figure, level_db, settings, 2, 1)
    return _laid_out(figure, 440)


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
        subplot_titles=("Power as it is", "The same in decibels"),
    )
    share = 100 * power / max(float(power.max()), 1e-30)
    _draw_mel(figure, share, settings, 1, 1, lowest=0, highest=100, unit="% of the loudest")
    _draw_mel(figure, log_mel - log_mel.max(), settings, 2, 1)
    figure.update_xaxes(title="", row=1)
    return _laid_out(figure, 400, top=26)


def level_over_time(pairs: Sequence[tuple[str, np.ndarray]], frames_per_s: float) -> go.Figure:
    """Level of each frame, dB, one line each."""
    figure = go.Figure()
    for (name, level), (colour, _), dash in zip(pairs, _SERIES, ("solid", "dash"), strict=False):
        figure.add_scatter(
            x=np.arange(len(level)) / frames_per_s,
            y=level,
            mode="lines",
            name=name,
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate="%{x:.2f} s: %{y:.0f} dB<extra></extra>",
        )
    figure.update_xaxes(title="Time (s)", showgrid=False)
    figure.update_yaxes(title="Level (dB)")
    return _with_legend(_laid_out(figure, 330))


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
        line={"color": MARK_COLOUR, "width": 2},
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
        colorscale=_BLUE_TO_RED,
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
    return _laid_out(figure, 360)


def feature_maps(maps: np.ndarray, names: Sequence[str], n_columns: int = 4) -> go.Figure:
    """Feature maps as small pictures, bright where the filter found what it looks for.

    Args:
        maps: shape `(n, height, width)`, low frequencies first.
    """
    n_rows = -(-len(maps) // n_columns)
    figure = make_subplots(
        rows=n_rows,
        cols=n_columns,
        subplot_titles=names,
        horizontal_spacing=0.02,
        vertical_spacing=0.24 / n_rows,
    )
    for i, one in enumerate(maps):
        scaled = np.round(100 * one / max(float(one.max()), 1e-6)).astype(np.int8)
        figure.add_heatmap(
            z=scaled,
            colorscale="Viridis",
            zmin=0,
            zmax=100,
            showscale=False,
            hovertemplate="%{z} % of its strongest<extra></extra>",
            row=i // n_columns + 1,
            col=i % n_columns + 1,
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return _laid_out(figure, 30 + 165 * n_rows, top=26)


def influence(fall: np.ndarray, first_s: float, settings: LogMel, label: str) -> go.Figure:
    """By how many points the probability of a label falls when this place is hidden.

    Args:
        fall: from -1 to 1, shape `(n_mels, n_frames)`; NaN outside the sound.
        first_s: time of the first column in the clip.
    """
    reach = max(float(np.nanmax(np.abs(fall))), 0.02)
    figure = go.Figure(
        go.Heatmap(
            z=np.round(100 * fall[:, ::2], 1).astype(np.float32),
            x0=first_s,
            dx=2 / settings.frames_per_s,
            colorscale=_BLUE_TO_RED,  # blue: hiding it helps; red: hiding it hurts
            zmin=-100 * reach,
            zmax=100 * reach,
            colorbar={"title": {"text": "points", "side": "top"}, "thickness": 10},
            hovertemplate=f"{label}: %{{z:.0f}} points less without it<extra></extra>",
        )
    )
    bands, names = frequency_ticks(settings)
    figure.update_xaxes(title="Time (s)", showgrid=False)
    figure.update_yaxes(
        title="Frequency (Hz)", tickvals=bands, ticktext=names, showgrid=False, zeroline=False
    )
    return _laid_out(figure, 340)


def hidden_window(network_input: np.ndarray, first_s: float, settings: LogMel) -> go.Figure:
    """A model window as the network sees it.

    Args:
        network_input: shape `(n_mels, n_frames)`.
    """
    figure = make_subplots(rows=1, cols=1)
    bands, names = frequency_ticks(settings)
    figure.add_heatmap(
        z=np.round(50 * network_input).astype(np.int8),
        x0=first_s,
        dx=1 / settings.frames_per_s,
        colorscale="Viridis",
        showscale=False,
        hoverinfo="skip",
    )
    figure.update_xaxes(title="Time (s)", showgrid=False)
    figure.update_yaxes(title="Frequency (Hz)", tickvals=bands, ticktext=names, showgrid=False)
    return _laid_out(figure, 340)


def answers(
    series: Mapping[str, Sequence[float]], labels: Sequence[str], height: int = 380
) -> go.Figure:
    """Probabilities of several answers side by side, one group of bars per emotion."""
    figure = go.Figure()
    rows = list(range(len(labels)))
    for (name, shares), (colour, pattern) in zip(series.items(), _SERIES, strict=False):
        figure.add_bar(
            x=list(shares),
            y=rows,
            orientation="h",
            name=name,
            marker={
                "color": colour,
                "pattern": {"shape": pattern, "solidity": 0.25, "fillmode": "overlay"},
            },
            hovertemplate="%{x:.1%}<extra>" + name + "</extra>",
        )
    figure.update_xaxes(
        title="Probability",
        range=[0, 1],
        tickvals=[0, 0.5, 1],
        ticktext=[percent(share) for share in (0, 0.5, 1)],
    )
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5],
        tickvals=rows,
        ticktext=[emotion_name(label) for label in labels],
        tickfont_size=_FONT_SIZE,
        showgrid=False,
    )
    return _with_legend(_laid_out(figure, height)).update_layout(margin_r=24)


def scores_and_shares(
    logits: Sequence[float], shares: Sequence[float], labels: Sequence[str]
) -> go.Figure:
    """Logits on the left, what softmax makes of them on the right."""
    figure = make_subplots(
        rows=1,
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.06,
        subplot_titles=("Logits", "Probabilities"),
    )
    colours = [emotion_colour(label) for label in labels]
    rows = list(range(len(labels)))
    for column, values, texts in (
        (1, logits, [f"{value:.1f}".replace("-", "−") for value in logits]),
        (2, shares, [percent(share) for share in shares]),
    ):
        figure.add_bar(
            x=list(values),
            y=rows,
            orientation="h",
            marker_color=colours,
            text=texts,
            textposition="outside",
            textfont_size=_FONT_SIZE,
            cliponaxis=False,
            hoverinfo="skip",
            row=1,
            col=column,
        )
    low, high = min(0.0, *logits), max(0.0, *logits)
    figure.update_xaxes(range=[1.25 * low - 0.3, 1.25 * high + 0.3], zeroline=True, row=1, col=1)
    figure.update_xaxes(range=[0, 1.15], visible=False, row=1, col=2)
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5],
        tickvals=rows,
        ticktext=[emotion_name(label) for label in labels],
        tickfont_size=_FONT_SIZE,
        showgrid=False,
    )
    return _laid_out(figure, 400, top=30)


def training_curves(
    epochs: Sequence[float], lines: Mapping[str, tuple[int, Sequence[float]]]
) -> go.Figure:
    """Loss on the left, share of right answers on the right, over the epochs.

    Args:
        lines: name: column (1 or 2) and value of each epoch.
    """
    figure = make_subplots(
        rows=1, cols=2, horizontal_spacing=0.17, subplot_titles=("Loss", "Validation speakers")
    )
    for (name, (column, values)), (colour, _), dash in zip(
        lines.items(), _SERIES, ("solid", "dash", "solid"), strict=True
    ):
        figure.add_scatter(
            x=list(epochs),
            y=list(values),
            mode="lines",
            name=name,
            line={"color": colour, "dash": dash, "width": 2.5},
            hovertemplate="epoch %{x}: %{y:.3f}<extra>" + name + "</extra>",
            row=1,
            col=column,
        )
    figure.update_xaxes(title="Epoch", showgrid=False)
    figure.update_yaxes(rangemode="tozero")
    shares = (0, 0.25, 0.5, 0.75, 1)
    figure.update_yaxes(
        range=[0, 1], tickvals=shares, ticktext=[percent(s) for s in shares], row=1, col=2
    )
    _laid_out(figure, 360, top=30).update_layout(showlegend=True)
    return figure.update_layout(
        legend={"orientation": "h", "y": -0.28, "x": 0, "font_size": _FONT_SIZE}
    )


def pictures(
    named: Mapping[str, np.ndarray], floor: float, height: int, n_columns: int
) -> go.Figure:
    """Spectrograms as small pictures, bright is loud.

    Args:
        named: name: dB or network input, shape `(n_mels, n_columns)`, low frequencies first.
        floor: the value of the darkest colour.
        n_columns: pictures in a row.
    """
    n_rows = -(-len(named) // n_columns)
    figure = make_subplots(
        rows=n_rows,
        cols=min(n_columns, len(named)),
        subplot_titles=list(named),
        horizontal_spacing=0.02,
        vertical_spacing=0.24 / n_rows,
    )
    top = max(float(picture.max()) for picture in named.values())
    for i, picture in enumerate(named.values()):
        figure.add_heatmap(
            z=np.round(picture, 1).astype(np.float32),
            colorscale="Viridis",
            zmin=floor,
            zmax=top,
            showscale=False,
            hoverinfo="skip",
            row=i // n_columns + 1,
            col=i % n_columns + 1,
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return _laid_out(figure, height, top=28)


def counts(bars: Mapping[str, int], title: str) -> go.Figure:
    """How many there are of each, as horizontal bars."""
    rows = list(range(len(bars)))
    figure = go.Figure(
        go.Bar(
            x=list(bars.values()),
            y=rows,
            orientation="h",
            marker_color=_SERIES[0][0],
            text=[str(n) for n in bars.values()],
            textposition="outside",
            textfont_size=_FONT_SIZE + 2,
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(title=title, showgrid=False, rangemode="tozero")
    figure.update_yaxes(
        range=[len(bars) - 0.5, -0.5],
        tickvals=rows,
        ticktext=list(bars),
        tickfont_size=_FONT_SIZE,
        showgrid=False,
    )
    _laid_out(figure, 70 + 62 * len(bars))
    return figure.update_layout(margin_r=56)


def weight_histograms(weights: Mapping[str, np.ndarray], n_bins: int = 101) -> go.Figure:
    """How often each value occurs among the weights of a layer, one panel per precision.

    Args:
        weights: precision: values as stored.
    """
    figure = make_subplots(
        rows=1, cols=len(weights), horizontal_spacing=0.06, subplot_titles=list(weights)
    )
    for column, (values, (colour, _)) in enumerate(
        zip(weights.values(), _SERIES, strict=False), start=1
    ):
        integers = values.dtype == np.int8
        edges = (
            np.arange(-128.5, 128.5)
            if integers
            else np.linspace(float(values.min()), float(values.max()), n_bins)
        )
        n, _ = np.histogram(values.astype(np.float32), edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=n,
            marker={"color": colour, "line_width": 0},
            hovertemplate="%{x:.3g}: %{y} weights<extra></extra>",
            row=1,
            col=column,
        )
    figure.update_yaxes(showticklabels=False, showgrid=False)
    figure.update_xaxes(showgrid=False, nticks=5)
    return _laid_out(figure, 300, top=50).update_layout(bargap=0)


def answer_table(
    names: Sequence[str], probabilities: Sequence[Sequence[float]], labels: Sequence[str]
) -> go.Figure:
    """Voices by row, emotions by column, each cell in per cent."""
    figure = go.Figure(
        go.Heatmap(
            z=probabilities,
            x=[emotion_name(label) for label in labels],
            y=list(names),
            text=[[f"{100 * p:.0f}" for p in row] for row in probabilities],
            texttemplate="%{text}",
            textfont_size=_FONT_SIZE,
            # Translucent, so that the text on it is legible in both themes.
            colorscale=[[0, "rgba(61, 127, 196, 0)"], [1, "rgba(61, 127, 196, 0.7)"]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y}, %{x}: %{z:.0%}<extra></extra>",
        )
    )
    figure.update_xaxes(showgrid=False, side="top", tickfont_size=_FONT_SIZE - 1)
    figure.update_yaxes(autorange="reversed", showgrid=False, tickfont_size=_FONT_SIZE - 1)
    return _laid_out(figure, 70 + 36 * len(names))


def _draw_stft(
    figure: go.Figure, level_db: np.ndarray, hop_length: int, row: int, column: int
) -> None:
    """A spectrogram with a linear frequency axis, kHz, over seconds."""
    columns, per_column = _fewer_columns(level_db)
    figure.add_heatmap(
        z=np.round(np.maximum(columns, -_RANGE_DB)).astype(np.int8),
        dx=per_column * hop_length / SAMPLE_RATE,
        dy=SAMPLE_RATE / 2000 / (len(level_db) - 1),
        colorscale="Viridis",
        zmin=-_RANGE_DB,
        zmax=0,
        showscale=False,
        hovertemplate="%{x:.2f} s, %{y:.2f} kHz: %{z} dB<extra></extra>",
        row=row,
        col=column,
    )
    end_s = level_db.shape[1] * hop_length / SAMPLE_RATE
    figure.update_xaxes(title="Time (s)", range=[0, end_s], showgrid=False, row=row, col=column)
    figure.update_yaxes(title="kHz", showgrid=False, nticks=5, row=row, col=column)


def _draw_mel(
    figure: go.Figure,
    values: np.ndarray,
    settings: LogMel,
    row: int,
    column: int,
    lowest: float = -_RANGE_DB,
    highest: float = 0,
    unit: str = "dB",
) -> None:
    columns, per_column = _fewer_columns(values)
    figure.add_heatmap(
        z=np.round(np.maximum(columns, lowest)).astype(np.int8),
        dx=per_column / settings.frames_per_s,
        colorscale="Viridis",
        zmin=lowest,
        zmax=highest,
        showscale=False,
        hovertemplate="%{x:.2f} s, band %{y}: %{z} " + unit + "<extra></extra>",
        row=row,
        col=column,
    )
    bands, names = frequency_ticks(settings)
    figure.update_xaxes(title="Time (s)", showgrid=False, row=row, col=column)
    figure.update_yaxes(
        title="Hz", tickvals=bands, ticktext=names, showgrid=False, row=row, col=column
    )


def _fewer_columns(values: np.ndarray) -> tuple[np.ndarray, int]:
    """The loudest of neighbouring columns, no more than a screen can show, and how many each."""
    per_column = -(-values.shape[1] // _MAX_COLUMNS)
    starts = np.arange(0, values.shape[1], per_column)
    return np.maximum.reduceat(values, starts, axis=1), per_column


def _with_legend(figure: go.Figure) -> go.Figure:
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font_size": _FONT_SIZE}
    return figure.update_layout(showlegend=True, legend=legend)


def _laid_out(figure: go.Figure, height: int, top: int = 8) -> go.Figure:
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(title_font_size=_FONT_SIZE, fixedrange=True)
    figure.update_annotations(font_size=_FONT_SIZE)
    return figure.update_layout(
        height=height,
        dragmode=False,  # dragging would keep a phone's finger from scrolling the page
        hovermode="closest",
        showlegend=False,
        margin={"l": 8, "r": 8, "t": top, "b": 8},
    )
