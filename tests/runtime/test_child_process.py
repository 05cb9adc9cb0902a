"""A child process is not confused by what its parent runs as its main script."""

import multiprocessing
import sys
from types import ModuleType

import pytest

from ser_core.runtime.child_process import start_process


def _answer(connection):
    connection.send("here")


def test_the_main_script_does_not_run_again_in_the_child(tmp_path, monkeypatch):
    script = tmp_path / "page.py"
    script.write_text("raise SystemExit('this page must not run in a child')")
    main = ModuleType("__main__")
    main.__file__ = str(script)  # as a Streamlit server sets it for every run of a page
    monkeypatch.setitem(sys.modules, "__main__", main)
    ours, child_end = multiprocessing.Pipe()
    process = start_process(_answer, child_end)
    assert ours.poll(60) and ours.recv() == "here"
    process.join(10)
    assert process.exitcode == 0
    assert sys.modules["__main__"] is main


def test_the_main_script_is_back_when_a_start_fails():
    main = sys.modules["__main__"]
    with pytest.raises(Exception, match=r"pickle|local object"):
        start_process(lambda: None)
    assert sys.modules["__main__"] is main
