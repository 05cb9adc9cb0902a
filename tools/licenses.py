"""Write docs/licenses.md: what the app is made of, and under which terms.

    make licenses

Packages are those that this environment holds, as their own metadata states them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from ser_core.corpora.readers import CORPORA, CORPUS_LICENSES
from ser_core.models.zoo import list_models

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    "The app": "requirements.txt",
    "Remote inference": "requirements/serving.txt",
    "Training and conversion": "requirements/train.txt",
    "Tests and checks": "requirements-dev.txt",
}

HEAD = """# Licenses

SER Lab's own code is under the MIT License. This list is written by `make licenses` from the
metadata of the installed packages (on Linux, Python 3.11); each package comes once, where it is
needed first. The project ships none of them: `pip` downloads them from their makers. What it does
ship is wavesurfer.js 8.0.1 (BSD-3-Clause), unchanged, with its license, in
`pages/shell/frontend/wavesurfer/`.

**Binary parts to know of.** The wheels of `soundfile` bundle libsndfile and `soxr` is libsoxr: both
LGPL 2.1 or later. The wheels of `av` bundle FFmpeg together with x264 and x265, so that part is
under the GPL, 2.0 or later. Running the app is free of conditions; whoever passes on an image
that contains these libraries passes them on under their terms.
"""


def main() -> None:
    text = HEAD
    earlier: set[str] = set()
    for title, file in FILES.items():
        names = sorted(set(_needed(_required(file))) - earlier)
        earlier |= set(names)
        text += f"\n## {title}\n\n| package | version | license |\n|---|---|---|\n"
        text += "".join(
            f"| {name} | {metadata.version(name)} | {_license(name)} |\n" for name in names
        )
    text += "\n## Model weights\n\n| model | license | learned from |\n|---|---|---|\n"
    for card in list_models():
        learned_from = ", ".join(card.training.corpora)
        text += f"| {card.name} | {card.license} | {learned_from} |\n"
    text += (
        "\nThe voice detector in `ser_core/data/silero/` is Silero's (package `silero-vad`): MIT; "
        "its license lies\nbeside it.\n"
    )
    text += "\n## Corpora\n\nSome clips of RAVDESS and EMO-DB are sample voices: see "
    text += "samples/LICENSE.\n\n"
    text += "| corpus | license |\n|---|---|\n"
    text += "".join(f"| {corpus} | {CORPUS_LICENSES[corpus]} |\n" for corpus in CORPORA)
    text += "\nThe synthetic sample voices (espeak-ng, by `tools/make_samples.py`): MIT.\n"
    (ROOT / "docs" / "licenses.md").write_text(text, encoding="utf-8")


def _required(file: str) -> Iterator[Requirement]:
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-r")):
            yield Requirement(line)


def _needed(requirements: Iterator[Requirement]) -> Iterator[str]:
    """Names of all packages that some requirements bring in this environment."""
    visited: set[tuple[str, str]] = set()
    waiting = [(r.name, extra) for r in requirements for extra in ("", *r.extras)]
    while waiting:
        name, extra = waiting.pop()
        name = re.sub(r"[-_.]+", "-", name).lower()
        if (name, extra) in visited:
            continue
        visited.add((name, extra))
        yield name
        for line in metadata.requires(name) or ():
            required = Requirement(line)
            if required.marker is None or required.marker.evaluate({"extra": extra}):
                waiting += [(required.name, extra) for extra in ("", *required.extras)]


def _license(name: str) -> str:
    """A package's license, in the words of its metadata."""
    fields = metadata.metadata(name)
    classifiers = [
        c.split(" :: ")[-1] for c in fields.get_all("Classifier") or [] if "License ::" in c
    ]
    free_text = (fields.get("License") or "").strip()
    if expression := fields.get("License-Expression"):
        return expression
    if 0 < len(free_text) <= 60 and "\n" not in free_text:
        return free_text
    return ", ".join(classifiers) or "see the package"


if __name__ == "__main__":
    main()
