"""Fetching RAVDESS from a server on this machine that plays Zenodo, well and badly."""

from __future__ import annotations

import hashlib
import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest

from ser_core.corpora import download
from ser_core.corpora.download import DownloadError, download_ravdess
from ser_core.corpora.readers import read_corpora
from tools import voices


def archive(member: str) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr(member, voices.wav(voices.tone(duration_s=0.3)))
    return file.getvalue()


ZIPS = {
    "Audio_Speech_Actors_01-24.zip": archive("Actor_01/03-01-05-01-01-01-01.wav"),
    "Audio_Song_Actors_01-24.zip": archive("Actor_01/03-02-05-01-01-01-01.wav"),
}


class Zenodo(BaseHTTPRequestHandler):
    fault = ""
    requests: list[str] = []  # noqa: RUF012 (one server at a time)

    def do_GET(self) -> None:
        self.requests.append(self.path)
        name = self.path.removeprefix("/files/").removesuffix("?download=1")
        data = ZIPS[name]
        self.send_response(503 if self.fault == "busy" else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.fault == "damaged":
            data = bytes(len(data))
        self.wfile.write(data[:100] if self.fault == "breaks off" else data)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output quiet."""


@pytest.fixture(autouse=True)
def zenodo(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Zenodo]]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(Zenodo, "fault", "")
    monkeypatch.setattr(Zenodo, "requests", [])
    checksums = {name: f"md5:{hashlib.md5(data).hexdigest()}" for name, data in ZIPS.items()}
    parts = zip(("speech", "song"), checksums.items(), strict=True)
    monkeypatch.setattr(download, "ARCHIVES", dict(parts))
    with HTTPServer(("127.0.0.1", 0), Zenodo) as server:
        monkeypatch.setattr(download, "RECORD_URL", f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Zenodo
        server.shutdown()


def test_both_parts_arrive_whole_and_are_read_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = download_ravdess(tmp_path / "data")
    assert [path.name for path in paths] == list(ZIPS)
    assert [path.read_bytes() for path in paths] == list(ZIPS.values())
    assert [u.channel for u in read_corpora(tmp_path / "data")] == ["speech", "song"]
    assert capsys.readouterr().out == ""


def test_what_is_there_is_not_fetched_again(tmp_path: Path, zenodo: type[Zenodo]) -> None:
    download_ravdess(tmp_path, ["song"])
    download_ravdess(tmp_path, ["song"])
    assert zenodo.requests == ["/files/Audio_Song_Actors_01-24.zip?download=1"]


def test_a_broken_file_that_lies_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "Audio_Song_Actors_01-24.zip"
    path.write_bytes(b"half of it")
    download_ravdess(tmp_path, ["song"])
    assert path.read_bytes() == ZIPS[path.name]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("damaged", "its checksum is wrong. Try again. Or download .* with a browser"),
        ("breaks off", "Check the connection and try again"),
        ("busy", "Check the connection and try again"),
    ],
)
def test_a_bad_answer_leaves_no_file_and_says_what_to_do(
    fault: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Zenodo, "fault", fault)
    with pytest.raises(DownloadError, match=message):
        download_ravdess(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_network_the_browser_is_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(download, "RECORD_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(DownloadError, match=r"Or download .* and put it into"):
        download_ravdess(tmp_path)


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(DownloadError, match="choose another folder"):
        download_ravdess(tmp_path / "data")


def test_an_unknown_part_is_refused_before_anything_is_fetched(
    tmp_path: Path, zenodo: type[Zenodo]
) -> None:
    with pytest.raises(DownloadError, match=r"no part 'video'\. Choose one of: speech, song"):
        download_ravdess(tmp_path, ["speech", "video"])
    assert zenodo.requests == []
