"""A line of code knows its room: imports go one way, and the maps are true."""

from __future__ import annotations

import ast
import importlib
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent

# A room may import those before it.
ROOMS = (
    "runtime",
    "inference",
    "audio",
    "features",
    "models",
    "adaptation",
    "corpora",
    "evaluation",
    "live",
    "voting",
    "walkthrough",
    "charts",
    "reports",
    "serving",
    "training",
    "cli",
)
PACKAGES = sorted(
    path.parent
    for top in ("ser_core", "pages/shell", "tools")
    for path in (REPOSITORY / top).rglob("__init__.py")
)
MAX_LOOSE_MODULES = 6
DOCUMENT = re.compile(r"[\w./-]+\.(?:md|py|toml|npz|yaml)\b")
MODULE = re.compile(r"\b(?:ser_core|tools|tests|pages)(?:\.[a-z]\w*)+")


def modules(folder: Path) -> set[str]:
    """Names of the modules and packages of a package."""
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    return files | {path.parent.name for path in folder.glob("*/__init__.py")}


def imported(path: Path) -> set[str]:
    """Dotted names of all modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def docstrings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    nodes = (node for node in ast.walk(tree) if isinstance(node, kinds))
    return [text for node in nodes if (text := ast.get_docstring(node))]


def dotted(path: Path) -> str:
    return relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def relative(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def test_every_room_has_its_place_in_the_order():
    loose = {"zoo"}  # the name that others import
    assert modules(REPOSITORY / "ser_core") == {*ROOMS, *loose}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_those_before_it(room: str):
    later = ROOMS[ROOMS.index(room) + 1 :]
    files = [
        *(REPOSITORY / "ser_core" / room).rglob("*.py"),
        *(REPOSITORY / "ser_core").glob(f"{room}.py"),
    ]
    assert files
    upward = {
        f"{relative(path)} imports {name}"
        for path in files
        for name in imported(path)
        if name.split(".")[0] in ("pages", "tools", "tests")
        or (name.startswith("ser_core.") and name.split(".")[1] in later)
    }
    assert upward == set()


def test_no_imports_go_in_a_circle():
    files = [p for top in ("ser_core", "pages", "tools") for p in (REPOSITORY / top).rglob("*.py")]
    TopologicalSorter({dotted(path): imported(path) - {dotted(path)} for path in files}).prepare()


def test_what_pages_share_imports_no_page_and_no_page_another():
    shell = REPOSITORY / "pages" / "shell"
    folders = {path.parent.name for path in shell.glob("*/__init__.py")}
    sideways = {
        f"{relative(path)} imports {name}"
        for path in shell.rglob("*.py")
        for name in imported(path)
        if name.startswith("pages.shell.") and name.split(".")[2] in folders - {path.parent.name}
    }
    assert sideways == set()


def test_few_modules_lie_loose_in_the_core():
    assert len(list((REPOSITORY / "ser_core").glob("*.py"))) <= MAX_LOOSE_MODULES


@pytest.mark.parametrize("package", PACKAGES, ids=relative)
def test_the_map_of_a_package_names_every_module_and_nothing_else(package: Path):
    text = (package / "__init__.py").read_text(encoding="utf-8")
    lines = (ast.get_docstring(ast.parse(text)) or "").splitlines()
    entries = {match[1] for line in lines if (match := re.match(r"([a-z]\w*)(?:  +| )\S", line))}
    assert modules(package) - entries == set()
    columns = {match[1] for line in lines if (match := re.match(r"([a-z]\w*)  +\S", line))}
    assert columns - modules(package) == set()


@pytest.mark.parametrize("top", ["ser_core", "pages", "tools", "tests"])
def test_every_document_and_module_that_a_docstring_names_exists(top: str):
    missing = set()
    for path in (REPOSITORY / top).rglob("*.py"):
        for text in docstrings(path):
            for name in DOCUMENT.findall(text):
                places = (REPOSITORY, REPOSITORY / "ser_core", path.parent, REPOSITORY / "docs")
                if not any((place / name.lstrip("/")).exists() for place in places):
                    missing.add(f"{relative(path)}: {name}")
            missing |= {f"{relative(path)}: {n}" for n in MODULE.findall(text) if not is_there(n)}
    assert missing == set()


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        path = REPOSITORY.joinpath(*parts[:length])
        if path.is_dir() or path.with_suffix(".py").is_file():
            rest = parts[length:]
            return not rest or hasattr(importlib.import_module(".".join(parts[:length])), rest[0])
    return False
