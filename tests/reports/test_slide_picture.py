"""The picture for slides is as large as a slide, and its pixels are the sound's."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ser_core.features.color_maps import colors
from ser_core.features.log_mel import LogMel
from ser_core.reports.slide_picture import HEIGHT, WIDTH, slide_picture
from tools import voices

SETTINGS = LogMel()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def bright(picture: np.ndarray) -> np.ndarray:
    """Where the color is that of the loudest point; the color bar at the right is cut off."""
    return (np.abs(picture - colors("viridis")[-1].astype(int)).sum(axis=2) < 20)[:, :1750]


def test_a_tone_in_the_second_half_is_bright_there_and_at_its_height() -> None:
    heights = []
    for hz in (500.0, 4000.0):
        waveform = np.concatenate([np.zeros(16_000, np.float32), voices.tone(hz)])
        picture = pixels(slide_picture(SETTINGS(waveform), SETTINGS, "A tone"))
        assert picture.shape == (HEIGHT, WIDTH, 3)
        assert WIDTH == 2000
        rows, columns = np.nonzero(bright(picture))
        assert columns.min() > 950, "the first half is silent"
        heights.append(float(np.median(rows)))
    assert heights[1] < heights[0] - 300, "high frequencies are up"


def test_names_that_the_font_cannot_write_and_endless_ones_do_no_harm() -> None:
    log_mel = SETTINGS(voices.voice())
    named, foreign = (slide_picture(log_mel, SETTINGS, f"A voice{n}") for n in ("", " 日本語\n"))
    difference = np.abs(pixels(named) - pixels(foreign)).sum()
    assert difference == pytest.approx(0), "no boxes for letters that the font lacks"
    picture = pixels(slide_picture(log_mel, SETTINGS, "x" * 500))
    assert (picture[:150, -20:] == 255).all(), "the title ends inside"


def test_ten_minutes_fit(speech_like) -> None:
    log_mel = np.tile(SETTINGS(speech_like.waveform), (1, 300))
    assert len(slide_picture(log_mel, SETTINGS, "Long")) < 3_000_000
