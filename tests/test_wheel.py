"""What `pip install .` installs: one package that is whole, and works from any folder."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools.hosting import visit
from tools.server import running_server

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this clone, built by what requirements-dev.txt installs."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", folder, REPOSITORY], check=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the commands of an environment that has the wheel, and the packages of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    paths = sysconfig.get_paths("venv", vars={"base": str(folder), "platbase": str(folder)})
    (Path(paths["purelib"]) / "packages.pth").write_text(sysconfig.get_path("purelib"))
    python = Path(paths["scripts"]) / "python"
    pip = [sys.executable, "-m", "pip", "--quiet", "--python", python]
    subprocess.run([*pip, "install", "--no-index", "--no-deps", "--no-compile", wheel], check=True)
    return Path(paths["scripts"])


def output(*command: object, folder: Path) -> str:
    """What a command prints in a folder, with nothing of the clone within its reach."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def wheel_name(wheel: Path) -> str:
    """Name and version, as in the names of the file and of its metadata folder."""
    return wheel.name.removesuffix("-py3-none-any.whl")


def test_one_package_is_installed_with_all_files_of_the_app_inside(wheel: Path):
    files = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in files} == {"ser_core", f"{wheel_name(wheel)}.dist-info"}
    tracked = [
        path.relative_to(REPOSITORY).as_posix()
        for top in ("streamlit_app.py", "pages", "samples", "model_zoo", ".streamlit/config.toml")
        for path in (REPOSITORY / top, *(REPOSITORY / top).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert len(tracked) > 100
    assert {f"ser_core/_app/{name}" for name in tracked} <= files
    assert not [name for name in files if "secrets" in name or "__pycache__" in name]


def test_the_wheel_says_its_licenses_and_holds_them(wheel: Path):
    assert metadata(wheel)["License-Expression"] == "MIT AND CC-BY-NC-SA-4.0 AND BSD-3-Clause"
    with zipfile.ZipFile(wheel) as archive:
        for file in (
            "LICENSE",
            "model_zoo/LICENSE",
            "samples/LICENSE",
            "ser_core/data/silero/LICENSE",
            "pages/shell/frontend/wavesurfer/LICENSE",
        ):
            text = archive.read(f"{wheel_name(wheel)}.dist-info/licenses/{file}")
            assert text == (REPOSITORY / file).read_bytes()


@pytest.mark.parametrize(
    ("extra", "file"),
    [
        ("", "requirements.txt"),
        ("serving", "requirements/serving.txt"),
        ("train", "requirements/train.txt"),
    ],
)
def test_the_wheel_requires_what_the_files_of_requirements_say(wheel: Path, extra: str, file: str):
    stated = [Requirement(line) for line in metadata(wheel).get_all("Requires-Dist", [])]
    of_extra = {
        (r.name, str(r.specifier), *r.extras)
        for r in stated
        if (r.marker.evaluate({"extra": extra}) if r.marker else not extra)
    }
    lines = (REPOSITORY / file).read_text(encoding="utf-8").splitlines()
    required = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert of_extra == {(r.name, str(r.specifier), *r.extras) for r in required}


def test_the_command_lists_what_the_module_lists(scripts: Path, tmp_path: Path):
    command = output(scripts / "ser-lab", "--help", folder=tmp_path)
    module = output(scripts / "python", "-m", "ser_core", "--help", folder=tmp_path)
    assert "export-serving" in command
    assert command.split("Options")[1] == module.split("Options")[1]


def test_a_voice_in_any_folder_is_answered(scripts: Path, tmp_path: Path, speech_like_wav: bytes):
    (tmp_path / "voice.wav").write_bytes(speech_like_wav)
    answer = output(scripts / "ser-lab", "predict", "voice.wav", folder=tmp_path)
    assert re.fullmatch(r"voice\.wav +[a-z]+ \d+%\n", answer)
    where = "import ser_core, ser_core.models.zoo as zoo; print(ser_core.__file__, zoo.ZOO)"
    for path in output(scripts / "python", "-c", where, folder=tmp_path).split():
        assert Path(path).is_relative_to(scripts.parent)


def test_the_command_alone_starts_the_app_with_its_settings(
    scripts: Path, tiny_zoo: Path, tmp_path: Path
):
    log = tmp_path / "log"
    command = [str(scripts / "ser-lab")]
    with running_server(tiny_zoo, log, command=command, folder=tmp_path) as server:
        page = visit(server.address)
    assert page.titles == ["Analyze"]
    assert "bidi_component" in page.kinds
    assert page.faults == []
    assert page.settings.hide_sidebar_nav, "as .streamlit/config.toml says"
    assert not page.settings.gather_usage_stats
