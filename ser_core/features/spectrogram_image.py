"""Pictures of sound: log-mel to PNG and back, and spectrogram pictures from elsewhere.

A picture that SER Lab saved reads back exactly: one pixel per cell, a text chunk with the level
scale and the feature settings, and a chunk with the detail that 256 colors cannot hold. Other
pictures carry no scale; the `note` says what was assumed.
"""

from __future__ import annotations

import io
import json
import math
from dataclasses import dataclass

import msgspec
import numpy as np
from PIL import Image, JpegImagePlugin, PngImagePlugin

from ser_core.audio.decoding import PNG, is_picture
from ser_core.features.color_maps import (
    COLOR_MAP,
    COLORFUL_MAPS,
    NEAR,
    best_map,
    colors,
    exact_levels,
    nearest_levels,
)
from ser_core.features.log_mel import LogMel, hz_to_mel, mel_filters
from ser_core.features.spectrogram import Spectrogram

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 10_000_000  # a 4K screen has 8.3 million, ten minutes of log-mel 4.8 million
MIN_PIXELS = 32  # on each side

_LONG = 250  # sounding frames that may not fit one model window
_KEY, _VERSION = "SER Lab log-mel", 1
_REST_CHUNK = b"seRl"  # by its letters: optional, private, kept by programs that copy a picture
_LEVELS = 255

_MAX_STRIP = 3_000_000  # pixels whose colors are looked up; 10 million take 12 s and 0.5 GB


class PictureError(ValueError):
    """The bytes are not a readable spectrogram picture; the message says what to do next."""


@dataclass(frozen=True, eq=False)
class SpectrogramPicture:
    """A spectrogram picture after reading.

    Attributes:
        log_mel: dB, float32, shape `(n_mels, n_frames)`, in the settings it was read for.
        exact: every level is accurate to half a step of the picture's grid.
        note: what was assumed, in plain sentences; empty if `exact`.
    """

    log_mel: np.ndarray
    exact: bool
    note: str = ""


@dataclass(frozen=True)
class AssumedScale:
    """Axes and level range assumed for a picture from elsewhere, whose pixels do not state them.

    The default is the picture of the 2020 group: librosa's spectrogram at its default sample rate
    of 22 050 Hz, 80 dB deep, of one RAVDESS clip. Width says nothing about time (all of theirs
    are equally wide), so the duration is the median of RAVDESS speech.
    """

    # from bottom to top
    top_hz: float = 11_025.0
    mel_axis: bool = False  # equal steps on the mel scale instead of in Hz
    # from left to right
    duration_s: float = 3.7
    # from the darkest to the brightest color of the map
    range_db: float = 80.0

    def __post_init__(self) -> None:
        if not (500 <= self.top_hz <= 200_000 and 0.3 <= self.duration_s <= 600):
            raise ValueError("A picture shows 500 to 200000 Hz and 0.3 to 600 s.")
        if not 10 <= self.range_db <= 200:
            raise ValueError("The colors of a picture cover 10 to 200 dB.")

    def __str__(self) -> str:
        axis = f"0 to {self.top_hz:.0f} Hz from bottom to top"
        if self.mel_axis:
            axis += " on a mel axis"
        return f"{axis}, {self.duration_s:g} s from left to right, {self.range_db:g} dB of level"


