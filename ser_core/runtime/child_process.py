"""Starts separate processes that run neither the parent's main script again nor end with Ctrl+C."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any


def start_process(target: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """Spawn a daemon process that runs `target(*arguments)`; both must be picklable."""
    process = multiprocessing.get_context("spawn").Process(
        target=target, args=arguments, daemon=True
    )
    with without_main_script():
        process.start()
    return process


@contextmanager
def without_main_script() -> Iterator[None]:
    """What is spawned meanwhile does not run the parent's main script first.

    A plain spawn does so; in the app, that is a whole page.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def without_interruption() -> Iterator[None]:
    """What is spawned meanwhile never notices Ctrl+C, and this thread only afterwards.

    A terminal sends it to children, too, which would print a traceback each.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # children inherit it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
