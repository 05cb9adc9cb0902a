"""All routes beside the pages."""

from __future__ import annotations

import streamlit as st
from starlette.routing import Route

from pages.shell.server import vote
from pages.shell.server.predict import METHODS, predict


def routes() -> list[Route]:
    """The routes, below the path that the host has chosen."""
    base = st.get_option("server.baseUrlPath").strip("/")
    above = f"/{base}" if base else ""
    return [
        Route(f"{above}/api/predict", predict, methods=METHODS),
        Route(f"{above}/vote", vote.page),
        Route(f"{above}/vote/state", vote.state),
        Route(f"{above}/vote/cast", vote.cast, methods=["POST"]),
    ]
