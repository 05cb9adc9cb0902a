"""`POST /api/predict`: what the command line answers, over a real socket, and within limits."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from starlette.requests import Request
from typer.testing import CliRunner

from pages.shell.server import predict as route
from ser_core.cli import program
from ser_core.models.labels import EMOTIONS
from tools import voices
from tools.event_loop import run_coroutine
from tools.fuzz.damage import damaged_files
from tools.fuzz.files import File, files
from tools.fuzz.journey import check_sentence
from tools.load.run import crowd
from tools.server import Server, running_server

TOKEN = "a-token-of-these-tests"
ALLOWED = {"Authorization": f"Bearer {TOKEN}"}
MAX_CLIP_S = 30


@pytest.fixture(scope="module")
def server(tiny_zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SER_API_TOKEN", TOKEN)
        patch.setenv("SER_API_PER_MINUTE", "6000")
        patch.setenv("SER_MAX_UPLOAD_MB", "1")
        patch.setenv("SER_MAX_CLIP_S", str(MAX_CLIP_S))
        with running_server(tiny_zoo, log) as running:
            yield running
    assert "Traceback" not in log.read_text()
    assert "missing ScriptRunContext" not in log.read_text()


def post(server: Server, data: Any = None, query: str = "", **options: Any) -> requests.Response:
    options.setdefault("headers", ALLOWED)
    return requests.post(f"{server.address}/api/predict{query}", data=data, timeout=60, **options)


def refusal(answer: requests.Response) -> tuple[int, str]:
    """The status and the sentence of an answer that is none."""
    sentence = answer.json()["error"]
    check_sentence(sentence)
    return answer.status_code, sentence


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "latency_ms"}


def command_line(*arguments: object) -> list[dict[str, Any]]:
    done = CliRunner().invoke(program, ["predict", "--json", *map(str, arguments)])
    return [without_times(json.loads(line)) for line in done.stdout.splitlines()]


def test_a_file_gets_the_json_of_the_command_line_as_body_or_in_a_form(
    server: Server, tiny_zoo: Path, tmp_path: Path, speech_like_wav: bytes
):
    path = tmp_path / "voice.wav"
    path.write_bytes(speech_like_wav)
    (expected,) = command_line(path, "--zoo", tiny_zoo)
    expected["file"] = "voice.wav"
    in_form = post(server, files={"file": ("voice.wav", speech_like_wav)})
    in_body = post(server, speech_like_wav, "?name=voice.wav")
    assert (in_form.status_code, in_body.status_code) == (200, 200)
    assert in_form.headers["content-type"] == "application/json"
    assert without_times(in_form.json()) == without_times(in_body.json()) == expected
    assert set(in_form.json()["latency_ms"]) == {"decode", "features", "inference"}


def test_model_and_precision_can_be_chosen_and_wrong_ones_are_named(
    server: Server, speech_like_wav: bytes
):
    row = post(server, speech_like_wav, "?model=tiny-mirrored&precision=fp32").json()
    assert (row["model"], row["precision"]) == ("tiny-mirrored", "FP32")
    for query, words in {
        "?model=huge": "no model 'huge' in the zoo",
        "?precision=FP64": "not available in FP64",
        "?segments=some": "Set it to 1 or 0",
        "?stereo=up": "Set it to mix, left, right",
        "?modell=tiny": "no parameter 'modell'",
    }.items():
        answer = post(server, speech_like_wav, query)
        assert answer.status_code == 400
        assert words in answer.json()["error"]


def test_the_stretches_of_a_long_recording_are_an_array(
    server: Server, tiny_zoo: Path, tmp_path: Path
):
    path = tmp_path / "clip"
    path.write_bytes(voices.wav(voices.voice(9.0)))
    rows = post(server, path.read_bytes(), "?segments=1").json()
    expected = command_line(path, "--zoo", tiny_zoo, "--segments")
    assert len(rows) > 1
    assert [without_times(row) | {"file": str(path)} for row in rows] == expected


def test_one_channel_can_be_taken(server: Server, speech_like_wav: bytes):
    left, right = voices.voice(2.0), voices.voice(2.0, 220, seed=1)[::-1]
    data = voices.wav(np.stack([left, right], axis=1))
    only = post(server, voices.wav(right)).json()
    assert post(server, data, "?stereo=right").json()["probabilities"] == only["probabilities"]
    assert "two people" in post(server, data).json()["note"]


def test_silence_is_an_answer_and_no_error(server: Server):
    answer = post(server, voices.wav(np.zeros(16_000, np.float32)))
    assert answer.status_code == 200
    assert (answer.json()["label"], answer.json()["status"]) == (None, "silent")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": "Bearer \xe4"},
    ],
)
def test_without_the_token_nothing_is_read(server: Server, headers: dict[str, str]):
    answer = post(server, b"x" * 2_000_000, headers=headers)
    assert refusal(answer)[0] == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_other_methods_say_what_to_send(server: Server):
    answer = requests.get(f"{server.address}/api/predict", headers=ALLOWED, timeout=60)
    assert refusal(answer) == (405, "Send a file with POST /api/predict.")


def test_a_large_file_is_refused_also_where_its_size_is_not_stated(server: Server):
    data = bytes(1_200_000)
    for body in (data, (data[i : i + 10_000] for i in range(0, len(data), 10_000))):
        status, sentence = refusal(post(server, body))
        assert status == 413
        assert "larger than 1 MB" in sentence
    assert refusal(post(server, files={"file": ("a.wav", data)}))[0] == 413


def test_a_long_recording_gets_the_sentence_of_the_page(server: Server):
    data = voices.encode(voices.tone(200, MAX_CLIP_S + 5.0), "mp3")
    status, sentence = refusal(post(server, data))
    assert status == 422
    assert f"At most {MAX_CLIP_S} seconds" in sentence


def test_a_body_that_is_no_file_is_explained(server: Server):
    assert refusal(post(server, b""))[1] == "The file is empty. Choose another one."
    status, sentence = refusal(post(server, files={"file": (None, "text")}))
    assert (status, "no file in the form" in sentence) == (400, True)
    two = [("a", ("a.wav", b"a")), ("b", ("b.wav", b"b"))]
    assert refusal(post(server, files=two))[0] == 400
    broken = ALLOWED | {"content-type": "multipart/form-data"}
    assert refusal(post(server, b"no form", headers=broken))[0] == 400


def send_all(server: Server, sent: list[File]) -> list[int]:
    """Statuses; every answer is a prediction or a sentence."""
    statuses = []
    with requests.Session() as session:
        session.headers.update(ALLOWED)
        for file in sent:
            answer = session.post(
                f"{server.address}/api/predict", files={"file": ("x", file.data)}, timeout=60
            )
            statuses.append(answer.status_code)
            if answer.status_code != 200:
                assert refusal(answer)[0] in (413, 422), file.name
                continue
            shares = answer.json()["probabilities"].values()
            assert not shares or abs(sum(shares) - 1) < 1e-4
    return statuses


def test_every_format_of_the_fuzz_suite_is_answered(server: Server):
    sent = [file for file in files() if file.kind != "zip"]
    statuses = send_all(server, sent)
    assert statuses.count(200) > 0.8 * len(sent)


def test_damaged_files_are_answered_or_refused_with_a_sentence(server: Server):
    damaged: list[File] = []

    @settings(
        max_examples=40,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @seed(0)
    @given(damaged_files())
    def collect(file: File) -> None:
        damaged.append(file)

    collect()
    statuses = send_all(server, damaged)
    assert {200, 422} <= set(statuses)


def test_programs_and_visitors_are_answered_at_the_same_time(
    server: Server, tiny_zoo: Path, speech_like_wav: bytes
):
    """Nobody gets somebody else's answer, and the health check does not wait for a network."""
    expected = post(server, speech_like_wav).json()["probabilities"]
    end = threading.Event()
    faults: list[str] = []
    n_answers = 0

    def program_at_work() -> None:
        nonlocal n_answers
        while not end.is_set():
            answer = post(server, speech_like_wav)
            n_answers += 1
            if answer.status_code != 200 or answer.json()["probabilities"] != expected:
                faults.append(answer.text)
            requests.get(f"{server.address}/_stcore/health", timeout=5).raise_for_status()

    programs = [threading.Thread(target=program_at_work) for _ in range(2)]
    for thread in programs:
        thread.start()
    met = crowd(server, 2, tiny_zoo, n_turns=2)
    end.set()
    for thread in programs:
        thread.join()
    assert met.faults + faults == []
    assert len(met.waits_s) == 4
    assert n_answers > 2


