"""How the stream looks: label, level, lag, river and spectrogram; and what can be saved of it."""

from __future__ import annotations

import time
from functools import partial

import numpy as np
import streamlit as st

from pages.shell.chart import CHART_OPTIONS
from pages.shell.html import show_html
from pages.shell.live import connection as live_connection
from pages.shell.live.session import FREEZE, LiveSession
from pages.shell.voices import FROM_LIVE, LIVE_SOUND
from ser_core.audio.decoding import SAMPLE_RATE
from ser_core.audio.encoding import wav_bytes
from ser_core.charts import live as live_charts
from ser_core.charts import look
from ser_core.evaluation.metrics import percent
from ser_core.features.source import Source
from ser_core.live.stream import Snapshot
from ser_core.live.track import LISTENING, Moment, as_csv, smoothed
from ser_core.live.windows import RECENT_S
from ser_core.models.labels import emotion_name

_METER_S = 0.25
_QUIET_DB = -60.0
_SILENCE = np.zeros(0, np.float32)
_MEMORY_S = 10.0  # older answers no longer weigh in any smoothing that can be chosen


def show_now(session: LiveSession) -> None:
    """The label of this moment, the level, the lag, and what was lost."""
    if session.stuck != session.shows_stuck:
        session.shows_stuck = session.stuck
        st.rerun()  # the recorder unfolds
    if session.stuck:
        st.error(live_connection.TURN)
    snapshot = session.shown()
    if snapshot.failure:
        st.error(snapshot.failure)
    recent = [m for m in snapshot.moments if m.end_s > snapshot.duration_s - _MEMORY_S]
    moment = smoothed(recent, session.smoothing_s)[-1] if recent else None
    live = session.on and snapshot is not session.frozen
    if live and moment:
        session.screen_lags_ms.append(1000 * (time.perf_counter() - moment.arrived_s))
    label_column, figures_column = st.columns([7, 3], gap="medium", vertical_alignment="center")
    with label_column:
        _headline(session, snapshot, moment)
    with figures_column:
        _meter(snapshot.waveform if session.on else _SILENCE)
        _figures(session, snapshot)


def _figures(session: LiveSession, snapshot: Snapshot) -> None:
    lags_ms = session.screen_lags_ms
    lag = f"{np.median(lags_ms):.0f} ms" if lags_ms else "–"
    spoken = next((moment for moment in reversed(snapshot.moments) if moment.answers), None)
    inference = f"{spoken.inference_ms:.0f} ms" if spoken else "–"
    st.markdown(
        f"Lag **{lag}**  \nInference **{inference}**  \nDropped chunks **{snapshot.n_dropped}**"
        + (f"  \n**{session.knowledge}**" if session.knowledge else ""),
        help="Lag: from the arrival of the last audio used for a label until the label is sent to "
        "the screen (median of the last 4 seconds); network and browser add to it. Inference: "
        "features and all models, for one window with speech. Dropped chunks: pieces of 20 ms "
        "that arrived when the queue was full. Windows skipped because they came too late: "
        f"{snapshot.n_skipped}.",
    )


def _headline(session: LiveSession, snapshot: Snapshot, moment: Moment | None) -> None:
    text, label, below, others = LISTENING, "", "", []
    stopped = not session.on and snapshot is not session.frozen
    if stopped:  # or a recording: the last answer stays
        spoken = [m for m in smoothed(snapshot.moments, session.smoothing_s) if m.answers]
        nobody = moment if snapshot is session.recorded else None
        moment = spoken[-1] if spoken else nobody
    if moment is None:
        text = "connecting" if session.on else "Press START"
    elif not moment.answers:
        below = "Nobody is speaking."
    else:
        (model, probabilities), *further = moment.answers.items()
        label = moment.label or ""
        text = emotion_name(label)
        below = f"probability {percent(probabilities[label])}"
        recognizer = session.recognizers.get(model)
        if recognizer and probabilities[label] < recognizer.signature.uncertain_below:
            below += ", no clear winner (uncertain)"
        if stopped and snapshot is not session.recorded:
            below += ". Stopped; press START to go on."
        others = [_further_answer(moment, model) for model, _ in further]
    show_html(
        "live_label.html",
        text=text,
        label=label,
        below=below,
        others=others,
        height_rem=9 + 1.6 * (len(session.answering()) - 1),
    )


def _further_answer(moment: Moment, model: str) -> str:
    label = moment.label_of(model) or ""
    return f"{model}: {emotion_name(label)} {percent(moment.answers[model][label])}"


def _meter(waveform: np.ndarray) -> None:
    tail = waveform[-round(_METER_S * SAMPLE_RATE) :]
    rms = float(np.sqrt(np.mean(np.square(tail, dtype=np.float64)))) if len(tail) else 0.0
    peak = float(np.abs(tail).max()) if len(tail) else 0.0
    rms_db, peak_db = (max(20 * np.log10(v + 1e-9), _QUIET_DB) for v in (rms, peak))
    rms_share, peak_share = (100 * (1 - db / _QUIET_DB) for db in (rms_db, peak_db))
    show_html(
        "meter.html",
        rms_db=rms_db,
        rms_share=rms_share,
        peak_share=peak_share,
        quiet_db=_QUIET_DB,
        color="#DF6454" if peak_db > -1 else look.SOUND_COLOR,
        level=f"{rms_db:.0f} dBFS" if rms_db > _QUIET_DB else "silent",
        clipping=peak_db > -0.1,
    )


