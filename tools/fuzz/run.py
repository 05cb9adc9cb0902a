"""Runs of many cases and their results."""

from __future__ import annotations

import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from ser_core.audio.clip import Clip
from ser_core.inference.network import ModelError
from ser_core.models.foreign_ir import ForeignRecognizer, Limits
from ser_core.models.zoo import ZOO
from tools import voices
from tools.fuzz.bombs import bombs
from tools.fuzz.damage import damaged_files
from tools.fuzz.files import File
from tools.fuzz.irs import changed_irs
from tools.fuzz.journey import check_sentence
from tools.fuzz.process import Outcome, Traveler, resident_mb

_IR_LIMITS = Limits(read_s=20, window_s=5)


@dataclass
class Tally:
    """The results of a run; times in seconds, memory in MB above the idle process."""

    faults: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest_s: float = 0.0
    peak_mb: float = 0.0
    kept_mb: float = 0.0  # at the end, when nothing runs

    @property
    def n_cases(self) -> int:
        return self.answers.total()

    def add(self, name: str, outcome: Outcome) -> None:
        self.answers[outcome.answer] += 1
        self.slowest_s = max(self.slowest_s, outcome.seconds)
        self.peak_mb = max(self.peak_mb, outcome.peak_mb)
        if outcome.fault:
            self.faults.append(f"{name}: {outcome.fault}")


def fuzz(
    n_cases: int,
    number: int = 0,
    keep: Path | None = None,
    zoo: Path = ZOO,
    after_each: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Damaged files on their journey.

    Args:
        number: the seed.
        keep: folder for the files that caused faults.
    """
    tally, start = Tally(), time.perf_counter()
    with Traveler(zoo) as traveler:

        @_generated(n_cases, number)
        @given(damaged_files())
        def run(file: File) -> None:
            _send(traveler, file, tally, keep)
            after_each(tally)

        run()
        tally.kept_mb = traveler.idle_growth_mb()
    tally.seconds = time.perf_counter() - start
    return tally


def bomb(keep: Path | None = None, zoo: Path = ZOO) -> Tally:
    """Every bomb on its journey."""
    files = bombs()
    tally, start = Tally(), time.perf_counter()
    with Traveler(zoo) as traveler:
        for file in files:
            _send(traveler, file, tally, keep)
        tally.kept_mb = traveler.idle_growth_mb()
    tally.seconds = time.perf_counter() - start
    return tally


def _send(traveler: Traveler, file: File, tally: Tally, keep: Path | None) -> None:
    outcome = traveler.send(file)
    name = f"{zlib.crc32(file.data):08x}.{file.kind}"
    tally.add(f"{name} ({file.name[:60]!r}, {len(file.data)} bytes)", outcome)
    if outcome.fault and keep:
        keep.mkdir(exist_ok=True)
        (keep / name).write_bytes(file.data)


def fuzz_irs(n_cases: int, number: int = 0) -> Tally:
    """Changed IRs, as `predict -m` takes them; memory is that of this process."""
    clip = Clip(voices.voice(1.0))
    tally, start, idle_mb = Tally(), time.perf_counter(), resident_mb()
    with tempfile.TemporaryDirectory() as folder:
        xml = Path(folder) / "changed.xml"

        @_generated(n_cases, number)
        @given(changed_irs())
        def run(changed: tuple[str, bytes]) -> None:
            text, weights = changed
            xml.write_text(text, encoding="utf-8")
            xml.with_suffix(".bin").write_bytes(weights)
            began, answer, fault = time.perf_counter(), "answered", ""
            try:
                answer = _answer_of_ir(xml, clip)
            except Exception as error:
                fault = repr(error)
            seconds = time.perf_counter() - began
            name = f"{zlib.crc32(text.encode() + weights):08x}.xml"
            tally.add(name, Outcome(answer, fault, seconds, resident_mb() - idle_mb))

        run()
    tally.seconds, tally.kept_mb = time.perf_counter() - start, resident_mb() - idle_mb
    return tally


def _answer_of_ir(xml: Path, clip: Clip) -> str:
    try:
        recognizer = ForeignRecognizer(xml, limits=_IR_LIMITS)
        try:
            assert recognizer(clip).label
        finally:
            recognizer.close()
    except ModelError as error:
        sentence = str(error).replace(str(xml), "It")
        check_sentence(sentence)
        return sentence
    return "answered"


def _generated(n_cases: int, number: int) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Run a Hypothesis test for this many cases, the same ones for the same seed."""

    def decorate(run: Callable[[], None]) -> Callable[[], None]:
        configure = settings(
            max_examples=n_cases,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        return seed(number)(configure(run))

    return decorate


def table(tallies: Mapping[str, Tally]) -> str:
    """The runs as a Markdown table."""
    lines = [
        "| input | cases | answered | refused with a sentence | faults | seconds | slowest case "
        "| peak memory above idle | kept afterwards |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, tally in tallies.items():
        n_answered, n_faults = tally.answers["answered"], len(tally.faults)
        lines.append(
            f"| {name} | {tally.n_cases} | {n_answered} "
            f"| {tally.n_cases - n_answered - tally.answers['']} | {n_faults} "
            f"| {tally.seconds:.0f} | {tally.slowest_s:.2f} s | {max(tally.peak_mb, 0):.0f} MB "
            f"| {max(tally.kept_mb, 0):.0f} MB |"
        )
    return "\n".join(lines)
