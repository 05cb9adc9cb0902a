"""How long everything takes: every shipped model in every precision, from bytes to probabilities.

Tasks take turns, so that a busy moment of the machine affects all of them alike and their ratios
hold. PyTorch, ONNX Runtime and the 2020 pipeline come from `ser_core.training.rivals`.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import openvino as ov
import soundfile
import soxr

from ser_core.audio.clip import Clip
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import Spectrogram
from ser_core.inference.network import compile_options
from ser_core.models.card import ModelCard
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import ZOO, checked_ir, list_models
from ser_core.runtime.cores import available_cores
from ser_core.runtime.places import DATA, IMPORT_ROOT, SAMPLES

OPENVINO = "OpenVINO"
FRONT_END = "front end"
"""Takes the place of the model in timings of the front end alone."""
_TURN = 3  # timed calls per turn
# Untimed calls before them, for this long: the first ones find the caches full of the previous
# task, which would double a path of 1 ms and leave one of 50 ms unchanged.
_WARM_UP_S = 0.02
_THROUGHPUT_S = 0.5
_COMPILATIONS = 3
_PUBLISHED = DATA / "benchmark.json"

Progress = Callable[[int, int], None]


class Timing(msgspec.Struct, frozen=True):
    """One figure of the table: median and 90th percentile in ms, batch 1.

    Attributes:
        runtime: the software, such as OpenVINO or PyTorch.
        stage: `path` (bytes to probabilities), of which `decode`, `features` and `network` (all
            windows) are parts; `inference` (one model window); `log_mel` (without level and
            windows), `resample`, `compile`, `compile_cached`; `throughput` (per model window,
            with asynchronous requests).
    """

    model: str
    precision: str
    runtime: str
    stage: str
    median_ms: float
    p90_ms: float


@dataclass(frozen=True)
class Task:
    """Something to time.

    Attributes:
        run: does it once; returns the stages that it timed itself, in ms, if any.
    """

    model: str
    precision: str
    runtime: str
    stage: str
    run: Callable[[], Mapping[str, float] | None]


class Machine(msgspec.Struct, frozen=True):
    """The machine of the benchmark; versions by package."""

    cpu: str
    cores: int
    threads: int
    versions: dict[str, str]


class Benchmark(msgspec.Struct, frozen=True):
    """Everything that was measured; its fields are those of the JSON.

    Attributes:
        ratios: how many times slower the first is than the second, by medians.
        rss_mb: peak memory of a process with every shipped IR compiled; None if unknown.
    """

    machine: Machine
    rows: list[Timing]
    ratios: dict[str, float]
    rss_mb: float | None

    def to_json(self) -> str:
        return json.dumps(msgspec.to_builtins(self), indent=1)

    @property
    def path_2020_ms(self) -> float | None:
        """From bytes to probabilities with the 2020 pipeline; None if it was not timed."""
        of_2020 = (row.median_ms for row in self.rows if (row.model, row.stage) == ("2020", "path"))
        return next(of_2020, None)


def published_run() -> Benchmark:
    """The last run that was published, with the rivals that an app does without."""
    return msgspec.json.decode(_PUBLISHED.read_bytes(), type=Benchmark)


def measure(
    cards: Sequence[ModelCard],
    wav: bytes,
    threads: int | None = None,
    rounds: int = 20,
    rivals: Sequence[Task] = (),
    progress: Progress = lambda done, total: None,
    zoo: Path = ZOO,
) -> Benchmark:
    """Time models of the zoo, and what to compare them with.

    Args:
        cards: the models, in all their precisions; the ratios are about the first one.
        wav: an audio file in memory.
        threads: threads per inference; by default all cores this process may use.
        rounds: turns of each task; a turn has warm-up calls and three timed ones.
        rivals: further tasks, such as the same network in PyTorch.
        progress: called with (steps done, all steps).
    """
    threads = threads or available_cores()
    files = [
        (card, precision, checked_ir(card, precision, zoo))
        for card in cards
        for precision in card.precisions
    ]
    steps = rounds + len(files) + 1
    tasks = [task for file in files for task in _model_tasks(*file, wav, threads)]
    rows = race(
        [*tasks, *_front_end_tasks(cards[0].features, wav), *rivals],
        rounds,
        lambda done, total: progress(done, steps),
    )
    for done, (card, precision, xml) in enumerate(files, start=rounds + 1):
        rows += _compile_rows(card.name, precision, xml, threads)
        rows.append(_throughput_row(card, precision, xml, threads))
        progress(done, steps)
    shipped = [checked_ir(c, kind, zoo) for c in list_models(zoo) for kind in c.files]
    rss_mb = memory_mb(shipped)
    progress(steps, steps)
    return Benchmark(machine(threads), rows, ratios(rows, *_compared(cards)), rss_mb)


def race(
    tasks: Sequence[Task], rounds: int, progress: Progress = lambda done, total: None
) -> list[Timing]:
    """Time tasks in turns: each round gives every task one turn."""
    times: dict[tuple[str, str, str, str], list[float]] = {}
    for done in range(1, rounds + 1):
        for task in tasks:
            _warm_up(task)
            for _ in range(_TURN):
                start = time.perf_counter()
                stages = task.run() or {}
                stages = {**stages, task.stage: 1000 * (time.perf_counter() - start)}
                for stage, ms in stages.items():
                    key = (task.model, task.precision, task.runtime, stage)
                    times.setdefault(key, []).append(ms)
        progress(done, rounds)
    return [_row(*key, times_ms) for key, times_ms in times.items()]


def _warm_up(task: Task) -> None:
    end = time.perf_counter() + _WARM_UP_S
    task.run()
    while time.perf_counter() < end:
        task.run()


def _row(model: str, precision: str, runtime: str, stage: str, times_ms: list[float]) -> Timing:
    median, p90 = np.quantile(times_ms, (0.5, 0.9))
    return Timing(model, precision, runtime, stage, round(float(median), 4), round(float(p90), 4))


def _model_tasks(
    card: ModelCard, precision: str, xml: Path, wav: bytes, threads: int
) -> list[Task]:
    recognizer = Recognizer(xml, card, precision, threads=threads)
    window = first_input(wav, card)

    def path() -> Mapping[str, float]:
        latency_ms = recognizer(Clip.from_bytes(wav)).latency_ms
        parts = {"decode": "decode", "features": "features", "network": "inference"}
        return {stage: latency_ms[part] for stage, part in parts.items()}

    def inference() -> None:
        recognizer.infer(window)

    return [
        Task(card.name, precision, OPENVINO, "path", path),
        Task(card.name, precision, OPENVINO, "inference", inference),
    ]


def _front_end_tasks(settings: LogMel, wav: bytes) -> list[Task]:
    waveform = Clip.from_bytes(wav).waveform
    at_48_khz = soxr.resample(waveform, settings.sample_rate, 48_000)

    def log_mel() -> None:
        settings(waveform)

    def resample() -> None:
        soxr.resample(at_48_khz, 48_000, settings.sample_rate, quality="VHQ")

    return [
        Task(FRONT_END, "FP32", "SciPy", "log_mel", log_mel),
        Task(FRONT_END, "FP32", "soxr", "resample", resample),
    ]


def first_input(wav: bytes, card: ModelCard) -> np.ndarray:
    """The network input for a file's first model window."""
    spectrogram = Spectrogram.of(Clip.from_bytes(wav), card.features)
    return spectrogram.network_inputs(card.signature.n_frames)[0][1]