def to_png(log_mel: np.ndarray, settings: LogMel) -> bytes:
    """Draw a log-mel spectrogram: one pixel per cell, low frequencies at the bottom.

    The 256 levels reach from the loudest cell to 90 dB below it (`range_db`), 0.35 dB apart. What
    rounding loses is stored in a separate chunk, so a cell reads back to 0.001 dB, or to 0.18 dB
    if another program dropped that chunk. Anything lower reads back as the lowest level, which
    changes nothing for the models:

    - `sounding_frames` keeps what is within 35 dB of the loudest frame. The lowest level in all
      80 bands adds up to 71 dB below the loudest cell, 0.001 dB to a frame at that threshold.
    - `level_db` weights frames by their power; deep cells have none to speak of.
    - `network_input` cuts 80 dB below `level_db`, and `level_db` is at most 9.6 dB below the
      loudest frame: with n frames of power x beside one of power 1, Σe²/Σe is
      (1 + n x²) / (1 + n x), for n = 300 at least 0.109. In a model window of up to 300 frames
      that holds the loudest cell, the cut therefore lies above the lowest level.

    Long recordings have several model windows, which may be up to 35 dB quieter than the loudest
    one, so there the levels reach 125 dB down, 0.49 dB apart.

    Args:
        log_mel: dB, shape `(n_mels, n_frames)`.
        settings: how it was computed; stored in the file.

    Raises:
        ValueError: the shape does not fit the settings, or a value is not finite.
    """
    if log_mel.ndim != 2 or log_mel.shape[0] != settings.n_mels or not log_mel.shape[1]:
        raise ValueError(f"Shape {log_mel.shape} is not ({settings.n_mels}, n_frames).")
    if not np.isfinite(log_mel).all():
        raise ValueError("The log-mel spectrogram contains values that are not finite.")
    high_db = float(log_mel.max())
    depth_db = range_db(settings, long=_is_long(log_mel, settings))
    share = 1 + (log_mel.astype(np.float64) - high_db) / depth_db
    exact_level = _LEVELS * share.clip(0, 1)
    level = np.round(exact_level).astype(np.uint8)
    rest = np.round(255 * (exact_level - level + 0.5)).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(level[::-1]))
    image.putpalette(colors(COLOR_MAP).tobytes())
    description = _Description(_VERSION, high_db, depth_db, msgspec.to_builtins(settings))
    text = PngImagePlugin.PngInfo()
    text.add_text(_KEY, json.dumps(msgspec.to_builtins(description)))
    text.add(_REST_CHUNK, rest.tobytes())
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=text)
    return file.getvalue()


def _rest(image: Image.Image, shape: tuple[int, ...]) -> np.ndarray:
    """What rounding to levels lost, in levels; zeros if another program dropped the chunk."""
    chunks = dict(getattr(image, "private_chunks", ()))
    rest = np.frombuffer(chunks.get(_REST_CHUNK, b""), np.uint8)
    if rest.size != shape[0] * shape[1]:
        return np.zeros(shape)
    return rest.reshape(shape) / 255 - 0.5


def range_db(settings: LogMel, long: bool = False) -> float:
    """Range in dB below the loudest cell that our pictures cover; `to_png` explains it."""
    return settings.floor_db + 10 + (settings.top_db if long else 0)


def fits(data: bytes, settings: LogMel) -> bool:
    """Whether a model with these settings can read a picture.

    One that SER Lab saved fits the settings that it was saved with, any other fits all.

    Raises:
        PictureError: not a picture, damaged, or too large.
    """
    stored = _stored(_load(data))
    return stored is None or not _different(stored, settings)


def from_picture(
    data: bytes, settings: LogMel, assumed: AssumedScale | None = None
) -> SpectrogramPicture:
    """Read a spectrogram picture, PNG or JPEG.

    Args:
        settings: those of the model that will classify it.
        assumed: the scale of a picture that carries none. By default, pictures that look like
            ours are read as such, and all others as `AssumedScale()`.

    Raises:
        PictureError: not a picture, damaged, too large or too small, not a spectrogram, or saved
            by SER Lab with settings other than `settings`.
    """
    image = _load(data)
    scale = _stored_scale(image, settings)
    pixels = _rgb(image)
    level = exact_levels(pixels, COLOR_MAP) if scale is not None else None
    if scale is not None and level is not None and len(level) == settings.n_mels:
        if np.ptp(level) == 0:
            raise PictureError("The picture shows silence. Choose one that shows speech.")
        high_db, depth_db = scale
        exact_level = level[::-1] + _rest(image, level.shape)
        relative_db = depth_db * (exact_level / _LEVELS - 1)
        return SpectrogramPicture((high_db + relative_db).astype(np.float32), exact=True)
    content = _content(_shrink(pixels))
    if scale is not None:
        note = (
            "The size or colors of the picture were changed after SER Lab saved it, so the "
            "prediction can differ from the one for the audio."
        )
        return SpectrogramPicture(_cells(content.level, settings, *scale), exact=False, note=note)
    if assumed is None and content.looks_like_ours(settings):
        log_mel, depth_db = _rescaled(content.level, settings)
        note = (
            "The picture looks like one that SER Lab saved, but its level scale is lost (a "
            "screenshot, or saved again by another program). It was read with "
            f"{1000 / settings.frames_per_s:g} ms per column and a range of {depth_db:g} dB, so "
            "the prediction is approximate."
        )
        return SpectrogramPicture(log_mel, exact=False, note=note)
    assumed = assumed or AssumedScale()
    note = (
        "The picture carries no scale, so the prediction is a guess. It was read in the color map "
        f"{content.color_map} as {assumed}."
    )
    return SpectrogramPicture(_resampled(content.level, settings, assumed), exact=False, note=note)


