"""A spectrogram as a picture for slides: title, axes and color bar, ready for a projector."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ser_core.charts.recording import frequency_ticks
from ser_core.features.color_maps import COLOR_MAP, colors
from ser_core.features.log_mel import LogMel
from ser_core.reports.sound_svg import time_ticks

WIDTH, HEIGHT = 2000, 1125  # pixels: 16 to 9, as slides are
_LEFT, _TOP, _RIGHT, _BOTTOM = 230, 150, 250, 150  # margins
_TITLE, _TEXT = 56, 38  # font sizes
_INK, _PAPER = "#1b2430", "white"
_TICK, _BAR = 14, 44  # length of a tick, width of the color bar


def slide_picture(log_mel: np.ndarray, settings: LogMel, title: str) -> bytes:
    """A PNG of `WIDTH` by `HEIGHT` pixels, dark on white.

    Args:
        log_mel: dB, shape `(n_mels, n_frames)`.
        title: letters that the font lacks are left out.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((_LEFT, _TOP / 2), _drawable(title), _INK, _font(_TITLE), anchor="lm")
    box = (_LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM)
    picture.paste(_spectrogram(log_mel, settings.floor_db, box), box[:2])
    draw.rectangle(box, outline=_INK, width=2)
    _time_axis(draw, box, log_mel.shape[1] / settings.frames_per_s)
    _frequency_axis(picture, draw, box, settings)
    _color_bar(picture, draw, box, settings.floor_db)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _spectrogram(
    log_mel: np.ndarray, floor_db: float, box: tuple[int, int, int, int]
) -> Image.Image:
    width, height = box[2] - box[0], box[3] - box[1]
    per_column = -(-log_mel.shape[1] // width)
    loudest = np.maximum.reduceat(log_mel, np.arange(0, log_mel.shape[1], per_column), axis=1)
    share = (1 + (loudest - loudest.max()) / floor_db).clip(0, 1)
    pixels = colors(COLOR_MAP)[np.round(255 * share[::-1]).astype(np.uint8)]
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)


def _time_axis(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], duration_s: float
) -> None:
    left, _, right, bottom = box
    for share, name in time_ticks(duration_s):
        x = left + share * (right - left)
        draw.line((x, bottom, x, bottom + _TICK), _INK, 3)
        draw.text((x, bottom + _TICK + 8), name, _INK, _font(_TEXT), anchor="mt")
    draw.text(((left + right) / 2, HEIGHT - 20), "Time (s)", _INK, _font(_TEXT), anchor="ms")


def _frequency_axis(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    settings: LogMel,
) -> None:
    left, top, _, bottom = box
    band_height = (bottom - top) / settings.n_mels
    for band, name in zip(*frequency_ticks(settings), strict=True):
        y = bottom - (band + 0.5) * band_height
        draw.line((left - _TICK, y, left, y), _INK, 3)
        draw.text((left - _TICK - 10, y), name, _INK, _font(_TEXT), anchor="rm")
    _upright(picture, "Frequency (Hz), mel scale", (50, (top + bottom) // 2))


def _color_bar(
    picture: Image.Image,
    draw: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    floor_db: float,
) -> None:
    _, top, right, bottom = box
    left = right + 40
    ramp = Image.fromarray(np.ascontiguousarray(colors(COLOR_MAP)[::-1, None]))
    picture.paste(ramp.resize((_BAR, bottom - top)), (left, top))
    draw.rectangle((left, top, left + _BAR, bottom), outline=_INK, width=2)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y, level_db = top + share * (bottom - top), 0 - share * floor_db
        draw.line((left + _BAR, y, left + _BAR + _TICK, y), _INK, 3)
        # A hyphen: the font has no minus sign.
        draw.text((left + _BAR + _TICK + 10, y), f"{level_db:.0f}", _INK, _font(_TEXT), anchor="lm")
    _upright(picture, "Level (dB)", (WIDTH - 40, (top + bottom) // 2))


def _upright(picture: Image.Image, text: str, middle: tuple[int, int]) -> None:
    """Text from bottom to top."""
    font = _font(_TEXT)
    _, _, width, height = (round(edge) for edge in font.getbbox(text))
    label = Image.new("RGB", (width, height + 8), _PAPER)
    ImageDraw.Draw(label).text((0, 0), text, _INK, font)
    label = label.rotate(90, expand=True)
    picture.paste(label, (middle[0] - label.width // 2, middle[1] - label.height // 2))


def _drawable(title: str) -> str:
    """Without the letters that the font would draw as boxes, and short enough for one line."""
    font = _font(_TITLE)
    box = bytes(font.getmask("\uffff"))
    kept = "".join(c for c in title if c.isprintable() and bytes(font.getmask(c)) != box)
    while font.getlength(kept) > WIDTH - _LEFT - 40:
        kept = kept[:-4] + "..."
    return kept


def _font(size: int) -> ImageFont.FreeTypeFont:
    """The font inside Pillow, so that none has to be installed."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # its wheels come with FreeType
    return font
