"""Step 6: what the network sees, its prediction over time, and what it cannot do without."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages.shell.chart import show_chart
from pages.shell.walkthrough.lesson import Lesson, NotShownError, Rows, choose_view
from ser_core.charts import recording
from ser_core.charts.walkthrough import inside_network as charts
from ser_core.evaluation.metrics import percent
from ser_core.models.labels import emotion_name
from ser_core.models.recognizer import Recognizer
from ser_core.reports.csv_table import TableRow
from ser_core.reports.session_report import Kept
from ser_core.reports.sound_svg import opinion_svg
from ser_core.walkthrough.feature_maps import BlockMaps, FeatureMaps
from ser_core.walkthrough.occlusion import Occluder, Region, hidden, influence, tiles

_MAPS, _TIME, _HIDE, _INFLUENCE = "Feature maps", "Over time", "Hide a region", "What matters"
_N_MAPS = 8
_ONE_SCREEN = 412  # pixels of a figure


def show_network(lesson: Lesson) -> Rows:
    """Feature maps, evidence over time, occlusion by hand and everywhere."""
    view = choose_view((_MAPS, _TIME, _HIDE, _INFLUENCE), "network")
    if view == _TIME:
        return _evidence(lesson)
    if view == _HIDE:
        return _occlusion(lesson)
    return _influence(lesson) if view == _INFLUENCE else _maps(lesson)


def keep_network(lesson: Lesson) -> Kept:
    """The answer over time."""
    return Kept(picture=opinion_svg(lesson.source, lesson.opinion))


def _maps(lesson: Lesson) -> Rows:
    _, window = lesson.window()
    opened = _feature_maps(lesson.recognizer)
    blocks = opened(window)
    if not blocks:
        raise NotShownError("This network has no blocks with feature maps; try the other views.")
    controls, figure = st.columns([1, 3], gap="medium")
    with controls:
        place = st.select_slider(
            "After block",
            range(1, len(blocks) + 1),
            key="block",
            persist_state="session",
        )
        block = blocks[place - 1]
        channels, height, width = block.maps.shape
        attends = opened.of_attention
        st.metric("Attention heads" if attends else "Maps", channels)
        axes = "time × time" if attends else "positions in frequency × time"
        st.metric("Size of each", f"{height} × {width}", help=axes)
        st.caption(
            ("" if channels <= _N_MAPS else f"The {_N_MAPS} that vary most. ")
            + (
                "Both axes are time. Each row is a moment of the window; bright: the moments that "
                "it attends to. A diagonal: its neighbors; an upright stripe: all attend to this "
                "one."
                if attends
                else "Bright: the filter found its pattern here. Time runs to the right, frequency "
                "up."
            )
        )
    chosen = block.strongest(_N_MAPS)
    with figure:
        show_chart(
            charts.feature_maps(block.maps[chosen], [f"map {i + 1}" for i in chosen]),
            key="maps",
            alt=f"{len(chosen)} of the {channels} feature maps after block {place}, each "
            f"{height} by {width}.",
        )
    return [_summary(i, block) for i, block in enumerate(blocks, start=1)]


def _summary(place: int, block: BlockMaps) -> TableRow:
    channels, height, width = block.maps.shape
    return {
        "block": place,
        "operation": block.name,
        "maps": channels,
        "height": height,
        "width": width,
        "zeros": round(float((block.maps == 0).mean()), 3),
    }


def _evidence(lesson: Lesson) -> Rows:
    prediction = lesson.prediction
    evidence = prediction.evidence
    assert evidence is not None  # there is a label, so there is evidence
    words, figure = st.columns([1, 3], gap="medium")
    with words:
        st.metric("The whole voice", emotion_name(lesson.label))
        st.metric("Probability", percent(prediction.probabilities[lesson.label]))
        st.caption(
            "Below the waveform and the spectrogram, each row is an emotion; its height is the "
            "probability at that moment. A second, "
            "simple layer computes it from the last feature maps, moment by moment; the answer "
            "weighs all moments together."
        )
    with figure:
        show_chart(
            recording.sound(
                lesson.clip, lesson.log_mel, lesson.settings, evidence, lesson.labels
            ).update_layout(height=_ONE_SCREEN),
            key="evidence",
            alt="Waveform, log-mel spectrogram and the probability of each emotion over time.",
        )
    return [
        {"time_s": round(float(time), 2)}
        | {
            label: round(float(share), 4)
            for label, share in zip(lesson.labels, shares, strict=True)
        }
        for time, shares in zip(evidence.times_s, evidence.probabilities.T, strict=True)
    ]


def _occlusion(lesson: Lesson) -> Rows:
    start, window = lesson.window()
    settings, n_mels = lesson.settings, lesson.settings.n_mels
    first, last = _sound_in_window(lesson, start)
    times_s = [round((start + frame) / settings.frames_per_s, 2) for frame in (first, last)]
    centers = [round(hz / 10) * 10 for hz in settings.mel_frequencies()]
    controls, figure, bars = st.columns([2, 3, 3], gap="medium")
    with controls:
        regions, falls = _hidden_one_by_one(lesson)
        telling = regions[0][int(falls.sum(axis=0).argmax())]
        middle = (start + (telling.first_frame + telling.last_frame) / 2) / settings.frames_per_s
        from_s, to_s = st.slider(
            "Hide this time span (s)",
            times_s[0],
            times_s[1],
            (max(round(middle - 0.2, 2), times_s[0]), min(round(middle + 0.2, 2), times_s[1])),
            0.05,
        )
        low_hz, high_hz = st.select_slider(
            "Hide this frequency band (Hz)", sorted({*centers}), (centers[0], centers[-1])
        )
    region = Region(
        centers.index(low_hz),
        n_mels - centers[::-1].index(high_hz),
        round(from_s * settings.frames_per_s) - start,
        round(to_s * settings.frames_per_s) - start,
    )
    without = hidden(window, region)
    before, after = _occluder(lesson.recognizer).probabilities(np.concatenate([window, without]))
    place = lesson.labels.index(lesson.label)
    with controls:
        st.metric(
            f"Probability of {lesson.label}",
            percent(after[place]),
            f"{100 * (after[place] - before[place]):+.0f} points",
        )
    with figure:
        show_chart(
            charts.hidden_window(without[0, 0, :, first:last], times_s[0], settings),
            key="hidden",
            alt=f"What the network sees, without {from_s:.2f} to {to_s:.2f} s, {low_hz} to "
            f"{high_hz} Hz.",
        )
    with bars:
        show_chart(
            charts.answers(
                {"whole window": before.tolist(), "region hidden": after.tolist()},
                lesson.labels,
                330,
            ),
            key="hole",
            alt="Probabilities with and without the hidden region.",
        )
    return [
        {"emotion": label, "all_of_it": round(float(b), 4), "with_the_hole": round(float(a), 4)}
        for label, b, a in zip(lesson.labels, before, after, strict=True)
    ]


def _influence(lesson: Lesson) -> Rows:
    start, window = lesson.window()
    settings = lesson.settings
    first, last = _sound_in_window(lesson, start)
    regions, falls = _hidden_one_by_one(lesson)
    fall = influence(falls, regions, (settings.n_mels, window.shape[-1]))
    words, figure = st.columns([1, 3], gap="medium")
    row, column = np.unravel_index(falls.argmax(), falls.shape)
    worst = regions[row][column]
    with words:
        st.metric("Regions hidden, one by one", falls.size)
        st.metric("Largest drop", f"{100 * falls.max():.0f} points")
        st.caption(
            f"Gray: what the network sees. Red: with this region hidden, {lesson.label} becomes "
            "less probable. Blue: it becomes more probable, so this region is evidence for "
            "something else."
        )
    with figure:
        show_chart(
            charts.influence(
                fall[:, first:last],
                window[0, 0, :, first:last],
                (start + first) / settings.frames_per_s,
                settings,
                lesson.label,
            ),
            key="influence",
            alt=f"Map of how far the probability of {lesson.label} drops when each region is "
            f"hidden; most at {(start + worst.first_frame) / settings.frames_per_s:.2f} s.",
        )
    centers = settings.mel_frequencies()
    return [
        {
            "from_s": round((start + r.first_frame) / settings.frames_per_s, 2),
            "to_s": round((start + r.last_frame) / settings.frames_per_s, 2),
            "from_hz": round(float(centers[r.low_band])),
            "to_hz": round(float(centers[r.high_band - 1])),
            "points_lost": round(100 * float(lost), 1),
        }
        for line, losses in zip(regions, falls, strict=True)
        for r, lost in zip(line, losses, strict=True)
    ]


def _hidden_one_by_one(lesson: Lesson) -> tuple[list[list[Region]], np.ndarray]:
    """Regions that cover the sound, and what hiding each takes from the answer's probability."""
    start, window = lesson.window()
    regions = tiles(lesson.settings.n_mels, *_sound_in_window(lesson, start))
    place = lesson.labels.index(lesson.label)
    return regions, _falls(window, place, regions, lesson.recognizer)


