"""All routes beside the pages."""

from __future__ import annotations

from starlette.routing import Route

from pages.shell.server.predict import METHODS, predict

ROUTES = (Route("/api/predict", predict, methods=METHODS),)
