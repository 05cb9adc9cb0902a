"""Tests; `python -m pytest` or `pytest` from the repository root runs them."""
