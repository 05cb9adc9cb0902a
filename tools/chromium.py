"""Where Chromium is."""

from __future__ import annotations

import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str | None:
    """The Chromium on the path; None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)
