"""A process of its own for one function, which runs nothing of the script that began this one."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any


def start_process(target: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """A spawned daemon that runs `target(*arguments)`, both of which must be picklable.

    Spawning would first run the main script again in the child; within an app that is a page.
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
