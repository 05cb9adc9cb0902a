"""Steps 1 to 3: samples, frames and windows, the spectrum."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.shell.chart import show_chart
from pages.shell.player import show_compact_player
from pages.shell.walkthrough.lesson import Lesson, Rows
from ser_core.audio.clip import Clip
from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.charts.walkthrough import front_end as charts
from ser_core.reports.session_report import Kept
from ser_core.reports.sound_svg import sound_svg
from ser_core.walkthrough.short_time import frames, stft_db

WHOLE = "whole voice"
_ZOOMS = {WHOLE: None, "500 ms": 0.5, "100 ms": 0.1, "20 ms": 0.02, "5 ms": 0.005}
_N_FFT = 2048  # finer than any frame needs, so that only the frame decides what blurs


def show_samples(lesson: Lesson) -> Rows:
    """The waveform, from the whole voice down to single samples."""
    waveform = lesson.waveform
    controls, figure = st.columns([1, 3], gap="medium")
    with controls:
        zoom = st.select_slider("Zoom", list(_ZOOMS), key="zoom", persist_state="session")
        first, last = _around_loudest(waveform, _ZOOMS[zoom])
        if waveform.any():
            show_compact_player(Clip(waveform), "lecture", "The voice of this lecture")
        st.metric("Samples shown", f"{last - first:,}")
        st.metric("Time shown", f"{1000 * (last - first) / SAMPLE_RATE:.0f} ms")
    with figure:
        show_chart(
            charts.samples(waveform, first, last),
            key="samples",
            alt=f"Waveform, {zoom}: amplitude over time.",
        )
    few = np.linspace(first, last - 1, min(last - first, 80)).astype(int)
    return [
        {"sample": int(n), "time_ms": 1000 * n / SAMPLE_RATE, "amplitude": float(waveform[n])}
        for n in few
    ]


def show_frames(lesson: Lesson) -> Rows:
    """Windows of any length and hop over a piece of the voice, and the spectrogram they give."""
    waveform = lesson.waveform
    controls, figure = st.columns([1, 3], gap="medium")
    with controls:
        length_ms = st.slider(
            "Frame length (ms)", 5, 100, 25, 5, key="frame length", persist_state="session"
        )
        hop_ms = st.slider("Hop (ms)", 5, 50, 10, 5, key="hop", persist_state="session")
        win_length, hop_length = (ms * SAMPLE_RATE // 1000 for ms in (length_ms, hop_ms))
        level_db = stft_db(waveform, win_length, hop_length, _N_FFT)
        st.metric("Frames", level_db.shape[1])
        st.metric("Frequency resolution", f"{2000 / length_ms:.0f} Hz")
        st.metric("Time resolution", f"{length_ms} ms")
    first, _ = _around_loudest(waveform, 3 * win_length / SAMPLE_RATE)
    with figure:
        show_chart(
            charts.windows(waveform, first, win_length, hop_length, level_db),
            key="frames",
            alt=f"Above: a piece of the voice under windows of {length_ms} ms, one every {hop_ms} "
            "ms. Below: the resulting spectrogram.",
        )
    return [
        {
            "frame_ms": ms,
            "blurs_hz": 2000 / ms,
            "blurs_ms": ms,
            "samples": ms * SAMPLE_RATE // 1000,
            "overlap": max(0.0, round(1 - hop_ms / ms, 3)),
        }
        for ms in sorted({5, 10, 25, 50, 100, length_ms})
    ]


def show_spectrum(lesson: Lesson) -> Rows:
    """One frame, its spectrum, and the spectrogram of all frames."""
    waveform, settings = lesson.waveform, lesson.settings
    cut = frames(waveform, settings.win_length, settings.hop_length)
    level_db = stft_db(waveform, settings.win_length, settings.hop_length, _N_FFT)
    loudest = int(np.square(cut).sum(axis=1).argmax())
    controls, figure = st.columns([1, 3], gap="medium")
    with controls:
        at_s = st.slider(
            "Frame at (s)",
            0.0,
            max((len(cut) - 1) / settings.frames_per_s, 0.01),
            loudest / settings.frames_per_s,
            1 / settings.frames_per_s,
            key="frame at",
            help="A line in the lower picture marks the frame.",
        )
        n = min(round(at_s * settings.frames_per_s), len(cut) - 1)
        spectrum = level_db[:, n]
        khz = np.linspace(0, SAMPLE_RATE / 2000, len(spectrum))
        strongest = int(spectrum.argmax())
        st.metric("Strongest frequency", f"{1000 * khz[strongest]:.0f} Hz")
        st.metric("Frames shown", len(cut))
        st.caption(
            "Level is in decibels (dB), explained in step 5: the loudest point is at 0 dB, a point "
            "with a tenth of its power at −10 dB."
        )
    with figure:
        show_chart(
            charts.one_frame(cut[n], spectrum, level_db, n, settings.hop_length),
            key="spectrum",
            alt=f"The frame at {at_s:.2f} s as samples, its spectrum with the strongest frequency "
            f"at {1000 * khz[strongest]:.0f} Hz, and the spectrogram of the whole voice.",
        )
    return [
        {"frequency_hz": int(1000 * khz[i]), "level_db": float(spectrum[i])}
        for i in range(0, len(spectrum), 16)
    ]


def keep_spectrum(lesson: Lesson) -> Kept:
    """The spectrogram, as the network takes it."""
    return Kept(picture=sound_svg(lesson.clip, lesson.log_mel, lesson.settings))


def _around_loudest(waveform: np.ndarray, duration_s: float | None) -> tuple[int, int]:
    """First sample and one past the last of a piece around the loudest moment."""
    if duration_s is None or duration_s * SAMPLE_RATE >= len(waveform):
        return 0, len(waveform)
    length = round(duration_s * SAMPLE_RATE)
    middle = int(np.abs(waveform).argmax())
    first = min(max(middle - length // 2, 0), len(waveform) - length)
    return first, first + length