def show_past(session: LiveSession) -> None:
    """River and spectrogram of the last 30 seconds."""
    snapshot = session.shown()
    first = session.first
    moments = smoothed(snapshot.moments, session.smoothing_s)
    span_s = RECENT_S if snapshot is not session.recorded else min(RECENT_S, snapshot.duration_s)
    marks_s = {
        number: mark - snapshot.duration_s
        for number, mark in enumerate(snapshot.marks_s, start=1)
        if mark > snapshot.duration_s - span_s
    }
    options = {**CHART_OPTIONS, "displayModeBar": False}
    # Both are made before either is sent, so that a mark moves in both at the same time.
    river = live_charts.river(moments, snapshot.duration_s, session.labels, marks_s, span_s)
    spectrogram = live_charts.rolling_spectrogram(
        snapshot.waveform, first.signature.features, marks_s, span_s
    )
    show_html("legend.html", labels=session.labels)
    st.plotly_chart(
        river,
        key="river",
        config=options,
        alt=f"Probability of each emotion over the last {span_s:.0f} seconds, as a stream graph. "
        "The table below has the numbers.",
    )
    st.plotly_chart(
        spectrogram,
        key="rolling spectrogram",
        config=options,
        alt=f"Log-mel spectrogram of the last {span_s:.0f} seconds.",
    )
    with st.expander("The numbers behind the charts"):
        st.table(_table(moments, snapshot.duration_s, span_s))


def _table(moments: list[Moment], now_s: float, span_s: float) -> dict[str, list[str]]:
    """One row per second."""
    shown = [m for m in moments if m.end_s > now_s - span_s and m.end_s % 1 < 1e-6][::-1]
    return {
        "Time": [f"{m.end_s:.0f} s" for m in shown],
        "Predicted emotion": [emotion_name(m.label) if m.label else LISTENING for m in shown],
        "Probability": [
            percent(max(next(iter(m.answers.values())).values())) if m.answers else "–"
            for m in shown
        ],
        "Inference": [f"{m.inference_ms:.0f} ms" for m in shown],
    }


@st.fragment
def show_actions(session: LiveSession) -> None:
    """Freeze, mark, save, download."""

    def freeze() -> None:
        session.frozen = session.stream.snapshot() if st.session_state[FREEZE] else None

    # Nothing is written here: in the callback of a fragment, it would take the place of the page's
    # first element, which is its stylesheet.
    def mark() -> None:
        session.note = f"Marked at {session.stream.mark():.1f} s."

    st.session_state[LIVE_SOUND] = partial(_last_seconds, session)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.toggle(
            "Freeze",
            key=FREEZE,
            on_change=freeze,
            help="Pauses the display; the sound is still analyzed.",
        )
        st.button("Mark this moment", on_click=mark, icon=":material/flag:")
        # A link, not st.switch_page: a fragment that runs by itself may come after the switch
        # and leave an empty page (seen with Streamlit 1.67).
        st.page_link(
            "streamlit_app.py",
            label="Last 30 s to Analyze",
            icon=":material/graphic_eq:",
            query_params=FROM_LIVE,
        )
        # Made on request and then kept: a file that is made by the click on its download button
        # can be swept away by the next run of a fragment before the browser fetches it.
        st.button(
            "Prepare downloads",
            on_click=_save,
            args=(session,),
            icon=":material/download:",
            help="The sound and the answers of the last 10 minutes, up to this moment.",
        )
        if session.saved:
            track, recording = session.saved
            st.download_button(
                "Track (CSV)",
                track,
                "live-track.csv",
                "text/csv",
                on_click="ignore",
                help="Every answer, without smoothing.",
            )
            st.download_button(
                "Recording (WAV)",
                recording,
                "live-recording.wav",
                "audio/wav",
                on_click="ignore",
                help="As the models heard it. It is kept in this session's memory only.",
            )
        if session.note:
            st.caption(session.note, width="content")


def _save(session: LiveSession) -> None:
    session.saved = _track_csv(session), _recording(session)


def _last_seconds(session: LiveSession) -> Source | None:
    """What the screen shows, as a recording; None while there is no sound."""
    waveform = session.shown().waveform
    return Source.from_bytes(wav_bytes(waveform), "live microphone.wav") if len(waveform) else None


def _track_csv(session: LiveSession) -> str:
    snapshot = session.shown()
    return as_csv(snapshot.moments, snapshot.marks_s)


def _recording(session: LiveSession) -> bytes:
    if session.recorded and session.shown() is session.recorded:
        return wav_bytes(session.recorded.waveform)
    return wav_bytes(session.stream.recording())