# --- without a socket: what depends on the host's settings ---------------------------------------


def ask(body: bytes | None = b"", headers: dict[str, str] = ALLOWED) -> tuple[int, dict[str, Any]]:
    """Status and content of an answer, in this process; None for a body that never arrives."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/predict",
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }

    async def receive() -> dict[str, Any]:
        if body is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": body, "more_body": False}

    async def answer() -> tuple[int, dict[str, Any]]:
        response = await route.predict(Request(scope, receive))
        content: Any = json.loads(bytes(response.body))
        return response.status_code, content | {"headers": dict(response.headers)}

    route._one_at_a_time.cache_clear()  # belongs to the event loop of another call
    return run_coroutine(answer())


@pytest.fixture
def in_process(tiny_zoo: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("ser_core.models.zoo.ZOO", tiny_zoo)
    monkeypatch.setenv("SER_API_TOKEN", TOKEN)
    route._limit.cache_clear()
    return monkeypatch


def test_without_a_token_of_the_host_it_is_off(in_process: pytest.MonkeyPatch):
    in_process.delenv("SER_API_TOKEN")
    for headers in ({}, ALLOWED, {"Authorization": "Bearer "}):
        status, content = ask(headers=headers)
        assert status == 404
        assert "turned off" in content["error"]
    in_process.setenv("SER_API_TOKEN", "short")
    assert ask()[0] == 500


def test_more_than_the_host_allows_per_minute_has_to_wait(
    in_process: pytest.MonkeyPatch, speech_like_wav: bytes
):
    in_process.setenv("SER_API_PER_MINUTE", "12")
    assert [ask(speech_like_wav)[0] for _ in range(3)] == [200, 200, 429]
    _, content = ask(speech_like_wav)
    assert 1 <= int(content["headers"]["retry-after"]) <= 5
    assert ask(headers={})[0] == 401, "strangers use up nothing"


def test_more_at_once_than_there_are_places_are_told_to_come_back(
    in_process: pytest.MonkeyPatch, speech_like_wav: bytes
):
    in_process.setattr(route, "_present", {object() for _ in range(route._AT_ONCE)})
    status, content = ask(speech_like_wav)
    assert status == 503
    assert content["headers"]["retry-after"] == "2"
    route._present.pop()
    status, content = ask(speech_like_wav)
    assert status == 200
    assert content["label"] in EMOTIONS


def test_a_file_that_does_not_arrive_is_given_up(in_process: pytest.MonkeyPatch):
    in_process.setattr("pages.shell.server.body.READ_S", 0)
    status, content = ask(None)
    assert status == 408
    assert "Send it again" in content["error"]


def test_a_fault_of_ours_is_one_sentence_and_in_the_log(
    in_process: pytest.MonkeyPatch, speech_like_wav: bytes, caplog: pytest.LogCaptureFixture
):
    in_process.setattr(route, "_answer", lambda *_: 1 / 0)
    assert ask(speech_like_wav)[0] == 500
    assert "ZeroDivisionError" in caplog.text
