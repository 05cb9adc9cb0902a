"""Paths of the files that come with the code; no other module knows where they are.

In a clone, the app, its pages, the samples and the models lie beside `ser_core/`; the wheel puts
them into `ser_core/_app/`, so that one package is installed (pyproject.toml says which files).
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
IMPORT_ROOT = PACKAGE.parent
"""Python started in this folder imports this very `ser_core`."""

_INSTALLED = PACKAGE / "_app"
ROOT = _INSTALLED if _INSTALLED.is_dir() else IMPORT_ROOT
"""What the paths of pages are relative to."""

APP = ROOT / "streamlit_app.py"
SAMPLES = ROOT / "samples"
MODEL_ZOO = ROOT / "model_zoo"
DATA = PACKAGE / "data"
"""Tables and pictures that `ser_core` itself reads; not `data/`, where people keep corpora."""
