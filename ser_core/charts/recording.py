"""Plotly figures of one recording and its prediction.

Nothing here knows of a page. Figures leave background and text color to the theme around them;
the colors that they do set stand out from both the light and the dark one.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ser_core.audio.clip import Clip
from ser_core.charts.look import FONT_SIZE, SOUND_COLOR, emotion_color
from ser_core.features.log_mel import LogMel
from ser_core.models.labels import emotion_name
from ser_core.models.prediction import Evidence

MAX_COLUMNS = 800
"""More points than this along the time axis no screen can show."""

_FREQUENCY_TICKS_HZ = (200, 500, 1000, 2000, 4000)
_HEIGHTS = {"waveform": 110, "spectrogram": 230, "evidence": 300}


def sound(
    clip: Clip | None,
    log_mel: np.ndarray,
    settings: LogMel,
    evidence: Evidence | None = None,
    labels: tuple[str, ...] = (),
) -> go.Figure:
    """Waveform, spectrogram and emotion over time, above each other on one time axis.

    Args:
        clip: None where only a spectrogram is known; the waveform is left out then.
        log_mel: dB, shape `(n_mels, n_frames)`.
        evidence: None or empty where there is no answer; its panel is left out then.
        labels: of the rows of the evidence.
    """
    panels = ["spectrogram"]
    if clip is not None:
        panels.insert(0, "waveform")
    if evidence is not None and len(evidence.times_s):
        panels.append("evidence")
    heights = [_HEIGHTS[panel] for panel in panels]
    figure = make_subplots(
        rows=len(panels),
        cols=1,
        shared_xaxes=True,
        row_heights=heights,
        vertical_spacing=24 / sum(heights),
    )
    for row, panel in enumerate(panels, start=1):
        if panel == "waveform" and clip is not None:
            _draw_waveform(figure, clip, row)
        elif panel == "spectrogram":
            _draw_spectrogram(figure, log_mel, settings, row)
        elif evidence is not None:
            _draw_evidence(figure, evidence, labels, row)
    duration_s = clip.duration_s if clip else log_mel.shape[1] / settings.frames_per_s
    figure.update_xaxes(range=[0, duration_s], showgrid=False, zeroline=False)
    figure.update_xaxes(title="Time (s)", tickfont_size=FONT_SIZE - 1, row=len(panels))
    return _laid_out(figure, height=sum(heights) + 60)


def envelope(waveform: np.ndarray, max_columns: int = MAX_COLUMNS) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest sample of each column, so that no peak is lost.

    Args:
        waveform: shape `(n_samples,)`, at least one sample.

    Returns:
        Two arrays of shape `(n_columns,)` with `n_columns <= max_columns`.
    """
    n_columns = min(max_columns, len(waveform))
    starts = np.linspace(0, len(waveform), n_columns, endpoint=False).astype(int)
    return np.minimum.reduceat(waveform, starts), np.maximum.reduceat(waveform, starts)


def frequency_ticks(settings: LogMel) -> tuple[list[float], list[str]]:
    """Where round frequencies lie on an axis of mel bands (counted from 0), and their names."""
    centers = settings.mel_frequencies()
    ticks = [hz for hz in _FREQUENCY_TICKS_HZ if centers[0] <= hz <= centers[-1]]
    bands = np.interp(ticks, centers, np.arange(len(centers)))
    return bands.tolist(), [str(hz) for hz in ticks]


def _draw_waveform(figure: go.Figure, clip: Clip, row: int) -> None:
    lowest, highest = envelope(clip.waveform)
    times_s = (np.arange(len(lowest), dtype=np.float32) + 0.5) * clip.duration_s / len(lowest)
    hover = "%{x:.2f} s: peak %{y:.3f}<extra></extra>"
    figure.add_traces(filled_between(times_s, lowest, highest, hover), row, 1)
    reach = 1.05 * max(float(np.abs(clip.waveform).max()), 1e-4)
    figure.update_yaxes(
        title="Amplitude",
        range=[-reach, reach],
        nticks=4,
        tickfont_size=FONT_SIZE - 1,
        showgrid=False,
        fixedrange=True,
        row=row,
    )


def filled_between(
    x: np.ndarray, lowest: np.ndarray, highest: np.ndarray, hovertemplate: str
) -> tuple[go.Scatter, go.Scatter]:
    """What `envelope` gives, as an area."""
    edge = {"mode": "lines", "line": {"color": SOUND_COLOR, "width": 1}, "showlegend": False}
    return (
        # Only the lower edge for the fill of the second.
        go.Scatter(x=x, y=lowest, hoverinfo="skip", **edge),
        go.Scatter(
            x=x,
            y=highest,
            fill="tonexty",
            fillcolor=SOUND_COLOR,
            hovertemplate=hovertemplate,
            **edge,
        ),
    )