def _sound_in_window(lesson: Lesson, start: int) -> tuple[int, int]:
    """The frames of the model window that hold sound rather than padding."""
    first, last = lesson.spectrogram.sounding_frames
    return max(first - start, 0), min(last - start, lesson.recognizer.signature.n_frames)


@st.cache_data(scope="session", max_entries=2, show_spinner="Hiding one region after another…")
def _falls(
    window: np.ndarray, place: int, regions: list[list[Region]], _recognizer: Recognizer
) -> np.ndarray:
    """How far the probability falls for each region, shape as the regions."""
    occluder = _occluder(_recognizer)
    all_of_it = occluder.probabilities(window)[0, place]
    hidden_one_by_one = occluder.without(window, [r for row in regions for r in row])
    return (all_of_it - hidden_one_by_one[:, place]).reshape(len(regions), -1)


# Compiled once per server and file; a file that changed has another time.
def _feature_maps(recognizer: Recognizer) -> FeatureMaps:
    return _opened(str(recognizer.path), recognizer.path.stat().st_mtime, recognizer)


@st.cache_resource(max_entries=1, show_spinner="Opening the network…")
def _opened(path: str, changed: float, _recognizer: Recognizer) -> FeatureMaps:
    return FeatureMaps(_recognizer)


def _occluder(recognizer: Recognizer) -> Occluder:
    return _batched(str(recognizer.path), recognizer.path.stat().st_mtime, recognizer)


@st.cache_resource(max_entries=1, show_spinner="Opening the network…")
def _batched(path: str, changed: float, _recognizer: Recognizer) -> Occluder:
    return Occluder(_recognizer.path, _recognizer.signature.temperature)
