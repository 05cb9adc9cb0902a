"""Networks on a server of the KServe v2 protocol, over a real socket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ser_core.audio.clip import Clip
from ser_core.features.spectrogram import Spectrogram
from ser_core.inference import kserve as remote
from ser_core.inference.kserve import REMOTE, RemoteError
from ser_core.models.card import PRECISIONS
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.models.zoo import list_models, load_model
from ser_core.serving import export
from tests.v2_server import Reply, V2Server, after, reply
from tools import voices

pytest.importorskip("tritonclient.http")

ROOT = Path(__file__).parents[2]
HANG_S = 20.0  # who is done before has not waited for a server that hangs


@pytest.fixture(scope="module")
def repository(tiny_zoo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("repository")
    export(list_models(tiny_zoo), out, ["FP32"], tiny_zoo)
    return out


@pytest.fixture
def server(repository: Path) -> Iterator[V2Server]:
    with V2Server(repository) as running:
        yield running


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, tiny_zoo: Path) -> Callable[..., Recognizer]:
    """Loads a tiny model that runs on a server."""

    def load(url: str, name: str = "tiny", **variables: str) -> Recognizer:
        monkeypatch.setenv("SER_INFERENCE_URL", url)
        for key, value in variables.items():
            monkeypatch.setenv(key, value)
        return load_model(name, zoo=tiny_zoo)

    return load


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def difference(one, other) -> float:
    """The largest difference between two predictions, in anything that a network gave."""
    return max(
        np.abs(
            np.subtract(list(one.probabilities.values()), list(other.probabilities.values()))
        ).max(),
        np.abs(one.evidence.probabilities - other.evidence.probabilities).max(),
        np.abs(one.embedding - other.embedding).max(),
    )


# --- the answer --------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_model_of_the_zoo_answers_from_a_server_as_it_does_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    clips = [Clip(voices.voice(seconds, seed=i)) for i, seconds in enumerate((0.8, 2.0, 9.0))]
    cards = list_models()
    export(cards, tmp_path, PRECISIONS)
    with V2Server(tmp_path) as server:
        for card in cards:
            for precision in card.precisions:
                monkeypatch.delenv("SER_INFERENCE_URL", raising=False)
                here = load_model(card.name, precision)
                monkeypatch.setenv("SER_INFERENCE_URL", server.url)
                there = load_model(card.name, precision)
                server.requested_models.clear()
                for clip in clips:
                    near, far = here(clip), there(clip)
                    assert difference(near, far) < 1e-5
                    assert (far.label, far.status) == (near.label, near.status)
                    assert (near.device, far.device) == ("CPU", REMOTE)
                assert set(server.requested_models) == {f"{card.name}-{precision.lower()}"}


def test_a_server_without_binary_tensors_gives_the_same_answer(
    server: V2Server, ask: Callable[..., Recognizer], tiny_recognizer: Recognizer, speech_like: Clip
):
    server.binary = False
    assert difference(ask(server.url)(speech_like), tiny_recognizer(speech_like)) < 1e-5


def test_a_live_window_and_a_picture_take_the_same_way(
    server: V2Server, ask: Callable[..., Recognizer], tiny_recognizer: Recognizer, speech_like: Clip
):
    spectrogram = Spectrogram.of(speech_like, tiny_recognizer.signature.features)
    far = ask(server.url).predict(spectrogram)
    assert difference(far, tiny_recognizer.predict(spectrogram)) < 1e-5


def test_the_latency_includes_the_trip(
    server: V2Server, ask: Callable[..., Recognizer], speech_like: Clip
):
    recognizer = ask(server.url)
    recognizer(speech_like)
    server.fault = after(0.2)
    assert 200 <= recognizer(speech_like).latency_ms["inference"] < 2000


def test_the_windows_of_a_long_clip_travel_together_and_keep_their_order(
    server: V2Server, ask: Callable[..., Recognizer], tiny_recognizer: Recognizer
):
    clip = Clip(np.concatenate([voices.voice(3, pitch_hz=90), voices.voice(27, pitch_hz=250)]))
    rng = np.random.default_rng(0)
    server.fault = lambda number, answer: after(rng.uniform(0, 0.03))(number, answer)
    assert difference(ask(server.url)(clip), tiny_recognizer(clip)) < 1e-5
    assert 1 < server.most_at_once <= remote.PARALLEL


def test_eight_people_at_once_get_each_their_own_answer(
    server: V2Server, ask: Callable[..., Recognizer], tiny_recognizer: Recognizer
):
    clips = [Clip(voices.voice(1 + i % 4, pitch_hz=80 + 15 * i, seed=i)) for i in range(8)] * 4
    recognizer = ask(server.url)
    with ThreadPoolExecutor(8) as people:
        answers = list(people.map(recognizer, clips))
    for clip, far in zip(clips, answers, strict=True):
        assert difference(far, tiny_recognizer(clip)) < 1e-5


def test_two_models_share_one_connection(
    server: V2Server, ask: Callable[..., Recognizer], speech_like: Clip
):
    before = threading.active_count()
    for name in ("tiny", "tiny-mirrored"):
        assert ask(server.url, name)(speech_like).device == REMOTE
    clients = [thread.name for thread in threading.enumerate()].count("inference client")
    assert threading.active_count() - before <= 2 + clients
    assert remote._connection(server.url) is remote._connection(server.url)


def test_silence_needs_no_server(free_port: int, ask: Callable[..., Recognizer]):
    recognizer = ask(f"http://127.0.0.1:{free_port}")
    assert recognizer(Clip(np.zeros(32_000, np.float32))).status == "silent"


# --- faults ------------------------------------------------------------------------------------


def refusal(recognizer: Recognizer, clip: Clip) -> str:
    with pytest.raises(RemoteError) as refused:
        recognizer(clip)
    message = str(refused.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_an_unreachable_server_is_reported(
    free_port: int, ask: Callable[..., Recognizer], speech_like: Clip, caplog
):
    began = time.monotonic()
    message = refusal(ask(f"http://127.0.0.1:{free_port}"), speech_like)
    assert "is not responding" in message
    assert str(free_port) not in message, "the address is nobody's business but the log's"
    assert str(free_port) in caplog.text
    assert sum(remote.RETRY_AFTER_S) <= time.monotonic() - began < HANG_S


def test_a_server_that_is_slow_costs_no_more_than_the_time_out(
    server: V2Server, ask: Callable[..., Recognizer], speech_like: Clip
):
    server.fault = after(HANG_S)
    recognizer = ask(server.url, SER_INFERENCE_TIMEOUT_S="0.3")
    began = time.monotonic()
    assert "is not responding" in refusal(recognizer, speech_like)
    assert time.monotonic() - began < HANG_S
    server.fault = lambda _, answer: answer
    assert recognizer(speech_like).label, "it is asked again when it is well"


def test_a_server_that_accepts_and_says_nothing_costs_no_more_either(
    ask: Callable[..., Recognizer], speech_like: Clip
):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        assert "is not responding" in refusal(ask(url, SER_INFERENCE_TIMEOUT_S="0.3"), speech_like)
        assert time.monotonic() - began < HANG_S


def test_after_one_failure_the_other_windows_do_not_wait(
    server: V2Server, ask: Callable[..., Recognizer]
):
    server.fault = after(HANG_S)
    recognizer = ask(server.url, SER_INFERENCE_TIMEOUT_S="0.3")
    refusal(recognizer, Clip(voices.voice(60)))
    assert len(server.requested_models) <= 2 * remote.PARALLEL


def one_tensor(name: str, shape: list[int], data: list, datatype: str = "FP32") -> dict:
    return {"name": name, "shape": shape, "datatype": datatype, "data": data}


def outputs(**changes: dict) -> Reply:
    """A reply of the right form but for what `changes` say."""
    right = {
        "logits": one_tensor("logits", [1, 8], [0.0] * 8),
        "evidence": one_tensor("evidence", [1, 8, 32], [0.0] * 256),
        "embedding": one_tensor("embedding", [1, 16], [0.0] * 16),
    }
    tensors = [tensor for tensor in (right | changes).values() if tensor]
    return reply({"model_name": "tiny-fp32", "outputs": tensors})


UNUSABLE = {
    "no JSON": (200, {}, b"\x00\xff<html>"),
    "empty": (200, {}, b""),
    "no object": (200, {}, b"[1, 2]"),
    "no outputs": reply({"model_name": "tiny-fp32"}),
    "outputs of another kind": reply({"outputs": {"logits": 3}}),
    "a missing output": outputs(evidence={}),
    "a wrong shape": outputs(logits=one_tensor("logits", [1, 7], [0.0] * 7)),
    "a shape that lies": outputs(logits=one_tensor("logits", [1, 8], [0.0] * 5)),
    "no batch": outputs(logits=one_tensor("logits", [8], [0.0] * 8)),
    "text": outputs(logits=one_tensor("logits", [1, 8], ["a"] * 8)),
    "integers": outputs(logits=one_tensor("logits", [1, 8], [0] * 8, "INT32")),
    "an unknown type": outputs(logits=one_tensor("logits", [1, 8], [0] * 8, "FP4")),
    "infinity": outputs(logits=one_tensor("logits", [1, 8], [1e39] * 8)),
    "a binary tensor that ends early": (
        200,
        {"Inference-Header-Content-Length": "9999"},
        b'{"outputs":[]}',
    ),
    "a refusal": reply({"error": "Invalid input"}, status=400),
    "a refusal that is no JSON": (400, {}, b"nginx"),
}


def test_the_reply_that_the_faults_are_derived_from_is_valid(
    server: V2Server, ask: Callable[..., Recognizer], speech_like: Clip
):
    server.fault = lambda *_: outputs()
    assert set(ask(server.url)(speech_like).probabilities.values()) == {1 / 8}


@pytest.mark.filterwarnings("ignore:overflow")  # infinity, in the client
@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_answer_that_cannot_be_used_is_refused_and_logged(
    server: V2Server, ask: Callable[..., Recognizer], speech_like: Clip, answer: Reply, caplog
):
    server.fault = lambda *_: answer
    assert "unusable" in refusal(ask(server.url), speech_like)
    assert "tiny-fp32" in caplog.text
    assert len(server.requested_models) == 1, "asking again would not help"


def test_a_server_of_another_protocol_is_refused(ask: Callable[..., Recognizer], speech_like: Clip):
    with socket.create_server(("127.0.0.1", 0)) as other:

        def talk() -> None:
            for _ in range(3):
                connection, _address = other.accept()
                connection.recv(100)
                connection.sendall(b"220 mail.example ESMTP\r\n")
                connection.close()

        threading.Thread(target=talk, daemon=True).start()
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        assert "is not responding" in refusal(ask(url), speech_like)


def test_a_model_that_the_server_lacks_is_named(
    server: V2Server, ask: Callable[..., Recognizer], speech_like: Clip
):
    server.models.pop("tiny-fp32")
    message = refusal(ask(server.url), speech_like)
    assert "no model tiny-fp32" in message
    assert "export-serving" in message


@pytest.mark.parametrize("n_faults", [1, 2])
@pytest.mark.parametrize("answer", [None, reply({"error": "loading"}, status=503)])
def test_a_server_that_dies_in_the_middle_is_asked_again(
    server: V2Server,
    ask: Callable[..., Recognizer],
    tiny_recognizer: Recognizer,
    speech_like: Clip,
    answer: Reply | None,
    n_faults: int,
):
    server.fault = lambda number, right: answer if number < n_faults else right
    assert difference(ask(server.url)(speech_like), tiny_recognizer(speech_like)) < 1e-5
    assert len(server.requested_models) == n_faults + 1


def test_a_server_that_keeps_dying_is_given_up(
    server: V2Server, ask: Callable[..., Recognizer], speech_like: Clip
):
    server.fault = lambda *_: None
    assert "is not responding" in refusal(ask(server.url), speech_like)
    assert len(server.requested_models) == 1 + len(remote.RETRY_AFTER_S)


def test_a_restarted_server_is_used_again(
    repository: Path, ask: Callable[..., Recognizer], speech_like: Clip
):
    with V2Server(repository) as first:
        recognizer = ask(first.url)
        assert recognizer(speech_like).label
    refusal(recognizer, speech_like)
    with V2Server(repository, first.port) as second:
        assert recognizer(speech_like).label
        assert second.requested_models == ["tiny-fp32"]


# --- fallback ----------------------------------------------------------------------------------


def test_with_the_fallback_this_machine_answers_while_the_server_is_away(
    repository: Path,
    free_port: int,
    ask: Callable[..., Recognizer],
    tiny_recognizer: Recognizer,
    speech_like: Clip,
    monkeypatch: pytest.MonkeyPatch,
):
    recognizer = ask(f"http://127.0.0.1:{free_port}", SER_INFERENCE_FALLBACK="yes")
    near = recognizer(speech_like)
    assert near.device == "CPU"
    assert recognizer.device == REMOTE, "where it is meant to run"
    assert difference(near, tiny_recognizer(speech_like)) < 1e-6
    with V2Server(repository, free_port) as server:
        assert recognizer(speech_like).device == "CPU", "it was away a moment ago"
        monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + remote.AWAY_S)
        assert recognizer(speech_like).device == REMOTE
        assert server.requested_models == ["tiny-fp32"]


def test_with_the_fallback_a_server_that_hangs_costs_its_time_out_once(
    server: V2Server, ask: Callable[..., Recognizer], speech_like: Clip
):
    server.fault = after(HANG_S)
    recognizer = ask(server.url, SER_INFERENCE_FALLBACK="1", SER_INFERENCE_TIMEOUT_S="0.3")
    began = time.monotonic()
    assert {recognizer(speech_like).device for _ in range(5)} == {"CPU"}
    assert time.monotonic() - began < HANG_S
    assert len(server.requested_models) == 1


def test_with_the_fallback_nothing_is_compiled_here_while_the_server_answers(
    server: V2Server,
    ask: Callable[..., Recognizer],
    speech_like: Clip,
    monkeypatch: pytest.MonkeyPatch,
):
    recognizer = ask(server.url, SER_INFERENCE_FALLBACK="1")
    monkeypatch.setattr(remote, "LocalNetwork", lambda *_: pytest.fail("compiled"))
    assert recognizer(speech_like).device == REMOTE


def test_without_the_address_everything_runs_here(tiny_recognizer: Recognizer, speech_like: Clip):
    assert tiny_recognizer(speech_like).device == tiny_recognizer.device == "CPU"


# --- around it ---------------------------------------------------------------------------------


def test_without_the_address_the_client_is_not_even_imported(tiny_zoo: Path):
    code = "import sys, ser_core; ser_core.load_model(); "
    unwanted = ("tritonclient", "aiohttp", "ser_core.inference.kserve")
    code += f"print([m for m in {unwanted} if m in sys.modules])"
    environment = {k: v for k, v in os.environ.items() if k != "SER_INFERENCE_URL"}
    done = subprocess.check_output(
        [sys.executable, "-c", code], cwd=ROOT, env=environment | {"SER_ZOO": str(tiny_zoo)}
    )
    assert done == b"[]\n"


def test_without_the_client_the_error_says_how_to_install_it(
    ask: Callable[..., Recognizer], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "tritonclient.http.aio", None)
    with pytest.raises(ModelError, match=r"pip install tritonclient\[http\]"):
        ask("http://127.0.0.1:19")


def predict(tiny_zoo: Path, files: list[Path], **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "ser_core", "predict", "--json", *map(str, files)],
        cwd=ROOT,
        env=os.environ | {"SER_ZOO": str(tiny_zoo)} | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_command_line_asks_the_server_too(
    server: V2Server, tiny_zoo: Path, tmp_path: Path, speech_like_wav: bytes
):
    (tmp_path / "voice.wav").write_bytes(speech_like_wav)
    done = predict(tiny_zoo, [tmp_path / "voice.wav"], SER_INFERENCE_URL=server.url)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["device"] == REMOTE
    assert server.requested_models == ["tiny-fp32"]


def test_the_command_line_says_which_files_the_server_left_without_an_answer(
    free_port: int, tiny_zoo: Path, tmp_path: Path, speech_like_wav: bytes
):
    (tmp_path / "voice.wav").write_bytes(speech_like_wav)
    url = f"http://127.0.0.1:{free_port}"
    done = predict(tiny_zoo, [tmp_path / "voice.wav"], SER_INFERENCE_URL=url)
    assert done.returncode == 1
    assert "is not responding" in json.loads(done.stdout)["error"]
    assert "Traceback" not in done.stderr


def test_a_kserve_server_gives_the_answers_of_this_machine(
    repository: Path,
    ask: Callable[..., Recognizer],
    tiny_recognizer: Recognizer,
    speech_like: Clip,
    free_port: int,
):
    """Against the Python server of KServe itself, where SER_KSERVE_PYTHON has it installed."""
    python = os.environ.get("SER_KSERVE_PYTHON")
    if not python:
        pytest.skip("needs kserve: set SER_KSERVE_PYTHON to a Python that has it and openvino")
    command = [python, ROOT / "tests" / "kserve_server.py", repository, "--http_port", free_port]
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL) as process:
        try:
            wait_for_port(free_port)
            far = ask(f"http://127.0.0.1:{free_port}")(speech_like)
            assert difference(far, tiny_recognizer(speech_like)) < 1e-5
            assert far.device == REMOTE
        finally:
            process.terminate()


def wait_for_port(port: int, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    pytest.fail(f"nothing listens at port {port}")