def _compile_rows(model: str, precision: str, xml: Path, threads: int) -> list[Timing]:
    """Time to read and compile an IR, without and with OpenVINO's cache of compiled models."""
    times: dict[str, list[float]] = {"compile": [], "compile_cached": []}
    options = compile_options(threads=threads)
    with tempfile.TemporaryDirectory() as cache:
        ov.Core().compile_model(xml, "CPU", options | {"CACHE_DIR": cache})
        for _ in range(_COMPILATIONS):
            for stage, more in (("compile", {}), ("compile_cached", {"CACHE_DIR": cache})):
                start = time.perf_counter()
                ov.Core().compile_model(xml, "CPU", options | more)
                times[stage].append(1000 * (time.perf_counter() - start))
    return [_row(model, precision, OPENVINO, stage, ms) for stage, ms in times.items()]


def _throughput_row(card: ModelCard, precision: str, xml: Path, threads: int) -> Timing:
    """Time per model window with a request in flight for each thread, and one waiting."""
    options = compile_options(threads=threads, streams=threads)
    compiled = ov.Core().compile_model(xml, "CPU", options)
    queue = ov.AsyncInferQueue(compiled, 2 * threads)
    window = np.zeros((1, 1, card.features.n_mels, card.window.n_frames), np.float32)
    times_ms: list[float] = []
    end = time.perf_counter() + _THROUGHPUT_S
    n_batch = 8 * threads
    while time.perf_counter() < end or len(times_ms) < 2:
        start = time.perf_counter()
        for _ in range(n_batch):
            queue.start_async([window], share_inputs=False)
        queue.wait_all()
        times_ms.append(1000 * (time.perf_counter() - start) / n_batch)
    return _row(card.name, precision, OPENVINO, "throughput", times_ms[1:])


