"""What the player draws is at its time, frequency and level."""

from __future__ import annotations

from base64 import b64decode

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.charts import tracks
from ser_core.features.log_mel import LogMel
from ser_core.models.prediction import Evidence
from tools import voices

SETTINGS = LogMel()


def cells(picture: tracks.Picture) -> np.ndarray:
    flat = np.frombuffer(b64decode(picture.cells), np.uint8)
    return flat.reshape(picture.rows, picture.columns)


def middle_s(picture: tracks.Picture, column: int) -> float:
    step_s = (picture.end_s - picture.start_s) / picture.columns
    return picture.start_s + (column + 0.5) * step_s


def test_a_tone_is_at_its_time_frequency_level_and_pitch() -> None:
    silence = np.zeros(16_000, np.float32)
    clip = Clip(np.concatenate([silence, voices.tone(400.0), silence]))
    picture = tracks.picture(clip, SETTINGS(clip.waveform), SETTINGS)
    row, column = np.unravel_index(cells(picture).argmax(), cells(picture).shape)
    assert picture.bands_hz[row] == pytest.approx(400, rel=0.05)
    assert 1 <= middle_s(picture, int(column)) <= 2
    inside = [1.1 < middle_s(picture, n) < 1.9 for n in range(picture.columns)]
    assert {hz for hz, is_in in zip(picture.pitch_hz, inside, strict=True) if is_in} == {400}
    assert picture.levels_db[column] == 0
    assert picture.levels_db[0] == -SETTINGS.floor_db


def test_a_click_keeps_its_place_in_a_picture_of_minutes() -> None:
    log_mel = np.full((80, 30_000), -100.0, np.float32)
    log_mel[40, 12_345] = 0.0
    picture = tracks.picture(None, log_mel, SETTINGS)
    assert picture.columns <= tracks.MAX_COLUMNS
    row, column = np.unravel_index(cells(picture).argmax(), cells(picture).shape)
    assert picture.bands_hz[row] == round(SETTINGS.mel_frequencies()[40])
    assert middle_s(picture, int(column)) == pytest.approx(123.45, abs=0.13)
    assert set(picture.pitch_hz) == {0}


def test_the_ticks_lie_at_their_frequencies() -> None:
    picture = tracks.picture(None, np.zeros((80, 9), np.float32), SETTINGS)
    for share, name in picture.ticks:
        band = share * picture.rows - 0.5
        low, high = (picture.bands_hz[int(f(band))] for f in (np.ceil, np.floor))
        assert low <= int(name) <= high


def test_the_waveform_reaches_full_height_and_no_further() -> None:
    waveform = tracks.waveform(Clip(voices.voice(level=0.01)))
    assert max(*waveform.highest, *(-low for low in waveform.lowest)) == 1
    assert len(waveform.highest) == len(waveform.lowest) <= tracks.MAX_COLUMNS


def test_emotions_of_a_stretch_lie_where_the_stretch_does() -> None:
    evidence = Evidence(np.array([0.1, 0.2]), np.array([[0.75, 1.0], [0.25, 0.0]]))
    drawn = tracks.emotions(evidence, ("calm", "sad"), offset_s=2.0)
    assert drawn.start_s == pytest.approx(2.05)
    assert drawn.end_s == pytest.approx(2.25)
    shares = np.frombuffer(b64decode(drawn.shares), np.uint8).reshape(2, drawn.columns)
    np.testing.assert_array_equal(shares[:, [0, -1]], [[191, 255], [64, 0]])