def _draw_spectrogram(figure: go.Figure, log_mel: np.ndarray, settings: LogMel, row: int) -> None:
    per_column = -(-log_mel.shape[1] // MAX_COLUMNS)
    starts = np.arange(0, log_mel.shape[1], per_column)
    loudest = np.maximum.reduceat(log_mel, starts, axis=1)
    below_db = np.maximum(loudest - loudest.max(), -settings.floor_db)
    centers = settings.mel_frequencies()
    figure.add_trace(
        go.Heatmap(
            # Whole dB in one byte each: an eighth of what the numbers would weigh as text.
            z=np.round(below_db).astype(np.int8),
            # A frame is centered on its time: the first one on 0.
            x0=(per_column - 1) / 2 / settings.frames_per_s,
            dx=per_column / settings.frames_per_s,
            y=[f"{hz:.0f} Hz" for hz in centers],
            colorscale="Viridis",  # as the PNG of spectrogram_image
            zmin=-settings.floor_db,
            zmax=0,
            colorbar={
                "title": {"text": "dB", "side": "top"},
                "thickness": 10,
                "tickvals": [0, -settings.floor_db / 2, -settings.floor_db],
                "yref": "paper",
                "xpad": 4,
                "ypad": 0,
            },
            hovertemplate="%{x:.2f} s, %{y}: %{z} dB<extra></extra>",
        ),
        row,
        1,
    )
    bands, names = frequency_ticks(settings)
    figure.update_yaxes(
        title="Frequency (Hz)",
        type="category",
        range=[-0.5, len(centers) - 0.5],
        tickvals=bands,
        ticktext=names,
        tickfont_size=FONT_SIZE - 1,
        showgrid=False,
        fixedrange=True,
        row=row,
    )
    bottom, top = figure.get_subplot(row, 1).yaxis.domain or (0, 1)
    figure.data[-1].colorbar.update(y=(bottom + top) / 2, len=top - bottom)


def _draw_evidence(
    figure: go.Figure, evidence: Evidence, labels: tuple[str, ...], row: int
) -> None:
    times_s, probabilities = evidence_columns(evidence)
    for place, (label, shares) in enumerate(zip(labels, probabilities, strict=True)):
        base = np.full(len(times_s), -place, np.float32)
        line = {"mode": "lines", "showlegend": False, "line_color": emotion_color(label)}
        figure.add_trace(
            go.Scatter(x=times_s, y=base, hoverinfo="skip", line_width=1, **line), row, 1
        )
        figure.add_trace(
            go.Scatter(
                x=times_s,
                # A little air between the rows: even a certain emotion does not touch the next.
                y=base + np.float32(0.9) * shares,
                customdata=shares,
                fill="tonexty",
                fillcolor=emotion_color(label),
                line_width=1,
                hovertemplate=f"%{{x:.2f}} s: {label} %{{customdata:.0%}}<extra></extra>",
                **line,
            ),
            row,
            1,
        )
    figure.update_yaxes(
        range=[-len(labels) + 0.9, 1],
        tickvals=[0.35 - place for place in range(len(labels))],
        ticktext=[emotion_name(label) for label in labels],
        tickfont_size=FONT_SIZE,
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        row=row,
    )


def evidence_columns(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Evidence on an even grid, zero in the pauses that no window covers, and few enough points."""
    times_s, probabilities = evidence
    step_s = float(np.diff(times_s).min()) if len(times_s) > 1 else 0.1
    cells = np.round((times_s - times_s[0]) / step_s).astype(int)
    grid = np.zeros((len(probabilities), cells[-1] + 1), np.float32)
    grid[:, cells] = probabilities
    per_column = -(-grid.shape[1] // MAX_COLUMNS)
    starts = np.arange(0, grid.shape[1], per_column)
    sizes = np.diff(starts, append=grid.shape[1]).astype(np.float32)
    means = np.add.reduceat(grid, starts, axis=1) / sizes
    centers_s = times_s[0] + (starts + (per_column - 1) / 2) * step_s
    # The first and last value reach to the edges of their cells.
    half_s = per_column * step_s / 2
    padded_s = np.concatenate(([centers_s[0] - half_s], centers_s, [centers_s[-1] + half_s]))
    return padded_s.astype(np.float32), np.pad(means, ((0, 0), (1, 1)), mode="edge")


def _laid_out(figure: go.Figure, height: int) -> go.Figure:
    figure.update_xaxes(title_font_size=FONT_SIZE)
    figure.update_yaxes(title_font_size=FONT_SIZE)
    return figure.update_layout(
        height=height,
        # No dragging: on a phone it would keep the finger from scrolling the page.
        dragmode=False,
        hovermode="closest",
        showlegend=False,
        bargap=0.25,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )
