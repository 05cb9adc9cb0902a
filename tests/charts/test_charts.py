"""The figures: what their axes say, what they keep of the data, and whom they leave out."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from ser_core.audio.clip import Clip
from ser_core.charts import look, recording
from ser_core.evaluation.metrics import percent
from ser_core.features.log_mel import LogMel, hz_to_mel
from ser_core.models.labels import EMOTION_SYMBOLS, EMOTIONS, TASKS, emotion_name
from ser_core.models.prediction import Evidence, Prediction
from ser_core.models.recognizer import Recognizer
from tools import voices

SETTINGS = LogMel()
CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text())
BACKGROUNDS = [CONFIG["theme"][theme]["backgroundColor"] for theme in ("light", "dark")]


@pytest.fixture(scope="module")
def prediction(tiny_recognizer: Recognizer, speech_like: Clip) -> Prediction:
    return tiny_recognizer(speech_like)


def whole(clip: Clip, prediction: Prediction) -> go.Figure:
    """All panels of a recording."""
    log_mel, labels = SETTINGS(clip.waveform), tuple(prediction.probabilities)
    return recording.sound(clip, log_mel, SETTINGS, prediction.evidence, labels)


def drawn(evidence: Evidence) -> go.Figure:
    """A spectrogram without sound, and below it how probable calm and sad are."""
    log_mel = SETTINGS(np.zeros(19_200, np.float32))
    return recording.sound(None, log_mel, SETTINGS, evidence, ("calm", "sad"))


def test_every_label_of_every_task_has_its_own_color_and_symbol() -> None:
    for labels in TASKS.values():
        assert len({look.EMOTION_COLORS[label] for label in labels}) == len(labels)
        assert len({EMOTION_SYMBOLS[label] for label in labels}) == len(labels)


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("label", [*look.EMOTION_COLORS])
def test_colors_stand_out_from_both_backgrounds(label: str, background: str) -> None:
    # WCAG 2.1, 1.4.11: at least 3 to 1 for graphics and large text.
    lighter, darker = sorted(
        (_luminance(look.EMOTION_COLORS[label]), _luminance(background)), reverse=True
    )
    assert (lighter + 0.05) / (darker + 0.05) >= 3


@pytest.mark.parametrize("sight", ["full", "deuteranopia", "protanopia", "tritanopia"])
@pytest.mark.parametrize("task", [*TASKS])
def test_colors_of_a_task_can_be_told_apart(task: str, sight: str) -> None:
    perceived = [
        _lab(_SIGHTS[sight] @ _linear(look.EMOTION_COLORS[label])) for label in TASKS[task]
    ]
    # A CIE76 distance of 2.3 is just noticeable side by side; these stand apart, so want more.
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(perceived, 2)) > 15


def test_the_envelope_keeps_the_highest_and_the_lowest_sample() -> None:
    waveform = np.zeros(240_000, np.float32)
    waveform[[77_777, 200_001]] = 0.9, -0.8
    lowest, highest = recording.envelope(waveform)
    assert len(lowest) == len(highest) <= recording.MAX_COLUMNS
    assert highest.max() == np.float32(0.9)
    assert lowest.min() == np.float32(-0.8)
    assert (highest >= lowest).all()


@pytest.mark.parametrize("n_samples", [1, 2, 799, 801])
def test_the_envelope_of_a_short_waveform_has_no_empty_column(n_samples: int) -> None:
    waveform = np.arange(n_samples, dtype=np.float32)
    lowest, highest = recording.envelope(waveform)
    assert lowest[0] == 0
    assert highest[-1] == n_samples - 1
    assert len(lowest) == min(n_samples, recording.MAX_COLUMNS)


def test_a_long_clip_makes_no_larger_figure_than_a_short_one(
    tiny_recognizer: Recognizer,
) -> None:
    clip = Clip(np.tile(voices.voice(5.0), 60))
    answer = tiny_recognizer(clip)
    assert len(whole(clip, answer).to_json()) < 400_000


def test_axes_name_what_they_show_and_its_unit(speech_like: Clip, prediction: Prediction) -> None:
    figure = whole(speech_like, prediction)
    layout = figure.layout
    assert layout.yaxis.title.text == "Amplitude"
    assert layout.yaxis2.title.text == "Frequency (Hz)"
    assert layout.xaxis3.title.text == "Time (s)"
    assert [emotion_name(label) for label in EMOTIONS] == [*layout.yaxis3.ticktext]
    without = recording.sound(None, SETTINGS(speech_like.waveform), SETTINGS)
    assert without.layout.xaxis.title.text == "Time (s)"


def test_waveform_spectrogram_and_evidence_share_one_time_axis(
    speech_like: Clip, prediction: Prediction
) -> None:
    figure = whole(speech_like, prediction)
    axes = [figure.layout[name] for name in ("xaxis", "xaxis2", "xaxis3")]
    assert [axis.matches for axis in axes].count("x3") == 2
    assert all(axis.range == (0, speech_like.duration_s) for axis in axes)


def test_frequency_ticks_lie_where_the_mel_bands_have_that_frequency() -> None:
    bands, names = recording.frequency_ticks(SETTINGS)
    low, high = hz_to_mel(np.array([SETTINGS.fmin, SETTINGS.fmax]))
    mel_of_band = low + (np.array(bands) + 1) * (high - low) / (SETTINGS.n_mels + 1)
    np.testing.assert_allclose(
        mel_of_band, hz_to_mel(np.array([float(n) for n in names])), atol=0.02
    )
    assert len(names) >= 4


def test_a_tone_is_drawn_at_its_time_and_frequency() -> None:
    silence = np.zeros(16_000, np.float32)
    waveform = np.concatenate([silence, voices.tone(1000.0), silence])
    figure = recording.sound(None, SETTINGS(waveform), SETTINGS)
    (heatmap,) = figure.data
    band, column = np.unravel_index(np.argmax(heatmap.z), heatmap.z.shape)
    assert heatmap.y[band] == f"{SETTINGS.mel_frequencies()[band]:.0f} Hz"
    assert float(heatmap.y[band].split()[0]) == pytest.approx(1000, rel=0.05)
    assert 1.0 <= heatmap.x0 + column * heatmap.dx <= 2.0


def test_a_click_keeps_its_place_in_a_spectrogram_of_minutes() -> None:
    log_mel = np.full((80, 30_000), -100.0, np.float32)
    log_mel[40, 12_345] = 0.0
    (heatmap,) = recording.sound(None, log_mel, SETTINGS).data
    assert heatmap.z.shape[1] <= recording.MAX_COLUMNS
    _, column = np.unravel_index(np.argmax(heatmap.z), heatmap.z.shape)
    assert heatmap.x0 + column * heatmap.dx == pytest.approx(123.45, abs=heatmap.dx)
    assert heatmap.z.max() == 0
    assert heatmap.z.min() == -SETTINGS.floor_db


def test_percentages_do_not_claim_certainty() -> None:
    space = "\N{NO-BREAK SPACE}"
    assert percent(1) == f"100{space}%"
    assert percent(0.9996) == f"> 99{space}%"
    assert percent(0.9996, 1) == f"> 99.9{space}%"
    assert percent(0.994) == f"99{space}%"
    assert percent(0.125, 1) == f"12.5{space}%"


def test_a_pause_without_evidence_is_drawn_as_silence() -> None:
    times_s = np.array([0.0, 0.1, 0.2, 1.0, 1.1])
    evidence = Evidence(times_s, np.vstack([np.full(5, 0.75), np.full(5, 0.25)]))
    row_of_calm = drawn(evidence).data[2]
    shares = dict(
        zip(np.round(row_of_calm.x.astype(float), 3), row_of_calm.customdata, strict=True)
    )
    assert shares[0.2] == 0.75
    assert shares[0.5] == 0
    assert shares[1.0] == 0.75


def test_a_single_moment_of_evidence_can_be_drawn() -> None:
    evidence = Evidence(np.array([0.4]), np.array([[0.75], [0.25]]))
    row_of_calm = drawn(evidence).data[2]
    assert row_of_calm.x[0] < 0.4 < row_of_calm.x[-1]


def test_without_an_answer_there_is_no_row_of_emotions(speech_like: Clip) -> None:
    figure = recording.sound(speech_like, SETTINGS(speech_like.waveform), SETTINGS)
    assert len(figure.data) == 3


def test_a_picture_has_no_waveform_to_draw(speech_like: Clip) -> None:
    figure = recording.sound(None, SETTINGS(speech_like.waveform), SETTINGS)
    assert [trace.type for trace in figure.data] == ["heatmap"]
    assert figure.layout.xaxis.range[1] == pytest.approx(speech_like.duration_s, abs=0.02)


def test_digital_silence_can_be_drawn() -> None:
    clip = Clip(np.zeros(8000, np.float32))
    figure = recording.sound(clip, SETTINGS(clip.waveform), SETTINGS)
    assert np.isfinite(figure.data[2].z).all()


# How colors look without one kind of cone: Machado, Oliveira and Fernandes 2009, severity 1.
_SIGHTS = {
    "full": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def _linear(color: str) -> np.ndarray:
    """sRGB `#RRGGBB` to linear light, 0 to 1."""
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _luminance(color: str) -> float:
    return float(_linear(color) @ [0.2126, 0.7152, 0.0722])


def _lab(linear: np.ndarray) -> np.ndarray:
    """CIE L*a*b* under D65."""
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = to_xyz @ np.clip(linear, 0, 1) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])
