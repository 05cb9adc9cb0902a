"""Thread counts follow the container, not the host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import openvino as ov
import pytest

from ser_core.inference.network import LocalNetwork
from ser_core.runtime.cores import available_cores
from tools import tiny_model


@pytest.fixture
def six_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(6)))


def cgroups(folder: Path, files: dict[str, str], cgroup_path: str) -> tuple[Path, Path]:
    """A tree as the kernel shows it under /sys/fs/cgroup, and a /proc/self/cgroup."""
    for name, text in files.items():
        path = folder / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    (folder / "own").write_text(cgroup_path + "\n")
    return folder / "cgroup", folder / "own"


# quota in cores -> threads, on a host of six
QUOTAS = [(50_000, 1), (100_000, 1), (180_000, 2), (300_000, 3), (900_000, 6)]


@pytest.mark.parametrize(("quota", "cores"), QUOTAS)
def test_cores_follow_the_quota_of_a_container_with_cgroup_version_2(
    tmp_path: Path, six_cores: None, quota: int, cores: int
):
    tree = cgroups(tmp_path, {"cpu.max": f"{quota} 100000"}, "0::/")
    assert available_cores(*tree) == cores


@pytest.mark.parametrize("controller", ["cpu", "cpu,cpuacct"])
@pytest.mark.parametrize(("quota", "cores"), QUOTAS)
def test_cores_follow_the_quota_of_a_container_with_cgroup_version_1(
    tmp_path: Path, six_cores: None, quota: int, cores: int, controller: str
):
    files = {"cpu.cfs_quota_us": str(quota), "cpu.cfs_period_us": "100000"}
    tree = cgroups(
        tmp_path,
        {f"{controller}/{name}": text for name, text in files.items()},
        # Without a namespace of its own, a container sees the path of the host.
        f"9:name=systemd:/docker/1f\n4:{controller}:/docker/1f\n0::/docker/1f",
    )
    assert available_cores(*tree) == cores


def test_the_quota_of_a_cgroup_above_holds_too(tmp_path: Path, six_cores: None):
    files = {"cpu.max": "max 100000", "pod/cpu.max": "200000 100000"}
    tree = cgroups(tmp_path, files | {"pod/app/cpu.max": "400000 100000"}, "0::/pod/app")
    assert available_cores(*tree) == 2


def test_the_quota_of_a_neighbor_does_not_hold(tmp_path: Path, six_cores: None):
    files = {"cpu.max": "max 100000", "other/cpu.max": "100000 100000", "app/cpu.max": "max 100000"}
    assert available_cores(*cgroups(tmp_path, files, "0::/app")) == 6


@pytest.mark.parametrize(
    "files",
    [
        {"cpu.max": "max 100000"},
        {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
        {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "0"},
        {"cpu/cpu.cfs_quota_us": "100000"},
        {"cpu.max": ""},
        {"cpu.max": "much"},
        {},
    ],
)
def test_without_a_quota_the_affinity_counts(
    tmp_path: Path, six_cores: None, files: dict[str, str]
):
    assert available_cores(*cgroups(tmp_path, files, "4:cpu:/\n0::/")) == 6


def test_without_cgroups_the_affinity_counts(tmp_path: Path, six_cores: None):
    assert available_cores(tmp_path / "nothing", tmp_path / "nothing") == 6


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs Linux")
def test_a_process_that_is_bound_to_one_core_uses_one():
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
    code += "from ser_core.runtime.cores import available_cores; print(available_cores())"
    root = Path(__file__).parents[2]
    assert subprocess.check_output([sys.executable, "-c", code], cwd=root) == b"1\n"


def test_openvino_gets_as_many_threads_as_there_are_cores(monkeypatch: pytest.MonkeyPatch):
    properties: dict[str, object] = {}
    compile_model = ov.Core.compile_model

    def compile_and_look(core: ov.Core, model: ov.Model, device: str, options: dict):
        compiled = compile_model(core, model, device, options)
        properties["threads"] = compiled.get_property("INFERENCE_NUM_THREADS")
        return compiled

    monkeypatch.setattr(ov.Core, "compile_model", compile_and_look)
    monkeypatch.setattr("ser_core.inference.network.available_cores", lambda: 1)
    LocalNetwork(tiny_model.network())
    assert properties["threads"] == 1