_HOLD_ALL = """
import sys
import numpy as np
from ser_core.inference.network import compile_options
import openvino as ov
held = []
for xml in sys.argv[1:]:
    core = ov.Core()
    compiled = core.compile_model(core.read_model(xml), "CPU", compile_options())
    request = compiled.create_infer_request()
    request.infer([np.zeros(compiled.input(0).shape, np.float32)], share_inputs=False)
    held.append((compiled, request))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def memory_mb(irs: Sequence[Path]) -> float | None:
    """Peak memory in MB of a process that has compiled all these IRs and run each once.

    None where it is not available (it is read from Linux's /proc).
    """
    process = subprocess.run(
        [sys.executable, "-c", _HOLD_ALL, *(str(xml.resolve()) for xml in irs)],
        capture_output=True,
        text=True,
        cwd=IMPORT_ROOT,
    )
    return round(int(process.stdout) * 1024 / 1e6, 1) if process.returncode == 0 else None


def machine(threads: int) -> Machine:
    """Processor, cores, threads and package versions."""
    names = ("openvino", "numpy", "scipy", "soundfile", "soxr", "torch", "onnxruntime", "librosa")
    versions = {"python": platform.python_version()}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return Machine(_cpu_name(), available_cores(), threads, versions)


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _compared(cards: Sequence[ModelCard]) -> tuple[str, str]:
    """Names of the main model and of the small one that comes in FP32; main, where none does."""
    main = cards[0].name
    small = (c.name for c in cards if c.role == "small" and "FP32" in c.files)
    return main, next(small, main)


def ratios(rows: Sequence[Timing], main: str, small: str) -> dict[str, float]:
    """Speed ratios by name; those that were not timed are left out.

    Args:
        main, small: models. PyTorch and FP32 are compared with on the small one, since a large
            main model does not come in FP32.
    """
    medians = {(r.model, r.precision, r.runtime, r.stage): r.median_ms for r in rows}
    compared = {
        "path_2020_over_main_int8": (
            ("2020", "FP32", "PyTorch", "path"),
            (main, "INT8", OPENVINO, "path"),
        ),
        "path_2020_over_small_int8": (
            ("2020", "FP32", "PyTorch", "path"),
            (small, "INT8", OPENVINO, "path"),
        ),
        "torch_over_openvino_fp32": (
            (small, "FP32", "PyTorch", "inference"),
            (small, "FP32", OPENVINO, "inference"),
        ),
        "fp32_over_int8": (
            (small, "FP32", OPENVINO, "inference"),
            (small, "INT8", OPENVINO, "inference"),
        ),
        "librosa_over_front_end": (
            (FRONT_END, "FP32", "librosa", "log_mel"),
            (FRONT_END, "FP32", "SciPy", "log_mel"),
        ),
    }
    return {
        name: round(medians[slow] / medians[fast], 2)
        for name, (slow, fast) in compared.items()
        if slow in medians and fast in medians
    }


def spoken_wav(duration_s: float = 4.0, sounding_s: float = 2.0) -> bytes:
    """A 16 kHz WAV laid out like a clip of RAVDESS: faint noise, in the middle a sample voice.

    2 s of speech in 4 s is typical there; the content makes no difference to the time.
    """
    rate = 16_000
    waveform = 1e-4 * np.random.default_rng(0).standard_normal(round(duration_s * rate))
    start, stop = (round((duration_s + side * sounding_s) / 2 * rate) for side in (-1, 1))
    waveform[start:stop] += Clip.from_file(SAMPLES / "plain.flac").waveform[: stop - start]
    file = io.BytesIO()
    soundfile.write(file, waveform, rate, format="WAV")
    return file.getvalue()


def markdown(result: Benchmark) -> str:
    """The benchmark as Markdown for a README."""
    stages = ("decode", "features", "inference", "path")
    timings: dict[tuple[str, str, str], dict[str, Timing]] = {}
    for row in result.rows:
        timings.setdefault((row.model, row.precision, row.runtime), {})[row.stage] = row
    host = result.machine
    versions = ", ".join(f"{name} {version}" for name, version in host.versions.items())
    lines = [
        f"{host.cpu}, {host.threads} of {host.cores} cores; {versions}. Milliseconds, "
        "batch 1: median (90th percentile).",
        "",
        "| model | precision | runtime | " + " | ".join(stages) + " |",
        "|---|---|---|" + "---|" * len(stages),
    ]
    for (model, precision, runtime), by_stage in timings.items():
        if model != FRONT_END:
            cells = " | ".join(_cell(by_stage.get(stage)) for stage in stages)
            lines.append(f"| {model} | {precision} | {runtime} | {cells} |")
    lines += [
        "",
        "| model | precision | compile | from cache | windows per second |",
        "|---|---|---|---|---|",
    ]
    for (model, precision, _), by_stage in timings.items():
        if "throughput" in by_stage:
            cells = " | ".join(_cell(by_stage[stage]) for stage in ("compile", "compile_cached"))
            per_s = 1000 / by_stage["throughput"].median_ms
            lines.append(f"| {model} | {precision} | {cells} | {per_s:.0f} |")
    lines += ["", "| front end alone | runtime | time |", "|---|---|---|"]
    for (model, _, runtime), by_stage in timings.items():
        if model == FRONT_END:
            lines += [f"| {s} | {runtime} | {_cell(row)} |" for s, row in by_stage.items()]
    lines += ["", *(f"- {_RATIO_SENTENCES[name]}: {x:.1f}" for name, x in result.ratios.items())]
    if result.rss_mb is not None:
        lines.append(f"- Peak memory with every IR compiled: {result.rss_mb:.0f} MB")
    lines += [f"- {sentence}" for sentence in slower_in_8_bits(result.rows)]
    return "\n".join(lines)


_RATIO_SENTENCES = {
    "path_2020_over_main_int8": "2020 pipeline over the main model in INT8, whole path",
    "path_2020_over_small_int8": "2020 pipeline over the small model in INT8, whole path",
    "torch_over_openvino_fp32": "PyTorch over OpenVINO, inference of the small model in FP32",
    "fp32_over_int8": "FP32 over INT8, inference of the small model",
    "librosa_over_front_end": "librosa over our log-mel",
}


def slower_in_8_bits(rows: Sequence[Timing]) -> list[str]:
    """A sentence for each model whose inference is slower in INT8 than in FP32."""
    times = {
        (r.model, r.precision): r.median_ms
        for r in rows
        if r.runtime == OPENVINO and r.stage == "inference"
    }
    return [
        f"{model} is slower in INT8 than in FP32: {ms:.2f} against {times[model, 'FP32']:.2f} ms."
        for (model, precision), ms in times.items()
        if precision == "INT8" and ms > times.get((model, "FP32"), ms)
    ]


def _cell(row: Timing | None) -> str:
    return "" if row is None else f"{row.median_ms:.2f} ({row.p90_ms:.2f})"
