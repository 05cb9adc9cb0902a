"""The zoo as the model repository of an inference server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import openvino as ov
import pytest

from ser_core.inference.network import NetworkOutput, compile_options
from ser_core.models.card import PRECISIONS
from ser_core.models.recognizer import ModelError
from ser_core.models.zoo import list_models, sha256
from ser_core.serving import export
from tests.v2_server import V2Server
from tools import tiny_model

ROOT = Path(__file__).parent.parent


def served(repository: Path) -> dict[str, dict]:
    """The entries of a repository's configuration by name."""
    config = json.loads((repository / "config.json").read_text())
    assert set(config) == {"model_config_list"}
    return {entry["config"]["name"]: entry["config"] for entry in config["model_config_list"]}


def test_every_model_is_served_in_every_precision_under_a_lasting_name(tmp_path: Path):
    cards = list_models()
    names = export(cards, tmp_path, PRECISIONS)
    assert "se-resnet-int8" in names
    assert sorted(names) == sorted(f"{c.name}-{p.lower()}" for c in cards for p in c.precisions)
    assert list(served(tmp_path)) == sorted(names)


def test_the_files_are_those_of_the_card(tiny_zoo: Path, tmp_path: Path):
    cards = list_models(tiny_zoo)
    export(cards, tmp_path, PRECISIONS, tiny_zoo)
    for card in cards:
        for precision, files in card.files.items():
            folder = tmp_path / f"{card.name}-{precision.lower()}" / "1"
            assert sorted(path.name for path in folder.iterdir()) == ["model.bin", "model.xml"]
            assert sha256(folder / "model.xml") == files.sha256.xml
            assert sha256(folder / "model.bin") == files.sha256.bin


def test_the_configuration_finds_its_models_wherever_the_repository_lies(
    tiny_zoo: Path, tmp_path: Path
):
    export(list_models(tiny_zoo), tmp_path / "here", ["INT8"], tiny_zoo)
    moved = (tmp_path / "here").rename(tmp_path / "there")
    for name, config in served(moved).items():
        assert config["base_path"] == name
        assert (moved / config["base_path"] / "1" / "model.xml").is_file()


def test_a_server_is_configured_to_compute_as_the_app_does(tiny_zoo: Path, tmp_path: Path):
    export(list_models(tiny_zoo), tmp_path, ["FP32"], tiny_zoo)
    for config in served(tmp_path).values():
        assert config["plugin_config"].items() <= compile_options().items()
        xml = tmp_path / config["base_path"] / "1" / "model.xml"
        compiled = ov.Core().compile_model(xml, "CPU", config["plugin_config"])
        assert compiled.get_property("INFERENCE_PRECISION_HINT") == ov.Type.f32


def test_each_tensor_has_one_name_for_the_protocol(tmp_path: Path):
    # A server would have to choose between several.
    export(list_models(), tmp_path, PRECISIONS)
    for xml in tmp_path.glob("*/1/model.xml"):
        model = ov.Core().read_model(xml)
        assert [port.get_names() for port in model.inputs] == [{"log_mel"}]
        assert [port.get_names() for port in model.outputs] == [{f} for f in NetworkOutput._fields]


def test_exporting_again_changes_nothing(tiny_zoo: Path, tmp_path: Path):
    def listing() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in tmp_path.glob("*/**/*")}

    export(list_models(tiny_zoo), tmp_path, PRECISIONS, tiny_zoo)
    before = listing()
    export(list_models(tiny_zoo), tmp_path, PRECISIONS, tiny_zoo)
    assert listing() == before


def test_a_changed_model_becomes_a_new_version_that_answers(own_zoo: Path, tmp_path: Path):
    out = tmp_path / "out"
    export(list_models(own_zoo), out, ["FP32"], own_zoo)
    old = (out / "tiny-fp32" / "1" / "model.bin").read_bytes()
    tiny_model.write_model(own_zoo, "tiny", "main", task="negative-5")
    export(list_models(own_zoo), out, ["FP32"], own_zoo)
    assert sorted(path.name for path in (out / "tiny-fp32").iterdir()) == ["1", "2"]
    assert (out / "tiny-fp32" / "1" / "model.bin").read_bytes() == old
    assert [path.name for path in (out / "tiny-mirrored-fp32").iterdir()] == ["1"]
    with V2Server(out) as server:
        assert list(server.models["tiny-fp32"].output("logits").shape) == [1, 5]


def test_after_nine_versions_comes_the_tenth(own_zoo: Path, tmp_path: Path):
    card = list_models(own_zoo)[:1]
    for version in range(1, 12):
        task = ("emotions-8", "negative-5")[version % 2]
        card = [tiny_model.write_model(own_zoo, "tiny", "main", task)]
        export(card, tmp_path / "out", ["FP32"], own_zoo)
    versions = sorted(int(path.name) for path in (tmp_path / "out" / "tiny-fp32").iterdir())
    assert versions == list(range(1, 12))


def test_an_interrupted_export_leaves_no_version(tiny_zoo: Path, tmp_path: Path):
    (tmp_path / "tiny-fp32" / "unfinished").mkdir(parents=True)
    (tmp_path / "tiny-fp32" / "unfinished" / "model.xml").write_text("half")
    export(list_models(tiny_zoo), tmp_path, ["FP32"], tiny_zoo)
    assert [path.name for path in (tmp_path / "tiny-fp32").iterdir()] == ["1"]


def test_models_that_are_not_asked_for_stay(tiny_zoo: Path, tmp_path: Path):
    cards = list_models(tiny_zoo)
    export(cards[:1], tmp_path, ["INT8"], tiny_zoo)
    assert export(cards[1:], tmp_path, ["FP32"], tiny_zoo) == ["tiny-mirrored-fp32"]
    assert list(served(tmp_path)) == ["tiny-int8", "tiny-mirrored-fp32"]


def test_a_damaged_model_is_not_exported(own_zoo: Path, tmp_path: Path):
    weights = own_zoo / "tiny" / "int8.bin"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x00\x01")
    with pytest.raises(ModelError, match=r"int8\.bin of tiny is damaged"):
        export(list_models(own_zoo), tmp_path / "out", PRECISIONS, own_zoo)
    assert not (tmp_path / "out" / "tiny-int8").exists()


# --- the command -------------------------------------------------------------------------------


def run(tiny_zoo: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ser_core", "export-serving", *map(str, words)],
        cwd=ROOT,
        env=os.environ | {"SER_ZOO": str(tiny_zoo), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_writes_all_and_prints_the_names(tiny_zoo: Path, tmp_path: Path):
    done = run(tiny_zoo, "--out", tmp_path / "models")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 6
    assert sorted(done.stdout.split()) == list(served(tmp_path / "models"))
    assert "SER_INFERENCE_URL" in done.stderr


def test_the_command_takes_only_what_is_asked_for(tiny_zoo: Path, tmp_path: Path):
    done = run(tiny_zoo, "--out", tmp_path, "-m", "tiny", "--precision", "INT8")
    assert done.stdout.split() == ["tiny-int8"]


def test_the_command_names_the_models_where_one_is_unknown(tiny_zoo: Path, tmp_path: Path):
    done = run(tiny_zoo, "--out", tmp_path, "-m", "huge")
    assert done.returncode == 1
    assert "There is no model huge. Choose from: tiny, tiny-mirrored." in done.stderr


def test_the_command_says_where_it_cannot_write(tiny_zoo: Path, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    done = run(tiny_zoo, "--out", tmp_path / "file")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
