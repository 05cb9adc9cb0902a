"""The Live page without a browser, its charts, and what it says where something is missing."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from pages.shell.live import connection as live_connection
from pages.shell.live import microphone as live_microphone
from pages.shell.live.session import CONNECT_S, LiveSession
from ser_core.audio.clip import Clip
from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.charts import live as live_charts
from ser_core.features.log_mel import LogMel
from ser_core.live.track import Moment
from ser_core.live.windows import HOP_S, chunks
from ser_core.models.labels import EMOTIONS
from tests.app import open_page
from tools import voices

PAGE = "pages/live.py"
SETTINGS = LogMel()


@pytest.fixture(autouse=True)
def no_server_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest has none for streamlit-webrtc to watch."""
    for module in ("component", "shutdown"):
        monkeypatch.setattr(f"streamlit_webrtc.{module}.get_this_session_info", lambda: None)


def session(app: AppTest) -> LiveSession:
    return app.session_state["live session"]


def speak(app: AppTest, waveform: np.ndarray) -> None:
    """Let the stream of this visitor hear a voice."""
    stream = session(app).stream
    for chunk in chunks(Clip(waveform)):
        stream.push(chunk, SAMPLE_RATE)
        time.sleep(0.002)
    stream.finish()


def headline(app: AppTest) -> str:
    return next(block.value for block in app.html if "live-label" in block.value)


def test_the_page_opens_and_asks_to_start(app: AppTest) -> None:
    assert not app.exception
    assert not app.error
    assert app.title[0].value == "Live"
    assert "Press START" in headline(app)
    assert len(app.get("plotly_chart")) == 2


def test_a_recording_gets_a_track_and_a_label(app: AppTest, speech_like_wav: bytes) -> None:
    app.audio_input(key="live recording").set_value(("r.wav", speech_like_wav, "audio/wav")).run()
    assert not app.exception
    assert any(emotion in headline(app) for emotion in EMOTIONS)
    assert app.table[-1].value["Time"].to_list() == ["2 s", "1 s"]


def test_a_recording_of_nothing_is_no_emotion(app: AppTest) -> None:
    silence = voices.wav(np.zeros(SAMPLE_RATE, np.float32))
    app.audio_input(key="live recording").set_value(("r.wav", silence, "audio/wav")).run()
    assert not app.exception
    assert "listening" in headline(app)


def test_models_are_changed_without_a_new_stream(app: AppTest) -> None:
    stream = session(app).stream
    app.segmented_control(key="precision of tiny").set_value("INT8").run()
    app.multiselect(key="further models").set_value(["Tiny network (comparison), FP32"]).run()
    app.slider(key="live window").set_value(1.5).run()
    assert not app.exception
    assert session(app).stream is stream
    assert list(session(app).recognizers) == [
        "Tiny network (main), INT8",
        "Tiny network (comparison), FP32",
    ]
    assert stream.window_s == 1.5
    speak(app, voices.voice(2.0))
    assert len(stream.snapshot().moments[-1].answers) == 2


def test_the_model_for_microphones_answers_where_there_is_one(zoo: Path) -> None:
    card = zoo / "tiny-mirrored" / "card.json"
    card.write_text(card.read_text().replace('"role": "comparison"', '"role": "live"'))
    app = open_page(PAGE)
    assert app.selectbox(key="model for live").value == "tiny-mirrored"


def test_marks_and_the_frozen_picture_stay_while_the_sound_goes_on(app: AppTest) -> None:
    speak(app, voices.voice(2.0))
    next(button for button in app.button if button.label.startswith("Mark")).click().run()
    app.toggle(key="freeze").set_value(True).run()
    speak(app, voices.voice(2.0))
    assert session(app).shown().duration_s == pytest.approx(2.0)
    assert session(app).shown().marks_s == pytest.approx((2.0,))
    app.toggle(key="freeze").set_value(False).run()
    assert session(app).shown().duration_s == pytest.approx(4.0)


def from_live(app: AppTest) -> AppTest:
    """What the link to Analyze does."""
    app.switch_page("streamlit_app.py")
    app.query_params["from"] = "live"
    return app.run()


def test_one_click_takes_the_last_seconds_to_analyze(app: AppTest) -> None:
    (link,) = (e for e in app.get("page_link") if e.proto.label == "Last 30 s to Analyze")
    assert link.proto.query_string == "from=live"
    speak(app, voices.voice(2.0))
    from_live(app)
    assert not app.exception
    assert app.segmented_control(key="source").value == "Microphone"
    assert Clip.from_bytes(app.session_state["kept Microphone"].data).duration_s == pytest.approx(2)
    assert any('data-label="' in block.value for block in app.html)
    assert "from" not in app.query_params


def test_without_sound_nothing_goes_to_analyze(app: AppTest) -> None:
    from_live(app)
    assert not app.exception
    assert "Nothing to analyze yet" in app.info[0].value


def test_a_mark_leaves_the_page_whole_and_covers_nothing(app: AppTest) -> None:
    speak(app, voices.voice(2.0))
    next(button for button in app.button if button.label.startswith("Mark")).click().run()
    assert not app.toast
    assert any("Marked at 2.0 s" in caption.value for caption in app.caption)


def test_after_the_stop_the_last_answer_stays(app: AppTest) -> None:
    speak(app, voices.voice(2.0))
    app.run()
    assert any(emotion in headline(app) for emotion in EMOTIONS)
    assert "Stopped; press START to go on" in headline(app)


def test_downloads_hold_what_was_heard_when_they_were_prepared(app: AppTest) -> None:
    speak(app, voices.voice(2.0))
    next(button for button in app.button if button.label == "Prepare downloads").click().run()
    assert not app.exception
    track, recording = session(app).saved or ("", b"")
    assert len(track.splitlines()) == len(session(app).stream.snapshot().moments) + 1
    assert Clip.from_bytes(recording).duration_s == pytest.approx(2.0)


def test_without_webrtc_the_page_says_so_and_offers_a_recorder(
    zoo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_microphone, "WEBRTC", False)
    app = open_page(PAGE)
    assert "pip install streamlit-webrtc" in app.error[0].value
    recorder = next(e for e in app.expander if e.label.startswith("No live sound?"))
    assert recorder.proto.expanded
    assert app.audio_input(key="live recording")