def waveform_png(waveform: np.ndarray, width: int = 600, height: int = 160) -> bytes:
    """Draw the envelope of a waveform: per column, the range from smallest to largest sample.

    The largest amplitude fills the height, so quiet recordings show their shape too.

    Args:
        waveform: shape `(n_samples,)`, at least one sample.
    """
    starts = np.linspace(0, len(waveform), width, endpoint=False).astype(int)
    reach = max(float(np.abs(waveform).max()), 1e-9)
    # Row 0 is the top, where the amplitude is +1.
    top = np.round((1 - np.maximum.reduceat(waveform, starts) / reach) / 2 * (height - 1))
    bottom = np.round((1 - np.minimum.reduceat(waveform, starts) / reach) / 2 * (height - 1))
    row = np.arange(height)[:, None]
    image = Image.fromarray(((row >= top) & (row <= bottom)).astype(np.uint8))
    image.putpalette(b"\xff\xff\xff" + colors(COLOR_MAP)[64].tobytes())
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


# ---- bytes to pixels ----


_DAMAGED = "The picture is damaged or ends early. Save or download it again."


def _load(data: bytes) -> Image.Image:
    if not data:
        raise PictureError("The picture is empty. Choose another one.")
    if len(data) > MAX_BYTES:
        raise PictureError(
            f"The picture is {len(data) / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB can be "
            "read. Save a smaller version."
        )
    if not is_picture(data):
        raise PictureError("This is neither a PNG nor a JPEG picture. Save it as PNG.")
    file = io.BytesIO(data)
    try:
        # These read the header only. `Image.open` would guess among more formats, and for a
        # decompression bomb below its own limit it only warns.
        image = (
            PngImagePlugin.PngImageFile(file)
            if data.startswith(PNG)
            else JpegImagePlugin.JpegImageFile(file)
        )
    except Exception:  # damaged files make Pillow raise nearly any kind of error
        raise PictureError(_DAMAGED) from None
    if image.width * image.height > MAX_PIXELS:
        raise PictureError(
            f"The picture has {image.width} × {image.height} pixels; at most "
            f"{MAX_PIXELS // 10**6} million can be read. Save a smaller version."
        )
    try:
        image.load()
    except Exception:
        raise PictureError(_DAMAGED) from None
    return image


def _rgb(image: Image.Image) -> np.ndarray:
    """The picture on a white background, uint8, shape `(height, width, 3)`."""
    if image.mode.startswith("I"):  # 16 bits of gray, which Pillow would clip to 8
        image = Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


class _Description(msgspec.Struct, frozen=True):
    """The description stored in our pictures; features by name, of any version."""

    version: int
    high_db: float
    range_db: float
    features: dict[str, float]


def _stored(image: Image.Image) -> _Description | None:
    text = image.info.get(_KEY)
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=_Description)
    except (ValueError, RecursionError):
        return None  # edited: as good as lost


def _different(stored: _Description, settings: LogMel) -> list[str]:
    """Names of the settings in which a picture differs."""
    ours, features = msgspec.to_builtins(settings), dict(stored.features)
    for level_setting in ("top_db", "floor_db"):  # they describe its use, not its content
        ours.pop(level_setting), features.pop(level_setting, None)
    names = sorted(key for key in ours if features.get(key) != ours[key])
    return names or ["more"] * (features != ours)


def _stored_scale(image: Image.Image, settings: LogMel) -> tuple[float, float] | None:
    """Highest level and range in dB, as `to_png` wrote them; None if there are none."""
    stored = _stored(image)
    if stored is None:
        return None
    if stored.version != _VERSION:
        raise PictureError(
            "The picture comes from another version of SER Lab. Save it again with this one."
        )
    if names := _different(stored, settings):
        raise PictureError(
            f"The picture was saved for a model with other settings ({', '.join(names)}). Choose "
            "that model, or save the picture again with this one."
        )
    plausible = abs(stored.high_db) <= 1000 and 1 <= stored.range_db <= 1000
    return (stored.high_db, stored.range_db) if plausible else None


