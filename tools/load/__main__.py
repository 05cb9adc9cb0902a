"""A load test: real sessions on a real server, each with its own clips: `make load`.

Prints the results and a block for docs/reliability.md. Exit status 1 if a prediction was wrong,
something leaked between sessions, the median wait grew out of proportion, or memory grew.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

from ser_core.models.zoo import ZOO
from ser_core.runtime.cores import available_cores
from tools.load.run import Crowd, Long, cold_start, crowd, many
from tools.server import running_server

MAX_MB_PER_100 = 2.0  # leaking each clip takes 8; the allocator varies by 3 MB over 250
MEASURED = 1.1  # in proportion, plus the variation of such times
PORT = 8631


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 5, 20])
    parser.add_argument("--analyses", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", help="run the server on these alone, such as 0 or 0,1")
    args = parser.parse_args()
    before = ["taskset", "-c", args.cores] if args.cores else []
    with tempfile.TemporaryDirectory() as folder:
        log, zoo = Path(folder) / "log", Path(folder) / "zoo"
        shutil.copytree(ZOO, zoo)  # a model that changes meanwhile would look like a wrong result
        with running_server(zoo, log, PORT, before) as server:
            healthy_s, page_s = cold_start(server)
            print(f"cold start: healthy after {healthy_s:.1f} s, first page after {page_s:.1f} s")
            crowd(server, 1, zoo)  # the models of the others are compiled from here on
            before_mb = server.rss_mb()
            crowds: dict[int, Crowd] = {}
            # Several rounds, so that a busier moment of the machine affects all of them.
            for _ in range(args.rounds):
                for n_visitors in args.visitors:
                    result = crowd(server, n_visitors, zoo)
                    crowds[n_visitors] = result + crowds.get(n_visitors)
                    print(f"{n_visitors} at once: median {result.median_s:.2f} s", flush=True)
            long = many(server, args.analyses, zoo=zoo, say=_say)
        log_text = log.read_text()
    faults = [fault for part in (*crowds.values(), long) for fault in part.faults]
    faults += [line for line in log_text.splitlines() if "Error" in line or "Traceback" in line]
    faults += _grown(list(crowds.values()), long)
    print(*faults[:20], sep="\n")
    print(
        f"\n`make load`, {time.strftime('%Y-%m-%d')}, {platform.machine()}, "
        f"{args.cores or available_cores()} cores\n"
    )
    print(_table(list(crowds.values()), long, before_mb, healthy_s, page_s, len(faults)))
    return bool(faults)


def _say(n: int, rss_mb: float) -> None:
    if n % 50 == 0:
        print(f"{n} analyses: {rss_mb:.0f} MB", flush=True)


def _grown(crowds: list[Crowd], long: Long) -> list[str]:
    """What grew too much, in sentences."""
    alone = crowds[0]
    faults = [
        f"{c.n_visitors} at once wait {c.median_s / alone.median_s:.1f} times as long as "
        f"{alone.n_visitors}"
        for c in crowds
        if c.median_s / alone.median_s > MEASURED * c.n_visitors / alone.n_visitors
    ]
    if long.mb_per_100 > MAX_MB_PER_100:
        faults.append(f"memory grows by {long.mb_per_100:.1f} MB per 100 analyses")
    return faults


def _table(
    crowds: list[Crowd],
    long: Long,
    before_mb: float,
    healthy_s: float,
    page_s: float,
    n_faults: int,
) -> str:
    lines = [
        "| people at once | analyses | median wait | longest wait | median wait / that of one "
        "| memory of the server |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {c.n_visitors} | {len(c.waits_s)} | {c.median_s:.2f} s | {max(c.waits_s):.2f} s "
        f"| {c.median_s / crowds[0].median_s:.1f} | {c.rss_mb:.0f} MB |"
        for c in crowds
    ]
    most = crowds[-1]
    per_session = (most.rss_mb - before_mb) / most.n_visitors
    lines += [
        "",
        f"Cold start: healthy after {healthy_s:.1f} s, a first whole page (model compiled, sample "
        f"voice answered) after {page_s:.1f} s. Before the crowd the server took "
        f"{before_mb:.0f} MB; each of {most.n_visitors} sessions added {per_session:.1f} MB. "
        f"{len(long.rss_mb)} analyses of 5 sessions in {long.seconds:.0f} s: from "
        f"{long.rss_mb[0]:.0f} to {long.rss_mb[-1]:.0f} MB, {long.mb_per_100:+.2f} MB per 100 "
        f"analyses in the second half. Faults (wrong or foreign answers, errors in the log): "
        f"{n_faults}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
