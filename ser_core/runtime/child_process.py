"""Runs one function in a separate process, without running the parent's main script again."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any


def start_process(target: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """Spawn a daemon process that runs `target(*arguments)`; both must be picklable.

    A plain spawn would first run the parent's main script in the child; in the app, that is a
    whole page.
    """
    process = multiprocessing.get_context("spawn").Process(
        target=target, args=arguments, daemon=True
    )
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main
    return process