def test_a_connection_without_sound_names_turn_and_unfolds_the_recorder(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Playing:
        state = SimpleNamespace(playing=True, signalling=False)

    monkeypatch.setattr(live_microphone, "webrtc_streamer", lambda **_: Playing)
    app.run()
    assert "connecting" in headline(app)
    assert not app.error
    session(app).connecting_since = time.monotonic() - CONNECT_S - 1
    app.run()
    assert "TURN" in app.error[0].value
    recorder = next(e for e in app.expander if e.label.startswith("No live sound?"))
    assert recorder.proto.expanded
    session(app).stream.push(voices.voice(0.5), SAMPLE_RATE)
    app.run()
    assert not app.error, "sound is coming"
    session(app).stream.stop()


@pytest.mark.parametrize(
    ("address", "secure", "near"),
    [
        (None, True, True),
        ("http://localhost:8501/live", True, True),
        ("http://127.0.0.1:8501/live", True, True),
        ("http://[::1]:8501/live", True, True),
        ("http://192.168.1.20:8501/live", False, True),
        ("https://192.168.1.20:8501/live", True, True),
        ("http://lecture-room:8501/live", False, True),
        ("https://ser-lab.example.org/live", True, False),
        ("http://203.0.113.9/live", False, False),
    ],
)
def test_where_the_browser_gives_the_microphone(
    address: str | None, secure: bool, near: bool
) -> None:
    assert live_connection.secure(address) is secure
    if address != "http://203.0.113.9/live":  # a documentation address, private to Python
        assert live_connection.near(address) is near


def test_relays_come_from_the_secrets_and_nobody_is_asked_without_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("CLOUDFLARE_TURN_KEY_ID", "CLOUDFLARE_TURN_KEY_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    relay = {"urls": "turn:relay.example.org:3478", "username": "u", "credential": "c"}
    secrets: dict = {}
    monkeypatch.setattr(live_connection, "secrets", lambda: secrets)
    assert live_connection.rtc_configuration() == {"iceServers": []}
    assert not live_connection.has_relay()
    secrets["ice_servers"] = [relay]
    assert live_connection.rtc_configuration() == {"iceServers": [relay]}
    assert live_connection.has_relay()
    secrets |= {"CLOUDFLARE_TURN_KEY_ID": "a", "CLOUDFLARE_TURN_KEY_API_TOKEN": "b"}
    assert live_connection.rtc_configuration() is None, "streamlit-webrtc fetches them"


def moments(*shares: float | None) -> list[Moment]:
    """One moment per quarter of a second: this share happy, the rest sad; None: nobody."""
    return [
        Moment(0.0, HOP_S * n, {} if p is None else {"m": {"happy": p, "sad": 1 - p}})
        for n, p in enumerate(shares, start=1)
    ]


def depth(figure: go.Figure, trace: int) -> list[tuple[float, float]]:
    """Time and share of a label, the lowest one first."""
    below, above = figure.data[trace : trace + 2]
    return [*zip(above.x, np.round(above.y - below.y, 6), strict=True)]


def test_the_river_fills_100_percent_while_somebody_speaks_and_is_dry_else() -> None:
    figure = live_charts.river(moments(0.75, 0.25, None, 1.0), 1.0, ["happy", "sad"])
    sad, happy = depth(figure, 0), depth(figure, 1)
    assert sad == [(-0.75, 0.25), (-0.5, 0.75), (-0.5, 0), (-0.25, 0), (0, 0), (0, 0)]
    assert happy == [(-0.75, 0.75), (-0.5, 0.25), (-0.5, 0), (-0.25, 0), (0, 0), (0, 1)]
    assert set(figure.data[0].y) == {0}, "it does not taper"
    assert figure.layout.yaxis.ticktext == ("0 %", "50 %", "100 %")
    assert figure.layout.xaxis.range == (-30, 0)


def test_a_pause_of_the_stream_is_a_gap_in_the_river_not_a_slope() -> None:
    before, after = moments(1.0), moments(*[None] * 20, 1.0)[-1:]
    figure = live_charts.river([*before, *after], 6.0, ["happy", "sad"])
    happy = depth(figure, 1)
    assert (0.5 - 6.0, 0) in happy
    assert (5.0 - 6.0, 0) in happy


def test_long_stretches_of_the_river_are_named_and_short_ones_get_their_symbol() -> None:
    figure = live_charts.river(moments(*[1.0] * 20, *[0.0] * 8, 1.0), 7.25, ["happy", "sad"])
    assert [note.text for note in figure.layout.annotations] == ["<b>▲ happy</b>", "<b>▼</b>"]


def test_an_empty_stream_can_be_drawn() -> None:
    assert live_charts.river([], 0.0, EMOTIONS).layout.xaxis.range == (-30, 0)
    assert not live_charts.rolling_spectrogram(np.zeros(0, np.float32), SETTINGS).data


def test_a_tone_scrolls_to_the_left_with_time() -> None:
    tone = voices.tone(1000, 1.0)
    for later_s in (1.0, 5.0):
        waveform = np.concatenate([tone, np.zeros(round(later_s * SAMPLE_RATE), np.float32)])
        (heatmap,) = live_charts.rolling_spectrogram(waveform, SETTINGS).data
        loud = heatmap.x0 + heatmap.dx * np.flatnonzero(heatmap.z.max(axis=0) > -10)
        assert loud.min() == pytest.approx(-later_s - 0.95, abs=0.11)
        assert loud.max() == pytest.approx(-later_s - 0.05, abs=0.11)


def test_an_empty_room_stays_dark_and_half_a_minute_stays_small() -> None:
    room = voices.noise(30.0, rms=1e-3)
    figure = live_charts.rolling_spectrogram(room, SETTINGS)
    assert figure.data[0].z.max() < -20
    assert len(figure.to_json()) < 60_000
