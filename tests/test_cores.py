"""Thread counts follow the container, not the host."""

import os

import pytest

from ser_core.cores import available_cores


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("50000 100000", 1), ("100000 100000", 1), ("max 100000", 6), ("300000 100000", 3)],
)
def test_cores_follow_the_quota_of_the_cgroup(tmp_path, monkeypatch, quota, cores):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))
    (tmp_path / "cpu.max").write_text(quota + "\n")
    assert available_cores(tmp_path / "cpu.max") == cores


def test_without_a_cgroup_the_affinity_counts(tmp_path):
    assert available_cores(tmp_path / "nothing") == len(os.sched_getaffinity(0))
