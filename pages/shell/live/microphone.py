"""The microphone: streamed by WebRTC, or recorded where that cannot be.

The only module that knows WebRTC's types.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import av
import streamlit as st

from pages.shell.live import connection as live_connection
from pages.shell.live.session import FREEZE, LiveSession
from ser_core.audio.clip import Clip
from ser_core.audio.decoding import AudioError
from ser_core.live.stream import Snapshot, Stream
from ser_core.live.track import follow
from ser_core.live.windows import RECENT_S

try:
    from streamlit_webrtc import WebRtcMode, create_audio_sink_track, webrtc_streamer

    WEBRTC = True
except ImportError:
    WEBRTC = False

_KEY = "microphone"
_FILTERS = ("echoCancellation", "noiseSuppression", "autoGainControl")


# In no fragment: after the page was left, the component's last message would run that fragment
# once more, and Streamlit would show an empty page (seen with 1.67, one time in five).
def show_microphone(session: LiveSession) -> None:
    """START and STOP."""
    if not WEBRTC:
        st.error("The live microphone needs streamlit-webrtc: pip install streamlit-webrtc.")
        return
    if not live_connection.secure(st.context.url):
        st.error(live_connection.HTTPS)
        return

    _keep_connection()
    context = webrtc_streamer(
        key=_KEY,
        mode=WebRtcMode.SENDONLY,
        rtc_configuration=live_connection.rtc_configuration(),
        media_stream_constraints={
            "audio": dict.fromkeys(_FILTERS, session.browser_filters),
            "video": False,
        },
        sink_audio_track=create_audio_sink_track(_into(session.stream), key="microphone sink"),
        media_toggle_controls=False,
        translations={
            "media_api_not_available": live_connection.HTTPS,
            "device_access_denied": live_connection.PERMISSION,
            "device_not_available": live_connection.NO_MICROPHONE,
        },
    )
    if not (context.state.playing or context.state.signalling):
        session.connecting_since = None
    elif session.connecting_since is None:
        session.connecting_since = time.monotonic()
        session.frozen = session.recorded = None
        session.note = ""
        st.session_state[FREEZE] = False


def _keep_connection() -> None:
    """Begin anew after the page was left, and at no other time.

    streamlit-webrtc 0.79 takes two runs in quick succession for a page that was left, and ends the
    connection; hence its private counter and the exact version in requirements.txt.
    """
    if FREEZE not in st.session_state:
        st.session_state.pop(_KEY, None)
    elif _KEY in st.session_state:
        st.session_state[_KEY]._last_rendered_run_count = None


def _into(stream: Stream) -> Callable[[av.AudioFrame], None]:
    def take(audio_frame: av.AudioFrame) -> None:
        # On the server's event loop: only pass on.
        samples = audio_frame.to_ndarray()
        n_channels = audio_frame.layout.nb_channels
        if audio_frame.format.is_planar:
            samples = samples.T
        stream.push(samples.reshape(-1, n_channels), audio_frame.sample_rate)

    return take


@st.fragment
def show_recorder(session: LiveSession) -> None:
    """A recording gets the same track where the live microphone is not available."""
    blocked = not WEBRTC or not live_connection.secure(st.context.url)
    far = not live_connection.near(st.context.url) and not live_connection.has_relay()
    with st.expander(
        "No live sound? Record a few seconds instead",
        expanded=blocked or far or session.stuck,
        icon=":material/mic:",
    ):
        if far and not blocked:
            st.warning(f"If START does not connect: {live_connection.TURN}")
        recording = st.audio_input(
            "Speak; the track appears when you stop", key="live recording", sample_rate=16_000
        )
        if recording is None:
            return
        data = recording.getvalue()
        if st.session_state.get("live recording taken") == recording.file_id:
            return
        try:
            clip = Clip.from_bytes(data, "recording.wav")
        except AudioError as error:
            st.error(str(error))
            return
        st.session_state["live recording taken"] = recording.file_id
        moments = tuple(follow(clip, session.answering(), session.stream.window_s))
        recent = clip.waveform[-round(RECENT_S * clip.sample_rate) :]
        session.recorded = Snapshot(clip.duration_s, recent, moments)
        st.rerun()
