"""Color maps for drawing spectrograms, and their inverses from colors to levels.

The four perceptual maps are those of matplotlib (Nathaniel Smith, Stéfan van der Walt and Eric
Firing, CC0), here as 24 stops each, which come within 4/255 of matplotlib's 256 colors.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

# sRGB, six hexadecimal digits per stop, equally spaced from the lowest level to the highest.
_STOPS = {
    "magma": (
        "000004060518110c301f114a301164430f7555147d661b807722818928819b2e7fad347c"
        "bf3a76d1416fe14c67ed5a5ff66d5cfb825ffd9768feac75fec085fed497fde9aafcfdbf"
    ),
    "viridis": (
        "440154471164482072472e7c433c843f498939558c34608d2f6b8e2b768e26808e228b8d"
        "1f958b1fa08824aa8330b47c41be7257c7666fcf588ad647a7db34c5e022e2e418fde725"
    ),
    "inferno": (
        "000004060419120a32230c4d360961490b6a5b116e6d186e7e1e6c902468a12b62b3325a"
        "c33b4fd24644df5437ea632af2751cf8880dfb9c06fcb116f9c72ff5dd4ff1f079fcffa4"
    ),
    "plasma": (
        "0d08872805923c049b4f02a26001a67100a88204a7920fa3a11b9bae2892ba3488c6417d"
        "d04d73da5a69e26760ea7456f1824df79143fba03afdb030fdc129fbd324f6e626f0f921"
    ),
}

# Where each channel of matplotlib's jet bends: (level, brightness), both from 0 to 1.
_JET = (
    ((0.35, 0), (0.66, 1), (0.89, 1), (1, 0.5)),
    ((0.125, 0), (0.375, 1), (0.64, 1), (0.91, 0)),
    ((0, 0.5), (0.11, 1), (0.34, 1), (0.65, 0)),
)

COLOR_MAP = "viridis"
"""Of our own pictures. librosa, and so the 2020 group, draws in magma."""

COLORFUL_MAPS = (*_STOPS, "jet")
COLOR_MAPS = (*COLORFUL_MAPS, "gray")

NEAR = 12.0
"""Distance (see `nearest_levels`) up to which a pixel counts as a color of the map."""

_SATURATED = 40  # a pixel whose channels differ by more than this is not gray

# JPEG keeps brightness well and color badly, so brightness (Y) counts fully and the two color
# differences (Cb, Cr) half. On speech spectrograms at JPEG quality 75 this takes the mean error
# of a level from 4.0/255 to 3.3/255 (magma) and from 4.5/255 to 3.5/255 (plasma).
_TO_WEIGHTED_YCBCR = (
    np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
    * np.array([[1], [0.5], [0.5]])
).T.astype(np.float32)


@lru_cache(maxsize=len(COLOR_MAPS))
def colors(name: str) -> np.ndarray:
    """The 256 colors of a map from the lowest level to the highest, uint8, shape `(256, 3)`."""
    level = np.linspace(0, 1, 256)
    if name == "gray":
        channels = [level] * 3
    elif name == "jet":
        channels = [np.interp(level, *np.array(bends, dtype=float).T) for bends in _JET]
    else:
        stops = np.frombuffer(bytes.fromhex(_STOPS[name]), np.uint8).reshape(-1, 3) / 255
        channels = [np.interp(level, np.linspace(0, 1, len(stops)), c) for c in stops.T]
    table = np.round(255 * np.stack(channels, axis=1)).astype(np.uint8)
    table.flags.writeable = False
    return table


def exact_levels(pixels: np.ndarray, name: str) -> np.ndarray | None:
    """Levels of pixels that match the colors of a map exactly; None if any pixel does not.

    Args:
        pixels: uint8 RGB, shape `(…, 3)`.

    Returns:
        uint8, shape `(…)`.
    """
    table = _packed(colors(name))
    order = np.argsort(table)
    pixel_colors = _packed(pixels)
    place = np.searchsorted(table, pixel_colors, sorter=order).clip(max=255)
    level = order.astype(np.uint8)[place]
    return level if (table[level] == pixel_colors).all() else None


def nearest_levels(pixels: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Invert a color map.

    Args:
        pixels: uint8 RGB, shape `(…, 3)`.

    Returns:
        The level whose color is nearest, uint8, and the distance to that color, float32: 0
        where the pixel has that color, 5 to 7 on average where JPEG blurred a bright one, 255
        from black to white. Both have shape `(…)`.
    """
    # A picture has far fewer colors than pixels.
    packed, inverse = np.unique(_packed(pixels), return_inverse=True)
    rgb = np.stack([packed >> 16, (packed >> 8) & 255, packed & 255], axis=-1)
    distance, level = _tree(name).query(rgb.astype(np.float32) @ _TO_WEIGHTED_YCBCR)
    inverse = inverse.reshape(pixels.shape[:-1])
    return level.astype(np.uint8)[inverse], distance.astype(np.float32)[inverse]


def best_map(pixels: np.ndarray) -> str | None:
    """Name of the map that a picture is drawn in; None if its colors fit no map.

    Args:
        pixels: uint8 RGB, shape `(height, width, 3)`; a white border does not matter.
    """
    flat = pixels.reshape(-1, 3)
    sample = flat[:: max(1, len(flat) // 20_000)]
    saturated = sample[np.ptp(sample, axis=1) > _SATURATED]
    if len(saturated) < 0.02 * len(sample):
        return "gray"
    distances = {name: nearest_levels(saturated, name)[1] for name in COLORFUL_MAPS}
    best = min(distances, key=lambda name: float(distances[name].mean()))
    # On JPEG files 75 to 99 % of the pixels are near; on photographs less than half.
    return best if (distances[best] <= NEAR).mean() >= 0.7 else None


def _packed(pixels: np.ndarray) -> np.ndarray:
    red, green, blue = (pixels[..., channel].astype(np.uint32) for channel in range(3))
    return (red << 16) | (green << 8) | blue


@lru_cache(maxsize=len(COLOR_MAPS))
def _tree(name: str) -> cKDTree:
    from scipy.spatial import cKDTree  # 0.2 s that only pictures from elsewhere need

    return cKDTree(colors(name).astype(np.float32) @ _TO_WEIGHTED_YCBCR)
