"""Twenty minutes of live recognition: do memory and lag stay flat?

    make soak
    python -m tools.soak --minutes 20 --models 3 --core 0

Plays a synthetic voice to the live engine in real time, as WebRTC would (20 ms of 48 kHz stereo,
16 bit), takes a snapshot four times per second, as the page does, and prints a line every ten
seconds. Exit status 1 if memory or lag grow, or one window in a hundred is lost.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import MAX_DURATION_S
from ser_core.live.stream import Stream
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import list_models, load_model
from tools import voices

RATE, CHUNK = 48_000, 960
MAX_GROWTH_MB_PER_MINUTE = 0.2
MAX_LAG_GROWTH_MS_PER_MINUTE = 2.0
MAX_LOST_SHARE = 0.01


class Sample(NamedTuple):
    """The state at one time; memory without that of the 10-minute recording."""

    time_s: float
    rss_mb: float
    lag_ms: float
    n_lost: int


class Report(NamedTuple):
    """Slopes over the second half, when every buffer but the recording is full."""

    samples: list[Sample]
    rss_mb_per_minute: float
    lag_ms_per_minute: float
    median_lag_ms: float
    highest_lag_ms: float
    n_lost: int
    cpu_share: float

    @property
    def flat(self) -> bool:
        return (
            self.rss_mb_per_minute < MAX_GROWTH_MB_PER_MINUTE
            and self.lag_ms_per_minute < MAX_LAG_GROWTH_MS_PER_MINUTE
            and self.n_lost < MAX_LOST_SHARE * 4 * self.samples[-1].time_s
        )


def soak(
    recognizers: Mapping[str, Recognizer],
    duration_s: float,
    every_s: float = 10.0,
    say: bool = False,
) -> Report:
    """Run a stream in real time and measure it."""
    frames = _frames()
    for recognizer in recognizers.values():
        recognizer(Clip(voices.voice(3.0)))  # the first inference allocates memory
    stream = Stream(recognizers)
    samples: list[Sample] = []
    begin, cpu_begin = time.perf_counter(), time.process_time()
    n_chunks, last_end_s, next_snapshot_s = 0, 0.0, 0.0
    lags_ms: list[float] = []
    while (elapsed_s := time.perf_counter() - begin) < duration_s:
        due = int(elapsed_s * RATE / CHUNK)
        for _ in range(due - n_chunks):
            stream.push(frames[n_chunks % len(frames)], RATE)
            n_chunks += 1
        if elapsed_s >= next_snapshot_s:
            next_snapshot_s += 0.25
            snapshot = stream.snapshot()
            lags_ms += [m.lag_ms for m in snapshot.moments if m.end_s > last_end_s]
            last_end_s = snapshot.moments[-1].end_s if snapshot.moments else 0.0
            if elapsed_s >= (len(samples) + 1) * every_s and lags_ms:
                recorded_mb = 2 * 16_000 * min(snapshot.duration_s, MAX_DURATION_S) / 2**20
                samples.append(
                    Sample(
                        elapsed_s,
                        _rss_mb() - recorded_mb,
                        float(np.median(lags_ms)),
                        snapshot.n_dropped + snapshot.n_skipped,
                    )
                )
                if say:
                    print(
                        f"{elapsed_s:6.0f} s  memory {_rss_mb():6.1f} MB  "
                        f"lag median {np.median(lags_ms):5.1f} ms, highest {max(lags_ms):5.1f} ms  "
                        f"lost {samples[-1].n_lost}",
                        flush=True,
                    )
                lags_ms = []
        time.sleep(0.005)
    cpu_share = (time.process_time() - cpu_begin) / duration_s
    stream.stop()
    all_lags_ms = [m.lag_ms for m in stream.snapshot().moments]
    half = samples[len(samples) // 2 :]
    times = [s.time_s / 60 for s in half]
    return Report(
        samples,
        float(np.polyfit(times, [s.rss_mb for s in half], 1)[0]),
        float(np.polyfit(times, [s.lag_ms for s in half], 1)[0]),
        float(np.median(all_lags_ms)),
        max(all_lags_ms),
        samples[-1].n_lost,
        cpu_share,
    )


def _frames() -> list[np.ndarray]:
    """Half a minute of a voice with pauses, as WebRTC frames."""
    parts = []
    for seed, pitch_hz in enumerate((100, 160, 240)):
        parts += [voices.voice(6.0, pitch_hz, rate=RATE, seed=seed), voices.noise(4.0, RATE, 1e-3)]
    waveform = np.concatenate(parts)
    stereo = np.round(32767 * np.stack([waveform, waveform], axis=1)).astype(np.int16)
    return np.split(stereo, len(stereo) // CHUNK)


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _recognizers(n_models: int) -> dict[str, Recognizer]:
    """The first models of the zoo in every precision, main model first."""
    pairs = [(card, p) for card in list_models() for p in card.precisions][:n_models]
    return {f"{card.name} {p}": load_model(card.name, p) for card, p in pairs}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--models", type=int, default=3)
    parser.add_argument("--core", type=int, help="run on this processor core alone")
    args = parser.parse_args()
    if args.core is not None:
        os.sched_setaffinity(0, {args.core})
    recognizers = _recognizers(args.models)
    print(", ".join(recognizers))
    report = soak(recognizers, 60 * args.minutes, say=True)
    print(
        f"memory {report.rss_mb_per_minute:+.3f} MB per minute (less the recording), "
        f"lag {report.lag_ms_per_minute:+.2f} ms per minute, median {report.median_lag_ms:.0f} ms, "
        f"highest {report.highest_lag_ms:.0f} ms; {report.n_lost} lost; "
        f"{report.cpu_share:.0%} of one core"
    )
    return 0 if report.flat else 1


if __name__ == "__main__":
    sys.exit(main())
