"""A function fits on one screen; ruff holds how many parameters and branches it has."""

from __future__ import annotations

import ast
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
MAX_LINES = 80


def test_no_function_is_longer_than_a_screen():
    ours = [
        path
        for folder in ("ser_core", "pages", "tools", "tests")
        for path in (REPOSITORY / folder).rglob("*.py")
    ]
    long = {
        f"{path.relative_to(REPOSITORY)}:{node.name} has {n_lines} lines"
        for path in ours
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (n_lines := 1 + (node.end_lineno or 0) - node.lineno) > MAX_LINES
    }
    assert ours
    assert long == set()
