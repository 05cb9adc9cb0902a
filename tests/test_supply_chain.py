"""What the project is made of: bounded, locked, and checked before it is loaded."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ser_core.models.card import PRECISIONS
from ser_core.models.recognizer import ModelError
from ser_core.models.zoo import checked_ir, list_models, load_model

REPOSITORY = Path(__file__).parent.parent
APP, DEV = "requirements/app.lock.txt", "requirements/dev.lock.txt"
FILES = (
    "requirements.txt",
    "requirements/serving.txt",
    "requirements/train.txt",
    "requirements-dev.txt",
)


def required(file: str) -> list[Requirement]:
    lines = (REPOSITORY / file).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]


def locked(file: str) -> dict[str, set[str]]:
    """Versions of each package in a lock; some differ between Python versions."""
    versions: dict[str, set[str]] = {}
    for line in (REPOSITORY / file).read_text(encoding="utf-8").splitlines():
        if match := re.match(r"([\w.-]+)==([\w.+]+)", line):
            versions.setdefault(match[1], set()).add(match[2])
    return versions


@pytest.mark.parametrize("file", FILES)
def test_every_requirement_has_a_lower_and_an_upper_bound(file: str):
    for requirement in required(file):
        operators = {part.operator for part in requirement.specifier}
        assert operators in ({">=", "<"}, {"=="}), requirement


@pytest.mark.parametrize(
    ("lock", "file"),
    [
        (APP, "requirements.txt"),
        *((DEV, file) for file in FILES),
    ],
)
def test_the_lock_fits_the_requirements(lock: str, file: str):
    versions = locked(lock)
    for requirement in required(file):
        installed = versions.get(requirement.name.lower(), set())
        assert installed, f"`make lock`: {requirement.name} is missing"
        assert all(requirement.specifier.contains(v) for v in installed), (
            f"`make lock`: {requirement}"
        )


def test_the_list_of_licenses_names_every_model_and_what_it_learned_from():
    rows = (REPOSITORY / "docs/licenses.md").read_text(encoding="utf-8").splitlines()
    for card in list_models():
        row = f"| {card.name} | {card.license} | {', '.join(card.training.corpora)} |"
        assert row in rows, "`make licenses`"


@pytest.mark.parametrize("lock", [APP, DEV])
def test_a_lock_has_a_hash_for_every_package_and_names_no_server(lock: str):
    text = (REPOSITORY / lock).read_text(encoding="utf-8")
    assert "://" not in text
    blocks = re.split(r"\n(?=\w)", text)
    assert all("--hash=sha256:" in block for block in blocks if re.match(r"[\w.-]+==", block))
    assert sum(map(len, locked(lock).values())) > 50


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("suffix", [".xml", ".bin"])
def test_no_file_of_a_model_is_loaded_unless_it_is_the_cards(
    own_zoo: Path, precision: str, suffix: str
):
    path = (own_zoo / "tiny" / precision.lower()).with_suffix(suffix)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=f"{path.name} of tiny is damaged"):
        load_model("tiny", precision, zoo=own_zoo)


def test_the_files_of_every_shipped_model_are_those_of_their_cards():
    files = [(card, kind) for card in list_models() for kind in card.files]
    assert files
    assert all(checked_ir(card, kind).is_file() for card, kind in files)


def test_no_checkpoint_and_no_array_can_run_code_when_it_is_loaded():
    """`torch.load` with `weights_only=True` everywhere, no pickles, no arrays of objects."""
    loads = 0
    for path in REPOSITORY.glob("ser_core/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not {"pickle", "joblib", "shelve"} & {alias.name for alias in node.names}
            if not isinstance(node, ast.Call):
                continue
            fields = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert fields.get("allow_pickle") != "True", path
            if ast.unparse(node.func) == "torch.load":
                loads += 1
                assert fields.get("weights_only") == "True", path
    assert loads
