"""What one visitor's live recognition holds, in the memory of the session alone."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from ser_core.adaptation.running import AdaptingRecognizer
from ser_core.live.stream import Snapshot, Stream
from ser_core.live.track import Answers
from ser_core.live.windows import HOP_S
from ser_core.models.recognizer import Recognizer
from ser_core.models.speaker import Speaker

FREEZE = "freeze"
"""Key of the Freeze switch. Streamlit forgets it when the page is left, which tells of a return."""
CONNECT_S = 8.0
"""A connection that takes longer needs a word."""


@dataclass
class LiveSession:
    """Stream and what is on the screen.

    Attributes:
        stream: listens; it ends by itself when the browser leaves.
        recognizers: whom it asks; the first one's answer is the headline.
        speaker: who speaks, as taught to the first model; None if nobody taught it.
        adapting: gets to know who speaks meanwhile; None unless that was chosen.
        smoothing_s: how long the answers are averaged for the screen.
        browser_filters: the browser cleans up the sound.
        frozen: what the screen shows while it stands still.
        recorded: a recording that is shown instead of the stream.
        connecting_since: when START was pressed (`time.monotonic`); None while nobody connects.
        screen_lags_ms: of the last few times that the label was drawn.
        note: what the last click did.
        saved: track as CSV and recording as WAV, ready to be downloaded.
        shows_stuck: the page says that no sound is coming in.
    """

    stream: Stream
    recognizers: Mapping[str, Recognizer]
    speaker: Speaker | None = None
    adapting: AdaptingRecognizer | None = None
    smoothing_s: float = 0.5
    browser_filters: bool = False
    frozen: Snapshot | None = None
    recorded: Snapshot | None = None
    connecting_since: float | None = None
    screen_lags_ms: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    note: str = ""
    saved: tuple[str, bytes] | None = None
    shows_stuck: bool = False

    @property
    def on(self) -> bool:
        """Whether the microphone is on, or about to be."""
        return self.connecting_since is not None

    @property
    def first(self) -> Recognizer:
        """Whose answer is the headline."""
        return next(iter(self.recognizers.values()))

    @property
    def labels(self) -> tuple[str, ...]:
        """What the headline may say."""
        labels = self.first.signature.labels
        return self.speaker.labels(labels) if self.speaker else labels

    def ask(self, recognizers: Mapping[str, Recognizer], adapt: bool = False) -> None:
        """From now on ask these models.

        Args:
            adapt: the first one gets to know the voice, unless it was taught.
        """
        if self.first is not next(iter(recognizers.values())):
            self.speaker = None  # it belongs to the other model
        self.recognizers = recognizers
        if not adapt:
            self.adapting = None
        elif self.adapting is None or self.adapting.recognizer is not self.first:
            self.adapting = AdaptingRecognizer(self.first, HOP_S)
        self.stream.use(self.answering())

    def know(self, speaker: Speaker | None) -> None:
        """From now on take the voice for that of this speaker."""
        if speaker is not self.speaker:
            self.speaker = speaker
            self.stream.use(self.answering())

    def answering(self) -> dict[str, Answers]:
        """What answers, by name: where the first model knows the voice, it answers untaught too."""
        (name, first), *others = self.recognizers.items()
        known = partial(first, speaker=self.speaker) if self.speaker else self.adapting
        if known is None:
            return dict(self.recognizers)
        return {name: known, f"{name}, untaught": first, **dict(others)}

    @property
    def knowledge(self) -> str:
        """How well the first model knows the voice; empty while it does not."""
        if self.speaker:
            return f"Taught with {self.speaker.n_takes} takes"
        if self.adapting:
            return f"Knows {self.adapting.known_s:.0f} s of your voice"
        return ""

    @property
    def stuck(self) -> bool:
        """Whether START was pressed and no sound has come for too long."""
        return (
            self.connecting_since is not None
            and time.monotonic() - self.connecting_since > CONNECT_S
            and not self.stream.running
        )

    def shown(self) -> Snapshot:
        """What the screen shows now."""
        if self.frozen:
            return self.frozen
        if self.recorded and not self.stream.running:
            return self.recorded
        return self.stream.snapshot()


def live_session(model: str, recognizer: Recognizer) -> LiveSession:
    """The session of this visitor; a new one begins with this model."""
    if "live session" not in st.session_state:
        recognizers = {model: recognizer}
        st.session_state["live session"] = LiveSession(Stream(recognizers), recognizers)
    return st.session_state["live session"]
