"""What whoever hosts the app may set, and what the pages make of it."""

from __future__ import annotations

import os
import re
import tomllib
import weakref
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.shell.models import served_by_name
from pages.shell.page import ALWAYS_ON, NAVIGATION
from pages.shell.settings import upload_mb
from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.runtime.memory import Kept
from ser_core.runtime.settings import Settings, SettingsError, settings
from tests.app import SYNTHETIC_AT_ONCE, open_page
from tests.v2_server import V2Server
from tools import voices

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SWITCHABLE = [entry for entry in NAVIGATION if entry.name not in ALWAYS_ON]
TURNED_OFF = "This page is turned off on this server. Choose another one from the menu."


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin without any, and leave none behind: the pages put secrets into the environment."""
    for name in [
        name for name in os.environ if re.match("SER_(MAX|PAGES|INFERENCE|API|PUBLIC|MEMORY)", name)
    ]:
        monkeypatch.delenv(name)
    before = dict(os.environ)
    yield
    st.cache_resource.clear()
    for name in os.environ.keys() - before.keys():
        del os.environ[name]


# --- reading -----------------------------------------------------------------------------------


def test_without_any_the_app_is_whole_and_runs_here():
    assert settings() == Settings()
    assert settings().inference_url is None
    assert settings().pages_off == frozenset()


def test_each_is_read():
    read = Settings.read(
        {
            "SER_MAX_UPLOAD_MB": "16",
            "SER_MAX_CLIP_S": " 90.5 ",
            "SER_PAGES_OFF": "live, Batch benchmark,",
            "SER_INFERENCE_URL": "https://models.example/ovms/",
            "SER_INFERENCE_TIMEOUT_S": "0.5",
            "SER_INFERENCE_FALLBACK": "True",
            "SER_MEMORY_MB": "700",
        }
    )
    assert read == Settings(
        16,
        90.5,
        frozenset(["live", "batch", "benchmark"]),
        "https://models.example/ovms",
        0.5,
        True,
        memory_mb=700,
    )


def test_one_that_is_empty_has_its_default():
    names = re.findall(r"SER_[A-Z_]+", Settings.__doc__ or "")
    assert len(names) == 10
    assert Settings.read(dict.fromkeys(names, " ")) == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SER_MAX_UPLOAD_MB", "much"),
        ("SER_MAX_UPLOAD_MB", "0"),
        ("SER_MAX_UPLOAD_MB", "nan"),
        ("SER_MAX_CLIP_S", "-1"),
        ("SER_MAX_CLIP_S", "inf"),
        ("SER_INFERENCE_TIMEOUT_S", "0"),
        ("SER_INFERENCE_TIMEOUT_S", "1000"),
        ("SER_INFERENCE_FALLBACK", "perhaps"),
        ("SER_INFERENCE_URL", "inference:8000"),
        ("SER_INFERENCE_URL", "ftp://inference"),
        ("SER_INFERENCE_URL", "http://"),
        ("SER_INFERENCE_URL", "http://host:99999"),
        ("SER_INFERENCE_URL", "http://[::1"),
        ("SER_INFERENCE_URL", "http://me:secret@host"),
        ("SER_PUBLIC_URL", "lab.example.org"),
        ("SER_API_TOKEN", "secret"),
        ("SER_API_TOKEN", "secret of four words"),
        ("SER_API_PER_MINUTE", "0"),
        ("SER_MEMORY_MB", "100"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(name: str, text: str):
    with pytest.raises(SettingsError) as refused:
        Settings.read({name: text})
    message = str(refused.value)
    assert message.startswith(name)
    assert message.endswith(".")
    assert "secret" not in message


def test_every_setting_is_in_the_documentation_and_no_other():
    documented = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    table = set(re.findall(r"^\| `(SER_[A-Z_]+)`", documented, re.MULTILINE))
    code = {
        name
        for path in [*ROOT.glob("ser_core/**/*.py"), *ROOT.glob("pages/**/*.py")]
        for name in re.findall(r"SER_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))
    }
    assert table == code


def test_the_token_is_kept_out_of_logs():
    token = "0123456789abcdef"
    read = Settings.read({"SER_API_TOKEN": token})
    assert read.api_token == token
    assert token not in repr(read)


# --- length and size ---------------------------------------------------------------------------


def test_a_lower_limit_on_the_length_is_enforced_and_stated(monkeypatch: pytest.MonkeyPatch):
    four_s = voices.wav(voices.voice(4))
    assert Clip.from_bytes(four_s).duration_s == 4
    monkeypatch.setenv("SER_MAX_CLIP_S", "3")
    with pytest.raises(AudioError, match="At most 3 seconds can be analyzed at once"):
        Clip.from_bytes(four_s)
    with pytest.raises(AudioError, match="At most 3 seconds"):
        Clip.from_bytes(voices.encode(voices.voice(4), "m4a"))


def test_no_setting_makes_the_cap_on_the_length_longer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SER_MAX_CLIP_S", "100000")
    with pytest.raises(AudioError, match="At most 10 minutes"):
        Clip.from_bytes(voices.encode(voices.voice(1).repeat(610), "flac"))


def test_no_page_promises_more_than_the_server_takes(monkeypatch: pytest.MonkeyPatch):
    limit = st.get_option("server.maxUploadSize")
    assert upload_mb() == limit
    assert upload_mb(limit + 1) == limit
    assert upload_mb(10) == 10
    monkeypatch.setenv("SER_MAX_UPLOAD_MB", "7")
    assert upload_mb() == upload_mb(10) == 7


# --- the pages ---------------------------------------------------------------------------------


def opened(name: str, zoo: Path, monkeypatch: pytest.MonkeyPatch, **secrets: object) -> AppTest:
    """A page, opened cold."""
    monkeypatch.setattr("ser_core.models.zoo.ZOO", zoo)
    file = next(entry.file for entry in NAVIGATION if entry.name == name)
    if not (ROOT / file).is_file():
        pytest.skip(f"{file} is not there")
    return open_page(file, secrets=secrets, state=SYNTHETIC_AT_ONCE)


def menu(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.sidebar.get("page_link")]


@pytest.mark.parametrize("entry", SWITCHABLE, ids=lambda entry: entry.name)
def test_a_page_that_is_turned_off_leaves_the_menu_and_says_so_at_its_address(
    entry, own_zoo: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SER_PAGES_OFF", entry.name)
    app = opened(entry.name, own_zoo, monkeypatch)
    assert [info.value for info in app.info] == [TURNED_OFF]
    assert not app.exception
    assert not app.button
    assert entry.title not in menu(app)
    assert "Analyze" in menu(app)


def test_the_other_pages_stay(own_zoo: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SER_PAGES_OFF", "live, benchmark")
    app = opened("streamlit_app", own_zoo, monkeypatch)
    there = [entry.title for entry in NAVIGATION if (ROOT / entry.file).is_file()]
    assert menu(app) == [title for title in there if title not in ("Live", "Benchmark")]
    assert TURNED_OFF not in [info.value for info in app.info]


@pytest.mark.parametrize("name", [*ALWAYS_ON, "lvie"])
def test_a_page_that_cannot_be_turned_off_is_named(
    name: str, own_zoo: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SER_PAGES_OFF", f"live {name}")
    (error,) = opened("about", own_zoo, monkeypatch).error
    assert error.value.startswith(f"SER_PAGES_OFF names '{name}'. It can name accuracy, ")


def test_a_bad_setting_is_reported_on_the_page_and_the_menu_stays(
    own_zoo: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SER_MAX_UPLOAD_MB", "lots")
    app = opened("streamlit_app", own_zoo, monkeypatch)
    assert [error.value for error in app.error] == [
        "SER_MAX_UPLOAD_MB is 'lots'. Set it to a number of at least 1."
    ]
    assert not app.exception
    assert "About" in menu(app)


@pytest.mark.parametrize("value", [["live", "batch"], "live batch"])
def test_secrets_count_as_settings(value: object, own_zoo: Path, monkeypatch: pytest.MonkeyPatch):
    app = opened("about", own_zoo, monkeypatch, SER_PAGES_OFF=value, SER_INFERENCE_FALLBACK=True)
    assert {"Live", "Batch"}.isdisjoint(menu(app))
    assert settings().inference_fallback


def test_without_secrets_there_is_no_message(
    own_zoo: Path, monkeypatch: pytest.MonkeyPatch, caplog, capsys
):
    app = opened("about", own_zoo, monkeypatch)
    assert not app.error
    assert not app.warning
    assert "secret" not in (caplog.text + "".join(capsys.readouterr())).lower()


# --- the page and the inference server ---------------------------------------------------------


@pytest.fixture
def repository(tiny_zoo: Path, tmp_path: Path) -> Path:
    from ser_core.models.zoo import list_models
    from ser_core.serving import export

    export(list_models(tiny_zoo), tmp_path, ["FP32", "INT8"], tiny_zoo)
    return tmp_path


def captions(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_the_page_says_that_a_server_answered(
    repository: Path, tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("tritonclient.http")
    with V2Server(repository) as server:
        monkeypatch.setenv("SER_INFERENCE_URL", server.url)
        app = opened("streamlit_app", tiny_zoo, monkeypatch)
        assert not app.exception
        assert not app.error
        assert "The inference server answered; the time includes the round trip" in captions(app)
        assert "tiny-int8" in server.requested_models


def test_the_page_says_that_the_server_is_away(tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("tritonclient.http")
    monkeypatch.setenv("SER_INFERENCE_URL", "http://127.0.0.1:9")
    app = opened("streamlit_app", tiny_zoo, monkeypatch)
    assert not app.exception
    (error,) = app.error
    assert error.value == "The inference server is not responding. Try again in a minute."
    assert not app.info


def test_the_page_says_that_this_machine_answered_in_its_place(
    tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("tritonclient.http")
    monkeypatch.setenv("SER_INFERENCE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("SER_INFERENCE_FALLBACK", "1")
    app = opened("streamlit_app", tiny_zoo, monkeypatch)
    assert not app.exception
    assert not app.error
    assert "The inference server did not answer, so this machine ran the network." in captions(app)


def test_a_server_that_goes_away_in_the_middle_leaves_a_sentence(
    repository: Path, tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("tritonclient.http")
    with V2Server(repository) as server:
        monkeypatch.setenv("SER_INFERENCE_URL", server.url)
        app = opened("streamlit_app", tiny_zoo, monkeypatch)
    samples = app.selectbox(key="sample")
    samples.select_index(len(samples.options) - 1).run()
    assert not app.exception
    assert "is not responding" in app.error[0].value


def test_about_says_where_the_spectrogram_goes(
    repository: Path, tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch
):
    def text() -> str:
        app = opened("about", tiny_zoo, monkeypatch)
        return " ".join(block.value for block in app.markdown)

    assert "inference server" not in text()
    monkeypatch.setenv("SER_INFERENCE_URL", "http://127.0.0.1:9")
    assert "the spectrogram of your voice is sent to an inference server" in text()


# --- memory ------------------------------------------------------------------------------------


def test_models_leave_where_memory_is_scarce_and_stay_where_it_is_not(
    tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ser_core.models.zoo.ZOO", tiny_zoo)
    monkeypatch.setattr("pages.shell.models.Kept", partial(Kept, used_mb=lambda: 650.0))
    for limit_mb, stays in (("1000", True), ("655", False)):
        st.cache_resource.clear()
        monkeypatch.setenv("SER_MEMORY_MB", limit_mb)
        first = weakref.ref(served_by_name("tiny"))
        assert served_by_name("tiny-mirrored") is served_by_name("tiny-mirrored")
        assert (first() is not None) is stays


def test_a_page_compares_models_that_have_no_room_together(
    tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pages.shell.models.Kept", partial(Kept, used_mb=lambda: 650.0))
    st.cache_resource.clear()
    monkeypatch.setenv("SER_MEMORY_MB", "300")
    app = opened("streamlit_app", tiny_zoo, monkeypatch)
    app.multiselect[0].set_value(app.multiselect[0].options[:4]).run()
    assert not app.exception
    assert not app.error
    assert len(app.multiselect[0].value) == 4


# --- the server's own settings -----------------------------------------------------------------


def test_the_server_keeps_strangers_out_and_tells_nobody():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["enableXsrfProtection"] is True
    assert config["server"]["enableCORS"] is True
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["server"]["maxUploadSize"] <= 64, "a host of 1 GB holds it in memory"


def test_the_server_watches_no_folder_that_a_training_writes():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["fileWatcherType"] == "none"
