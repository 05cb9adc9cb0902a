"""The live engine on synthetic frames: what it hears, says, leaves out, and when it ends."""

from __future__ import annotations

import csv
import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr

from ser_core.audio.clip import Clip
from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.audio.encoding import wav_bytes
from ser_core.live.stream import MAX_CHUNKS, SAME_MARK_S, Snapshot, Stream
from ser_core.live.track import Moment, as_csv, classify, follow, smoothed
from ser_core.live.windows import HOP_S, LiveAudio, chunks
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.models.zoo import load_model
from tools import voices

SECONDS = 6.0


def spoken(rate: int = SAMPLE_RATE, duration_s: float = SECONDS) -> np.ndarray:
    """Quiet room, a voice that changes, quiet room."""
    high = voices.voice(duration_s / 3, 220, "ia", rate=rate)
    low = voices.voice(duration_s / 3, 100, "ua", rate=rate, seed=1)
    room = voices.noise(duration_s / 3, rate, rms=1e-4)
    return np.concatenate([room[: len(room) // 2], high, low, room[len(room) // 2 :]])


def stereo(waveform: np.ndarray) -> np.ndarray:
    """Two channels that differ and whose mean is the waveform."""
    side = 0.1 * np.roll(waveform, 7)
    return np.stack([waveform + side, waveform - side], axis=1).astype(np.float32)


def jittered(waveform: np.ndarray, rate: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Chunks of 1 to 60 ms, as a bad network delivers them."""
    rng, start = np.random.default_rng(seed), 0
    while start < len(waveform):
        size = int(rng.integers(rate // 1000, rate * 60 // 1000))
        yield waveform[start : start + size]
        start += size


def push_all(stream: Stream, pieces: list[np.ndarray], rate: int = SAMPLE_RATE) -> Snapshot:
    for piece in pieces:
        stream.push(piece, rate)
        wait_for(lambda: stream._chunks.qsize() < MAX_CHUNKS // 2)
    stream.finish(30)
    return stream.snapshot()


def wait_for(true: Callable[[], bool], timeout_s: float = 10.0) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No window is too late, however fast the chunks come."""
    monkeypatch.setattr("ser_core.live.stream.MAX_LAG_S", 60.0)


@pytest.fixture
def stream(tiny_recognizer: Recognizer) -> Iterator[Stream]:
    stream = Stream({"tiny": tiny_recognizer})
    yield stream
    stream.stop()


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.usefixtures("patient")
def test_the_track_equals_batch_inference_on_the_same_windows(
    stream: Stream, tiny_recognizer: Recognizer, rate: int, n_channels: int
) -> None:
    waveform = spoken(rate)
    snapshot = push_all(
        stream, list(jittered(waveform if n_channels == 1 else stereo(waveform), rate)), rate
    )
    assert snapshot.n_dropped == snapshot.n_skipped == 0
    # The resampler's last milliseconds come only after the next chunk.
    assert snapshot.duration_s == pytest.approx(SECONDS, abs=0.1)
    assert len(snapshot.moments) == pytest.approx(SECONDS / HOP_S - 1, abs=1)
    moments = [moment for moment in snapshot.moments if moment.answers]
    assert len(moments) > 10
    for moment in moments:
        start, end = (round(s * SAMPLE_RATE) for s in (moment.start_s, moment.end_s))
        window = Clip(snapshot.waveform[start:end])
        assert moment.answers["tiny"] == tiny_recognizer(window).probabilities


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
@pytest.mark.usefixtures("patient")
def test_what_is_heard_is_the_file_resampled_and_mixed(stream: Stream, rate: int) -> None:
    waveform = spoken(rate)
    resampled = push_all(stream, list(jittered(stereo(waveform), rate)), rate).waveform
    expected = soxr.resample(waveform, rate, SAMPLE_RATE)[: len(resampled)]
    error = resampled - expected
    assert 20 * np.log10(np.abs(error).max()) < -60, "no delay, no gain of 3 dB"


@pytest.mark.usefixtures("patient")
def test_16_bit_frames_are_scaled_to_full_scale_1(stream: Stream) -> None:
    frames = np.round(32768 * stereo(spoken())).clip(-32768, 32767).astype(np.int16)
    snapshot = push_all(stream, list(jittered(frames, SAMPLE_RATE)))
    np.testing.assert_allclose(snapshot.waveform, spoken(), atol=2 / 32768)


@pytest.mark.usefixtures("patient")
def test_a_change_of_rate_midway_loses_nothing(stream: Stream) -> None:
    for rate in (48_000, 16_000, 44_100):
        for piece in jittered(voices.voice(2.0, rate=rate), rate):
            stream.push(piece, rate)
            wait_for(lambda: stream._chunks.qsize() < MAX_CHUNKS // 2)
    stream.finish()
    snapshot = stream.snapshot()
    assert snapshot.duration_s == pytest.approx(6.0, abs=0.05)
    assert not snapshot.failure


def test_after_a_gap_no_window_holds_sound_from_before(tiny_recognizer: Recognizer) -> None:
    stream = Stream({"tiny": tiny_recognizer}, idle_s=0.1)
    push_all(stream, chunks(Clip(voices.voice(2.1))))
    wait_for(lambda: not stream.running)
    snapshot = push_all(stream, chunks(Clip(voices.voice(2.0, pitch_hz=200))))
    after = [moment for moment in snapshot.moments if moment.end_s > 2.1]
    assert after[0].start_s == pytest.approx(2.1)
    assert after[0].end_s == pytest.approx(2.6)
    assert snapshot.duration_s == pytest.approx(4.1)


def test_silence_and_noise_are_listening_not_an_emotion(tiny_recognizer: Recognizer) -> None:
    rng = np.random.default_rng(0)
    times = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    clicks = np.where(rng.random(len(times)) < 1e-4, 0.5, 0.0)
    sounds = {
        "silence": np.zeros(4 * SAMPLE_RATE),
        "last bit": rng.integers(-1, 2, 4 * SAMPLE_RATE) / 32768,
        "white noise": voices.noise(4.0, rms=0.1),
        "rising noise": voices.noise(4.0, rms=0.1) * np.linspace(0.01, 1, len(times)),
        "hum": sum(np.sin(2 * np.pi * 50 * k * times) / k for k in range(1, 9)) * 0.02,
        "tone": voices.tone(440, 4.0),
        "clicks": clicks,
    }
    for name, waveform in sounds.items():
        audio = LiveAudio()
        for chunk in chunks(Clip(waveform.astype(np.float32))):
            for window in audio.append(chunk, SAMPLE_RATE):
                assert classify(window, {"tiny": tiny_recognizer}).label is None, name


def test_a_voice_is_an_emotion_and_after_a_second_of_silence_no_longer(
    tiny_recognizer: Recognizer,
) -> None:
    waveform = np.concatenate(
        [voices.noise(2, rms=1e-3), voices.voice(2), voices.noise(3, rms=1e-3)]
    )
    audio = LiveAudio()
    voice_at = {
        window.end_s: classify(window, {"tiny": tiny_recognizer}).label
        for chunk in chunks(Clip(waveform))
        for window in audio.append(chunk, SAMPLE_RATE)
    }
    assert not any(voice_at[t] for t in voice_at if t <= 2)
    assert all(voice_at[t] for t in voice_at if 2.75 <= t <= 4.75)
    assert not any(voice_at[t] for t in voice_at if t >= 5.25)


def test_real_speech_is_an_emotion_even_in_noise(
    ravdess_files: list[Path], tiny_recognizer: Recognizer
) -> None:
    speech = [path for path in ravdess_files if path.stem.split("-")[1] == "01"][:20]
    rng = np.random.default_rng(0)
    for path in speech:
        waveform = Clip.from_file(path).waveform[: 3 * SAMPLE_RATE]
        loud = np.sort(np.abs(waveform))[-len(waveform) // 4 :]
        noise = rng.standard_normal(len(waveform)) * np.sqrt(np.mean(loud**2)) / 10**0.5
        for sound in (waveform, waveform + noise):  # clean, and 10 dB below the loud parts
            track = follow(Clip(sound.astype(np.float32)), {"tiny": tiny_recognizer})
            assert any(moment.label for moment in track), path.name


@pytest.mark.usefixtures("patient")
def test_several_models_answer_and_can_be_changed_while_it_runs(
    stream: Stream, tiny_zoo: Path, tiny_recognizer: Recognizer
) -> None:
    other = load_model("tiny-mirrored", zoo=tiny_zoo)
    stream.use({"tiny": tiny_recognizer, "other": other})
    first = push_all(stream, chunks(Clip(voices.voice(2.0))))
    stream.use({"other": other})
    both = push_all(stream, chunks(Clip(voices.voice(2.0))))
    models = [list(m.answers) for m in both.moments if m.answers]
    assert models[0] == ["tiny", "other"]
    assert models[-1] == ["other"]
    assert len(both.moments) > len(first.moments)
    with pytest.raises(ValueError, match="at least one model"):
        stream.use({})


@pytest.mark.usefixtures("patient")
def test_the_window_can_be_changed_while_it_runs(stream: Stream) -> None:
    push_all(stream, chunks(Clip(voices.voice(4.0))))
    stream.window_s = 1.5
    snapshot = push_all(stream, chunks(Clip(voices.voice(4.0))))
    lengths = [round(m.end_s - m.start_s, 3) for m in snapshot.moments]
    assert max(lengths[: len(lengths) // 2]) == 3.0
    assert lengths[-1] == 1.5
    with pytest.raises(ValueError, match="1 to 6 s"):
        stream.window_s = 60


class SlowRecognizer:
    """Takes its time."""

    def __init__(self, seconds: float):
        self.seconds, self.busy = seconds, threading.Event()

    def __call__(self, clip: Clip) -> Prediction:
        self.busy.set()
        time.sleep(self.seconds)
        return Prediction("calm", {"calm": 1.0}, "ok", clip.duration_s)


def test_push_never_waits_and_counts_what_it_drops() -> None:
    slow = SlowRecognizer(1.0)
    stream = Stream({"slow": slow})  # type: ignore[dict-item]
    for chunk in chunks(Clip(voices.voice(3.0))):
        stream.push(chunk, SAMPLE_RATE)
    assert slow.busy.wait(5)
    longest_s = 0.0
    for chunk in chunks(Clip(voices.voice(15.0))):
        begin = time.perf_counter()
        stream.push(chunk, SAMPLE_RATE)
        longest_s = max(longest_s, time.perf_counter() - begin)
    assert longest_s < slow.seconds / 2
    assert stream.snapshot().n_dropped > 0
    assert stream._chunks.qsize() <= MAX_CHUNKS
    stream.stop()
    assert not stream.running


def test_windows_that_are_too_late_are_skipped_and_counted() -> None:
    stream = Stream({"slow": SlowRecognizer(0.6)})  # type: ignore[dict-item]
    snapshot = push_all(stream, chunks(Clip(voices.voice(5.0))))
    assert snapshot.n_skipped > 10
    assert snapshot.duration_s == pytest.approx(5.0), "the sound itself is kept"
    assert all(moment.lag_ms < 1700 for moment in snapshot.moments)


def test_it_ends_by_itself_and_begins_again_with_the_next_chunk(
    tiny_recognizer: Recognizer,
) -> None:
    before = threading.active_count()
    stream = Stream({"tiny": tiny_recognizer}, idle_s=0.1)
    assert not stream.running
    for _ in range(3):
        stream.push(voices.voice(0.1), SAMPLE_RATE)
        assert stream.running
        wait_for(lambda: not stream.running)
    wait_for(lambda: threading.active_count() == before)
    assert stream.snapshot().duration_s == pytest.approx(0.3)


def test_two_streams_share_a_model_without_disturbing_each_other(
    tiny_recognizer: Recognizer, patient: None
) -> None:
    streams = [Stream({"tiny": tiny_recognizer}) for _ in range(2)]
    clips = [Clip(voices.voice(3.0, pitch)) for pitch in (100, 230)]
    for pieces in zip(*map(chunks, clips), strict=True):
        for stream, piece in zip(streams, pieces, strict=True):
            stream.push(piece, SAMPLE_RATE)
    for stream, clip in zip(streams, clips, strict=True):
        stream.finish()
        last = stream.snapshot().moments[-1]
        assert last.answers["tiny"] == tiny_recognizer(clip).probabilities


def test_memory_is_bounded_however_long_it_runs() -> None:
    audio = LiveAudio()
    for second in range(11 * 60):
        audio.append(np.full(SAMPLE_RATE, second / 1000, np.float32), SAMPLE_RATE)
    assert audio.duration_s == 11 * 60
    recorded = audio.recording()
    assert len(recorded) == 10 * 60 * SAMPLE_RATE
    np.testing.assert_allclose(
        recorded[::SAMPLE_RATE] / 32767, np.arange(60, 660) / 1000, atol=1e-4
    )
    recent = audio.recent()
    assert len(recent) == 30 * SAMPLE_RATE
    np.testing.assert_allclose(recent[::SAMPLE_RATE], np.arange(630, 660) / 1000, rtol=1e-6)


@pytest.mark.usefixtures("patient")
def test_the_recording_is_what_was_pushed(stream: Stream, speech_like: Clip) -> None:
    push_all(stream, chunks(speech_like))
    recorded = Clip.from_bytes(wav_bytes(stream.recording()))
    np.testing.assert_allclose(recorded.waveform, speech_like.waveform, atol=2 / 32768)
    exact = Clip.from_bytes(wav_bytes(stream.snapshot().waveform))
    offset = speech_like.waveform.mean()
    np.testing.assert_allclose(exact.waveform, speech_like.waveform - offset, atol=1e-6)


def test_a_value_that_is_not_a_number_does_not_silence_what_follows(stream: Stream) -> None:
    broken = voices.voice(1.0, rate=48_000)
    broken[100] = np.nan
    push_all(stream, list(jittered(broken, 48_000)), 48_000)
    snapshot = stream.snapshot()
    assert np.isfinite(snapshot.waveform).all()
    assert np.abs(snapshot.waveform[-1000:]).max() > 0


@pytest.mark.parametrize(
    ("chunk", "rate"),
    [
        (np.zeros((2, 960), np.float32), 48_000),
        (np.zeros((1, 2, 3), np.float32), 48_000),
        (np.zeros(10, np.float32), 1),
    ],
)
def test_a_chunk_that_cannot_be_sound_is_refused(
    stream: Stream, chunk: np.ndarray, rate: int
) -> None:
    with pytest.raises(ValueError, match="chunk"):
        stream.push(chunk, rate)
    assert not stream.running


def test_a_fault_in_a_model_is_reported(tiny_recognizer: Recognizer) -> None:
    def fail(clip: Clip) -> Prediction:
        raise RuntimeError("out of order")

    stream = Stream({"broken": fail})  # type: ignore[dict-item]
    for chunk in chunks(Clip(voices.voice(2.0))):
        stream.push(chunk, SAMPLE_RATE)
    wait_for(lambda: bool(stream.snapshot().failure))
    assert "out of order" in stream.snapshot().failure


def moments(*happy: float | None) -> list[Moment]:
    return [
        Moment(max(0.0, end - 3), end, {} if p is None else {"m": {"happy": p, "sad": 1 - p}})
        for end, p in zip(np.arange(1, len(happy) + 1) * HOP_S, happy, strict=True)
    ]


def test_smoothing_is_an_exponential_average_that_forgets_in_pauses() -> None:
    raw = moments(1.0, 0.0, 0.0, None, 0.0)
    assert smoothed(raw, 0) == raw
    shares = [m.answers["m"]["happy"] if m.answers else None for m in smoothed(raw, 1.0)]
    assert shares[:3] == pytest.approx([1.0, np.exp(-0.25), np.exp(-0.5)])
    assert shares[3:] == [None, 0.0]


def test_the_csv_has_a_row_for_each_moment_with_its_marks() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(moments(None, 0.75, 0.25), [0.3, 0.4, 0.9]))))
    assert [row["label"] for row in rows] == ["listening", "happy", "sad"]
    assert [row["mark"] for row in rows] == ["", "1 2", "3"], "a mark after the last is kept"
    assert float(rows[1]["happy"]) == 0.75
    assert rows[0]["happy"] == ""


def test_a_mark_has_the_time_of_the_sound(stream: Stream) -> None:
    push_all(stream, chunks(Clip(voices.voice(1.5))))
    assert stream.mark() == pytest.approx(1.5)
    assert stream.snapshot().marks_s == pytest.approx((1.5,))


def test_a_second_mark_of_the_same_moment_is_the_first(stream: Stream) -> None:
    push_all(stream, chunks(Clip(voices.voice(1.5))))
    assert stream.mark() == stream.mark()
    push_all(stream, chunks(Clip(voices.voice(SAME_MARK_S))))
    assert stream.mark() == pytest.approx(1.5 + SAME_MARK_S)
    assert len(stream.snapshot().marks_s) == 2
