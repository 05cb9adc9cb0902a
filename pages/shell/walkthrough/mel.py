"""Steps 4 and 5: mel bands, decibels and level; pitch and MFCC."""

from __future__ import annotations

import numpy as np
import streamlit as st
from msgspec.structs import replace

from pages.shell.chart import show_chart
from pages.shell.walkthrough.lesson import Lesson, Rows, choose_view
from ser_core.audio.pitch import pitch_hz
from ser_core.charts.walkthrough import front_end as charts
from ser_core.features.log_mel import mel_filters
from ser_core.features.mfcc import mfcc
from ser_core.features.spectrogram import frame_level_db, level_db, network_input

_BANDS = (8, 20, 40, 80, 128)
_DECIBELS, _LEVEL, _PITCH = "Decibels", "Level", "Pitch and MFCC"


def show_mel_bands(lesson: Lesson) -> Rows:
    """The filter bank, with any number of bands, and the resulting spectrogram."""
    controls, figure = st.columns([1, 3], gap="medium")
    with controls:
        n_mels = st.select_slider(
            "Mel bands", _BANDS, lesson.settings.n_mels, key="bands", persist_state="session"
        )
        settings = replace(lesson.settings, n_mels=n_mels)
        filters = mel_filters(settings)
        st.metric("Values per frame, before", filters.shape[1])
        st.metric("Values per frame, after", n_mels)
        single = int(((filters > 0).sum(axis=1) <= 1).sum())
        if single:
            st.caption(
                f"{single} of these bands cover at most one value: a frame has no finer frequency "
                "resolution."
            )
    log_mel = settings(lesson.waveform)
    with figure:
        show_chart(
            charts.filter_bank(settings, log_mel - log_mel.max()),
            key="mel",
            alt=f"Above: {n_mels} triangular filters, narrow at low frequencies and wide at high "
            "ones. Below: the voice in these bands.",
        )
    centers = settings.mel_frequencies()
    return [
        {"band": i + 1, "center_hz": round(float(hz), 1), "frequencies": int((row > 0).sum())}
        for i, (hz, row) in enumerate(zip(centers, filters, strict=True))
    ]


def show_decibels(lesson: Lesson) -> Rows:
    """Power and decibels, level normalization, and what came before networks."""
    view = choose_view((_DECIBELS, _LEVEL, _PITCH), "decibels")
    if view == _LEVEL:
        return _level(lesson)
    if view == _PITCH:
        return _pitch(lesson)
    settings, waveform = lesson.settings, lesson.waveform
    power, log_mel = settings.mel_power(waveform), settings(waveform)
    figure, words = st.columns([3, 1], gap="medium")
    share = float((power > power.max() / 100).mean())
    with figure:
        show_chart(
            charts.power_and_decibels(power, log_mel, settings),
            key="decibels",
            alt="The spectrogram twice: as power, where all but a few points are dark, and in "
            "decibels, where the whole voice is visible.",
        )
    with words:
        st.metric("Points above 1 % of the peak", f"{100 * share:.1f} %")
        st.caption(
            "All the others look dark in the upper picture. In decibels, every division by ten is "
            "a step of the same size."
        )
    return [{"power": f"1/{10**n}" if n else "1", "decibels": -10 * n} for n in range(9)]


def _level(lesson: Lesson) -> Rows:
    settings, waveform = lesson.settings, lesson.waveform
    controls, figure = st.columns([1, 3], gap="medium")
    with controls:
        gain_db = st.slider(
            "Microphone gain (dB)", -40, 20, -30, 5, key="gain", persist_state="session"
        )
        louder = settings((waveform * 10 ** (gain_db / 20)).astype(np.float32))
        before, after = settings(waveform), louder
        change = np.abs(network_input(after, settings) - network_input(before, settings)).max()
        st.metric("Level of the loud frames", f"{level_db(after):.1f} dB", f"{gain_db} dB")
        st.metric("Change in the network's input", f"{change:.4f}")
        st.caption("The network's input values lie between −2 and 2.")
    levels = [frame_level_db(log_mel) for log_mel in (before, after)]
    relative = frame_level_db(after) - level_db(after)
    with figure:
        show_chart(
            charts.level_over_time(
                [("with this gain", levels[1]), ("normalized: the same at any gain", relative)],
                settings.frames_per_s,
            ),
            key="level",
            alt="Level of every frame with this gain, and after normalization, which is the same "
            "at any gain.",
        )
    step = max(1, len(relative) // 60)
    return [
        {
            "time_s": i / settings.frames_per_s,
            "level_db": float(levels[1][i]),
            "less_the_level_db": float(relative[i]),
        }
        for i in range(0, len(relative), step)
    ]


def _pitch(lesson: Lesson) -> Rows:
    log_mel = lesson.settings(lesson.waveform)
    times_s = np.arange(log_mel.shape[1]) / lesson.settings.frames_per_s
    hz = pitch_hz(lesson.waveform, times_s)
    voiced = hz[np.isfinite(hz)]
    figure, words = st.columns([3, 1], gap="medium")
    with figure:
        show_chart(
            charts.pitch_and_mfcc(
                times_s, hz, mfcc(log_mel, lesson.settings), lesson.settings.frames_per_s
            ),
            key="pitch",
            alt="Above: pitch over time, with gaps where the voice has no pitch. Below: twelve "
            "cepstral coefficients over time.",
        )
    with words:
        if len(voiced):
            st.metric("Median pitch", f"{np.median(voiced):.0f} Hz")
            low, high = np.percentile(voiced, (10, 90))
            st.metric("Mostly between", f"{low:.0f} and {high:.0f} Hz")
        st.caption(
            "Before neural networks, people chose such features by hand: the pitch (here: the "
            "shift in time at which the sound is most like itself) and the MFCCs (mel-frequency "
            "cepstral coefficients), a dozen numbers for the shape of each spectrum; red is above "
            "zero, blue below. Our network gets neither; it learns its own features from the "
            "picture."
        )
    return [
        {"time_s": float(t), "pitch_hz": None if np.isnan(f) else round(float(f), 1)}
        for t, f in zip(times_s[::6], hz[::6], strict=True)
    ]
