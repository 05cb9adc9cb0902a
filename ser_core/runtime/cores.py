"""How many processor cores this process may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")


def available_cores(cgroups: Path = CGROUPS, cgroup_file: Path = OWN_CGROUPS) -> int:
    """The affinity of the process, and in a container the quota of its cgroups, at least 1.

    OpenVINO counts the host's cores instead, which starves a container of two.

    Args:
        cgroups: where the cgroup file systems are mounted.
        cgroup_file: lists the cgroups of this process.
    """
    affinity = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return max(1, round(min([affinity, *_quotas(cgroups, cgroup_file)])))


def _quotas(cgroups: Path, cgroup_file: Path) -> Iterator[float]:
    """CPU quotas in cores that apply to this process: those of its cgroup and of all parents."""
    for folder in _cpu_cgroups(cgroups, cgroup_file):
        for files in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
            try:
                quota, period = " ".join((folder / name).read_text() for name in files).split()
                if quota not in ("max", "-1"):  # no limit, in version 2 and in version 1
                    yield int(quota) / int(period)
            except (OSError, ValueError, ZeroDivisionError):
                continue


def _cpu_cgroups(cgroups: Path, cgroup_file: Path) -> Iterator[Path]:
    try:
        lines = cgroup_file.read_text().splitlines()
    except OSError:
        lines = []
    # As in `0::/path` (version 2) and `4:cpu,cpuacct:/path` (version 1). A container mostly sees
    # its own cgroup as the root, whatever path stands there, so the root is always looked at.
    paths = {"/"} | {
        line.split(":", 2)[2]
        for line in lines
        if line.count(":") >= 2 and {"", "cpu"} & set(line.split(":")[1].split(","))
    }
    for root in (cgroups, cgroups / "unified", cgroups / "cpu", cgroups / "cpu,cpuacct"):
        folders = {root / path.strip("/") for path in paths}
        yield from {
            above for f in folders for above in (f, *f.parents) if above.is_relative_to(root)
        }
