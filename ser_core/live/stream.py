"""Live recognition on a background thread: chunks in, track out.

    stream = Stream({"main": load_model()})
    stream.push(samples, sample_rate)  # from any thread; never waits
    stream.snapshot().moments[-1].label

Nothing here knows where the sound comes from. Memory is bounded, whatever is pushed and for
however long; what the machine cannot keep up with is dropped and counted.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from ser_core.audio.decoding import MAX_DURATION_S
from ser_core.live.track import Answers, Moment, classify
from ser_core.live.windows import (
    HOP_S,
    MAX_WINDOW_S,
    MIN_WINDOW_S,
    LiveAudio,
    LiveWindow,
    check_chunk,
)

MAX_CHUNKS = 512
"""Length of the queue; with WebRTC's 20 ms this is 10 s."""
MAX_LAG_S = 1.0
"""Windows older than this when their turn comes are skipped."""
IDLE_S = 3.0
MAX_MARKS = 200
SAME_MARK_S = 3.0

_STOP = (np.zeros(0, np.float32), 0, 0.0)  # the chunk that ends the worker

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A copy of a stream's state.

    Attributes:
        duration_s: seconds of sound since the beginning.
        waveform: the last 30 seconds at 16 kHz.
        moments: the last 10 minutes, oldest first.
        marks_s: the marked times.
        n_dropped: chunks that found the queue full.
        n_skipped: windows that were too late to be classified.
        running: sound is coming in, or was until a moment ago.
        failure: why the stream failed; empty if it did not.
    """

    duration_s: float = 0.0
    waveform: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    moments: tuple[Moment, ...] = ()
    marks_s: tuple[float, ...] = ()
    n_dropped: int = 0
    n_skipped: int = 0
    running: bool = False
    failure: str = ""


class Stream:
    """Classifies the last seconds of a stream four times per second.

    The worker thread starts with the first chunk and ends by itself when none has arrived for
    `idle_s`; the next chunk starts it again.

    Args:
        recognizers: by their names in the track; the first one gives the headline.
        window_s: length of the classified window, 1 to 6 s.
        idle_s: how long to wait for sound.
    """

    def __init__(
        self,
        recognizers: Mapping[str, Answers],
        window_s: float = 3.0,
        idle_s: float = IDLE_S,
    ):
        self._idle_s = idle_s
        self._chunks: queue.Queue[tuple[np.ndarray, int, float]] = queue.Queue(MAX_CHUNKS)
        # Guards audio and track. The worker holds it while copying, never during inference, so
        # that drawing never waits for a model.
        self._lock = threading.Lock()
        # Guards only the worker's start and end: push, on the server's event loop, takes it.
        self._worker_lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._audio = LiveAudio()
        self._moments: deque[Moment] = deque(maxlen=round(MAX_DURATION_S / HOP_S))
        self._marks_s: deque[float] = deque(maxlen=MAX_MARKS)
        self._n_dropped = self._n_skipped = 0
        self._failure = ""
        self.use(recognizers)
        self.window_s = window_s

    @property
    def window_s(self) -> float:
        return self._audio.window_s

    @window_s.setter
    def window_s(self, window_s: float) -> None:
        if not MIN_WINDOW_S <= window_s <= MAX_WINDOW_S:
            raise ValueError(
                f"A window of {window_s:g} s is not possible. Choose {MIN_WINDOW_S:g} to "
                f"{MAX_WINDOW_S:g} s."
            )
        self._audio.window_s = window_s

    @property
    def running(self) -> bool:
        return self._worker is not None

    def use(self, recognizers: Mapping[str, Answers]) -> None:
        """Use these models from the next window on."""
        if not recognizers:
            raise ValueError("A stream needs at least one model.")
        self._recognizers = dict(recognizers)

    def push(self, chunk: np.ndarray, sample_rate: int) -> None:
        """Take a chunk, from any thread, without waiting.

        Args:
            chunk: float in [-1, 1] or int16, shape `(n_samples,)` or `(n_samples, n_channels)`;
                not to be changed afterwards.

        Raises:
            ValueError: wrong shape or sample rate.
        """
        check_chunk(chunk, sample_rate)
        try:
            self._chunks.put_nowait((chunk, sample_rate, time.perf_counter()))
        except queue.Full:
            self._n_dropped += 1
        with self._worker_lock:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="live", daemon=True)
                self._worker.start()

    def mark(self) -> float:
        """Mark this moment; returns its time in seconds of sound.

        A second mark within `SAME_MARK_S` is the first one: it is about the same window of sound,
        and a busy server may deliver one click twice.
        """
        with self._lock:
            now_s = self._audio.duration_s
            if not self._marks_s or now_s - self._marks_s[-1] >= SAME_MARK_S:
                self._marks_s.append(now_s)
            return self._marks_s[-1]

    def track(self, after_s: float = 0.0) -> list[Moment]:
        """The moments whose windows end after `after_s`."""
        with self._lock:
            return [moment for moment in self._moments if moment.end_s > after_s]

    def snapshot(self) -> Snapshot:
        """A copy of the current state."""
        with self._lock:
            return Snapshot(
                self._audio.duration_s,
                self._audio.recent(),
                tuple(self._moments),
                tuple(self._marks_s),
                self._n_dropped,
                self._n_skipped,
                self.running,
                self._failure,
            )

    def recording(self) -> np.ndarray:
        """The last 10 minutes at 16 kHz, int16, shape `(n_samples,)`."""
        with self._lock:
            return self._audio.recording()

    def finish(self, timeout_s: float = 5.0) -> None:
        """End the worker after it has classified everything that was pushed."""
        self._end(timeout_s)

    def stop(self, timeout_s: float = 5.0) -> None:
        """End the worker without classifying what is still queued."""
        while True:
            try:
                self._chunks.get_nowait()
            except queue.Empty:
                break
        self._end(timeout_s)

    def _end(self, timeout_s: float) -> None:
        worker = self._worker
        if worker:
            with suppress(queue.Full):
                self._chunks.put(_STOP, timeout=timeout_s)
            worker.join(timeout_s)

    def _work(self) -> None:
        try:
            with self._lock:
                self._audio.interrupt()
            while self._next():
                pass
        except Exception as error:
            # Without a sentence on the page, a fault would look like endless silence.
            _logger.exception("Live recognition failed.")
            self._failure = f"Live recognition failed: {error}"
            with self._worker_lock:
                self._worker = None

    def _next(self) -> bool:
        """Process the next chunk; False if there is none."""
        try:
            chunk, sample_rate, arrived_s = self._chunks.get(timeout=self._idle_s)
        except queue.Empty:
            with self._worker_lock:
                # A chunk may have come between the timeout and here.
                if not self._chunks.empty():
                    return True
                self._worker = None
            return False
        if chunk is _STOP[0]:
            with self._worker_lock:
                self._worker = None
            return False
        for start in range(0, len(chunk), sample_rate):
            with self._lock:
                windows = self._audio.append(chunk[start : start + sample_rate], sample_rate)
            for window in windows:
                self._answer(window, arrived_s)
        return True

    def _answer(self, window: LiveWindow, arrived_s: float) -> None:
        if time.perf_counter() - arrived_s > MAX_LAG_S:
            self._n_skipped += 1
            return
        moment = classify(window, self._recognizers, arrived_s)
        with self._lock:
            self._moments.append(moment)
