"""The app as a small public host runs it, and what the container file promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.hosting import PAGES, ROOT, SmallHost

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's limits")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallHost]:
    """The real server on one core with 1 GB, nothing writable and no secrets."""
    with SmallHost(sys.executable, tmp_path_factory.mktemp("host")) as running:
        yield running


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page or "analyze")
def test_every_page_opens_cold(host: SmallHost, page: str):
    visit = host.visit(page)
    assert visit.faults == []
    assert len(visit.titles) == 1
    # The walkthrough's title is that of its step.
    assert page == "walkthrough" or visit.titles == [PAGES[page]]
    assert len(visit.kinds) > 5


def test_a_voice_is_analyzed(host: SmallHost):
    visit = host.visit()
    assert "bidi_component" in visit.kinds
    assert visit.faults == []


def test_the_memory_leaves_room(host: SmallHost):
    for _ in range(5):
        host.visit()
    assert host.memory_mb("VmHWM") < 600


def test_nothing_was_missed_that_could_not_be_written(host: SmallHost):
    host.visit()
    complaints = [
        line
        for line in host.log().splitlines()
        if re.search("read-only|permission|denied|secret|telemetry|Traceback", line, re.IGNORECASE)
    ]
    assert complaints == []


def test_the_threads_follow_the_one_core(host: SmallHost):
    host.visit()
    # Those of the server itself; each OpenVINO pool on a host of 64 cores would add 63.
    assert host.n_threads < 40


def test_the_health_check_answers(host: SmallHost):
    assert host.healthy()


def test_a_stranger_page_may_not_upload_nor_listen(host: SmallHost):
    """XSRF and CORS protection, as another site's script would meet them."""
    upload = urllib.request.Request(
        f"{host.url}/_stcore/upload_file/session/file", data=b"x", method="PUT"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(upload, timeout=5)
    assert refused.value.code == 403
    elsewhere = urllib.request.Request(
        f"{host.url}/_stcore/health", headers={"Origin": "https://elsewhere.example"}
    )
    with urllib.request.urlopen(elsewhere, timeout=5) as answer:
        assert answer.headers.get("Access-Control-Allow-Origin") in (None, host.url)


PHONES_HOME = """
import sys
def report(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "os.fork", "os.posix_spawn",
                 "subprocess.Popen", "urllib.Request"):
        print("event", event, arguments, flush=True)
sys.addaudithook(report)
import ser_core
assert ser_core.load_model()(ser_core.Clip.from_file("samples/plain.flac")).label
import pages.shell.page, plotly.io, streamlit
"""


def test_the_app_reports_to_nobody(tmp_path: Path):
    # `import openvino` would send an event to Google Analytics from a fork, and keep an id at home.
    environment = {name: text for name, text in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-c", PHONES_HOME],
        cwd=ROOT,
        env=environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "event" not in done.stdout
    assert not (tmp_path / "intel").exists()


# --- the container, as far as it can be checked without building it ----------------------------

CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")


def test_the_container_has_what_the_app_needs_and_no_more(tmp_path: Path):
    copied = re.findall(r"^COPY (?:--\S+ )?(.+) (\S+)$", CONTAINERFILE, re.MULTILINE)
    sources = [source for words, _ in copied for source in words.split()]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
    code = (ROOT / "streamlit_app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("ser_core/**/*.py"))
    tops = {path.relative_to(ROOT).parts[0] for path in code} | {"samples", "model_zoo"}
    assert tops <= {source.rstrip("/") for source in sources}


def test_the_container_runs_unprivileged_and_has_a_health_check():
    users = re.findall(r"^USER (\S+)$", CONTAINERFILE, re.MULTILINE)
    assert users
    assert users[-1] not in ("root", "0")
    assert "/_stcore/health" in CONTAINERFILE
    assert re.search(r"^HEALTHCHECK ", CONTAINERFILE, re.MULTILINE)


def test_nothing_private_is_sent_to_the_builder():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".git", ".venv", "data", "runs", "features", ".streamlit/secrets.toml"} <= set(ignored)


# --- what the documentation promises -----------------------------------------------------------


def test_the_examples_name_models_and_settings_that_there_are(tmp_path: Path):
    from ser_core.models.zoo import list_models

    served = {card.served_name(p) for card in list_models() for p in card.precisions}
    for path in [ROOT / "docs" / "serving.md", *(ROOT / "docs" / "serving").iterdir()]:
        text = path.read_text(encoding="utf-8")
        assert "SER_INFERENCE_URL" in text, path
        for name in re.findall(r"v2/models/([\w-]+)", text):
            assert name in served
