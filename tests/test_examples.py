"""The examples in the docstrings of the public API run, against the shipped zoo and samples."""

import doctest
import importlib
from pathlib import Path

import pytest

import ser_core
from ser_core.features.log_mel import LogMel
from ser_core.features.source import Source

ROOT = Path(__file__).parents[1]
MODULES = (
    "ser_core",
    "ser_core.audio.clip",
    "ser_core.features.log_mel",
    "ser_core.features.source",
    "ser_core.live.track",
    "ser_core.models.recognizer",
    "ser_core.models.zoo",
)
NAMES = {name: getattr(ser_core, name) for name in ser_core.__all__}
NAMES |= {"LogMel": LogMel, "Source": Source}


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_give_what_they_show(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # the examples open samples/plain.flac
    result = doctest.testmod(importlib.import_module(module), extraglobs=NAMES)
    assert result.attempted > 0
    assert result.failed == 0
