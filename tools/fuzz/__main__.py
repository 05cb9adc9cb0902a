"""Thousands of damaged and hostile files through the app: `make fuzz`, `make fuzz CASES=20000`.

Prints a line for each thousand cases, the faults, and the rows for docs/reliability.md. The same
seed gives the same cases. Exit status 1 if there was a fault; the files that caused it are then
in `fuzz-faults/`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tools.fuzz.run import Tally, bomb, fuzz, fuzz_irs, table

FAULTS = Path("fuzz-faults")
IR_SHARE = 0.02  # of the cases; each one starts a process


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    def say(tally: Tally) -> None:
        if tally.n_cases % 1000 == 0:
            print(f"{tally.n_cases} cases, {len(tally.faults)} faults", flush=True)

    tallies = {
        "damaged audio, pictures, archives": fuzz(args.cases, args.seed, FAULTS, after_each=say),
        "decompression bombs": bomb(FAULTS),
        "changed IRs": fuzz_irs(round(IR_SHARE * args.cases), args.seed),
    }
    for tally in tallies.values():
        for fault in tally.faults:
            print(fault)
    print(f"\n`make fuzz CASES={args.cases}`, {time.strftime('%Y-%m-%d')}\n")
    print(table(tallies))
    return any(tally.faults for tally in tallies.values())


if __name__ == "__main__":
    sys.exit(main())
