"""The command line: `python -m ser_core`."""

from ser_core.cli import run

run()
