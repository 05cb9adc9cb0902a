"""The path of Chromium."""

from __future__ import annotations

import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str | None:
    """Path of the installed Chromium; None if there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)
