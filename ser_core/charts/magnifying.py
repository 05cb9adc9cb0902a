"""A figure with larger type and marks, for a projector."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

_PLOTLY_FONT_SIZE = 12  # pixels, where a figure does not say
_SIZES = ("size", "width")
_SCALED = ("font", "line", "marker")


def magnified(figure: go.Figure, factor: float) -> go.Figure:
    """A copy whose type, lines and markers are larger; its height is as before."""
    described = figure.to_plotly_json()
    layout = _scaled(described["layout"], factor)
    layout["font"] = {"size": factor * _PLOTLY_FONT_SIZE, **layout.get("font", {})}
    data = [_scaled(trace, factor) for trace in described["data"]]
    return go.Figure({"data": data, "layout": layout}, skip_invalid=False)


def _scaled(described: Any, factor: float, parent: str = "") -> Any:
    if isinstance(described, dict):
        return {name: _value(name, value, factor, parent) for name, value in described.items()}
    if isinstance(described, list | tuple):
        return [_scaled(item, factor, parent) for item in described]
    return described


def _value(name: str, value: Any, factor: float, parent: str) -> Any:
    scales = name in _SIZES and parent.endswith(_SCALED)
    if scales and isinstance(value, int | float):
        return factor * value
    return _scaled(value, factor, name)