# ---- pixels to levels ----


@dataclass(frozen=True, eq=False)
class _Content:
    """The part of a picture that is the spectrogram.

    Attributes:
        level: 0 to 1, float32, low frequencies first, shape `(height, width)`.
        color_map: the map it is drawn in.
    """

    level: np.ndarray
    color_map: str

    def looks_like_ours(self, settings: LogMel) -> bool:
        """Our colors, and our 80 rows (or a multiple of them) or a strip as long as speech."""
        height, width = self.level.shape
        shape_fits = height % settings.n_mels == 0 or width >= 3 * height
        return self.color_map == COLOR_MAP and shape_fits


def _shrink(pixels: np.ndarray) -> np.ndarray:
    """Average blocks of pixels down to about a million, keeping 200 rows and columns."""
    height, width, _ = pixels.shape
    factor = min(math.ceil(math.sqrt(height * width / 1e6)), min(height, width) // 200)
    if height * width > _MAX_STRIP * max(factor, 1) ** 2:
        raise PictureError(
            f"The picture is a strip of {width} × {height} pixels. Cut out the part you want."
        )
    return np.asarray(Image.fromarray(pixels).reduce(factor)) if factor > 1 else pixels


def _content(pixels: np.ndarray) -> _Content:
    """Find the color map and the spectrogram in a picture; cut off borders, axes, color bars."""
    height, width, _ = pixels.shape
    if min(height, width) < MIN_PIXELS:
        raise PictureError(
            f"The picture is only {width} × {height} pixels. Save it larger, at least "
            f"{MIN_PIXELS} × {MIN_PIXELS}."
        )
    color_map = best_map(pixels)
    if color_map is None:
        raise PictureError(
            "The colors are not those of a spectrogram. Choose a spectrogram in "
            f"{', '.join(COLORFUL_MAPS)} or gray, or the audio file itself."
        )
    level, _ = nearest_levels(pixels, color_map)
    margin = _margin(pixels, color_map)
    if margin is not None and not margin.all():
        # In gray, loud can be white on black ground or black on white ground.
        white_silence = color_map == "gray" and level[~margin].mean() > _LEVELS / 2
        level = _without_margin(level, margin, white_silence)
    share = level[::-1].astype(np.float32) / _LEVELS
    if min(share.shape) < MIN_PIXELS or not _has_structure(share):
        raise PictureError(
            "The picture does not look like a spectrogram of speech. Choose another one, or the "
            "audio file itself."
        )
    # Gray comes in both directions. Speech is louder in the lower half than at the very top.
    if color_map == "gray" and _low_minus_high(share) < 0:
        share, color_map = 1 - share, "gray (dark is loud)"
    return _Content(share, color_map)


def _margin(pixels: np.ndarray, color_map: str) -> np.ndarray | None:
    """Mask of the pixels in the margin's color, shape `(height, width)`; None if there is none.

    The margin's color is the prevailing one along an edge. If that is a color of the map, it is
    silence rather than a margin, except for white next to gray.
    """
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        color = np.median(edge, axis=0).astype(np.uint8)
        _, distance = nearest_levels(color, color_map)
        if distance > NEAR or (color_map == "gray" and color.min() > 255 - NEAR):
            return np.abs(pixels.astype(np.int16) - color).max(axis=2) <= 2 * NEAR
    return None


def _without_margin(level: np.ndarray, margin: np.ndarray, white_silence: bool) -> np.ndarray:
    """Cut off margins, axis labels and a color bar; `level` has shape `(height, width)`.

    Labels are too sparse to count as picture; a color bar is narrower than the picture.
    """
    rows, columns = slice(None), slice(None)
    if white_silence:
        # Then only a plain frame, equally wide on all sides, can be told from silence.
        sides = [(~margin).mean(axis=axis) > 0.02 for axis in (1, 0)]
        width = min(int(side.argmax()) for line in sides for side in (line, line[::-1]))
        rows, columns = slice(width, len(level) - width), slice(width, level.shape[1] - width)
    else:
        for _ in range(2):  # where the margins are wide, rows show only within the right columns
            columns = _longest_run(1 - margin[rows].mean(axis=0))
            rows = _longest_run(1 - margin[:, columns].mean(axis=1))
    level = level[rows, columns]
    if min(level.shape) < MIN_PIXELS:
        return level
    # The outermost pixels are mixed with the margin or are the line around the axes.
    return np.pad(level[2:-2, 2:-2], 2, mode="edge")


def _longest_run(share: np.ndarray) -> slice:
    full = np.concatenate([[0], share > 0.5 * share.max(), [0]]).astype(int)
    starts, stops = np.flatnonzero(np.diff(full) == 1), np.flatnonzero(np.diff(full) == -1)
    if not len(starts):
        return slice(0, 0)
    longest = int((stops - starts).argmax())
    return slice(int(starts[longest]), int(stops[longest]))


def _low_minus_high(level: np.ndarray) -> float:
    height = len(level)
    return float(level[: height // 2].mean() - level[height - height // 4 :].mean())


def _has_structure(level: np.ndarray) -> bool:
    """Whether levels vary over time and frequency as those of speech do.

    A spectrogram is largely loudness over time plus a spectrum: on 350 spectrograms of speech
    from five corpora, that sum explains 31 to 91 % of the variance of the level; on pages of
    text at most 25 %; on noise none.
    """
    spectrum, loudness = level.mean(axis=1, keepdims=True), level.mean(axis=0, keepdims=True)
    low, high = np.quantile(level, [0.001, 0.999])
    if high - low < 0.2 or spectrum.std() < 0.01 or loudness.std() < 0.01:
        return False
    rest = level - spectrum - loudness + level.mean()
    return bool(rest.var() < 0.72 * level.var())


# ---- levels to log-mel ----


def _cells(level: np.ndarray, settings: LogMel, high_db: float, depth_db: float) -> np.ndarray:
    """Log-mel from one of our pictures that was scaled, keeping its proportions."""
    height, width = level.shape
    n_frames = max(1, round(width * settings.n_mels / height))
    return high_db + depth_db * (_resize(level, settings.n_mels, n_frames) - 1)


def _rescaled(level: np.ndarray, settings: LogMel) -> tuple[np.ndarray, float]:
    """Log-mel from one of our pictures without its text, and the range that it must have covered.

    If the range was the small one, reading it as the large one only makes fewer frames count as
    sound, which tells the two apart.
    """
    log_mel = _cells(level, settings, 0.0, range_db(settings, long=True))
    if _is_long(log_mel, settings):
        return log_mel, range_db(settings, long=True)
    return _cells(level, settings, 0.0, range_db(settings)), range_db(settings)


def _is_long(log_mel: np.ndarray, settings: LogMel) -> bool:
    start, stop = Spectrogram(log_mel, settings).sounding_frames
    return stop - start > _LONG


def _resampled(level: np.ndarray, settings: LogMel, assumed: AssumedScale) -> np.ndarray:
    """Log-mel from a picture with assumed axes.

    The colors give power over frequency. It is interpolated between the rows on a grid so fine
    that the narrowest mel filter spans several points, and goes through the model's mel filters
    as the bins of a Fourier transform would. Absolute level means nothing to the models.
    """
    height, width = level.shape
    n_frames = 1 + round(assumed.duration_s * settings.frames_per_s)
    # A picture wider than that carries no more; the cap bounds the memory for the fine grid.
    level = _resize(level, height, min(width, n_frames, 4096))
    fine = LogMel(
        sample_rate=settings.sample_rate,
        n_fft=4096,
        n_mels=settings.n_mels,
        fmin=settings.fmin,
        fmax=settings.fmax,
    )
    bins_hz = np.linspace(0, fine.sample_rate / 2, fine.n_fft // 2 + 1)
    position = bins_hz / assumed.top_hz
    if assumed.mel_axis:
        position = hz_to_mel(bins_hz) / hz_to_mel(np.array(assumed.top_hz))
    row = (position * height - 0.5).clip(0, height - 1)
    below = np.floor(row).astype(int)
    weight = (row - below).astype(np.float32)[:, None]
    above = level[np.minimum(below + 1, height - 1)]
    relative_db = assumed.range_db * ((1 - weight) * level[below] + weight * above - 1)
    relative_db[position > 1] = -assumed.range_db  # above the top of the picture
    mel = mel_filters(fine) @ 10 ** (relative_db / 10)
    return _resize(10 * np.log10(mel), settings.n_mels, n_frames)


def _resize(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resample float32 values, averaging where they become fewer, to shape `(height, width)`."""
    if values.shape == (height, width):
        return values
    image = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
