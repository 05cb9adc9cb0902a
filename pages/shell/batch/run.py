"""A batch on a page: choosing recordings, working through them, keeping the rows.

The rows live in the session, so they survive a look at another page, and for an hour beside it, so
that they survive a reload, which begins a new session. The first recordings stay in the session, to
hear; the others are let go as soon as they are analyzed or the batch is stopped.
"""

from __future__ import annotations

from secrets import token_urlsafe
from typing import NoReturn

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.shell.choice import choose_one
from pages.shell.models import for_many
from pages.shell.settings import upload_mb
from pages.shell.tables import ROW_HEIGHT, table_height
from ser_core.audio.decoding import in_words, longest_s
from ser_core.evaluation.batch import MAX_FILES, Batch, gather
from ser_core.evaluation.heard_in_training import Training
from ser_core.evaluation.metrics import percent
from ser_core.models.labels import emotion_name
from ser_core.models.recognizer import Recognizer
from ser_core.reports.csv_table import guarded

MAX_UPLOAD_MB = 256  # the zip file of RAVDESS speech has 208 MB
SLICE_S = 0.8  # of work between two looks at the stop button
_PAUSE_S = 0.9
_LATEST = 8
_PARAMETER, _KEY = "batch", "key of the batch"  # in the address, in the session
_KEEP_S, _MOST_KEPT = 3600, 100


def current_batch() -> Batch | None:
    """The batch of this session, running or done; after a reload, the rows of the one before it."""
    if "batch" not in st.session_state and (key := st.query_params.get(_PARAMETER)):
        for rows in _kept(key):
            st.session_state["batch"] = rows
            st.session_state[_KEY] = key
    if "batch" in st.session_state and _KEY in st.session_state:
        st.query_params[_PARAMETER] = st.session_state[_KEY]
    return st.session_state.get("batch")


@st.cache_resource(ttl=_KEEP_S, max_entries=_MOST_KEPT, show_spinner=False)
def _kept(key: str) -> list[Batch]:
    """The batch of a page that may be reloaded, without its recordings.

    A reload begins a new session, which knows nothing but the address; the key in it is random.
    """
    return []


def choose_recordings() -> list[UploadedFile]:
    """The uploader, and what it holds."""
    kinds = ["Files or a zip", "A folder"]
    whole_folder = choose_one("What to upload", kinds, key="what to upload") == "A folder"
    # A new number empties the uploader, and with it the memory that it holds.
    number = st.session_state.setdefault("uploader", 0)
    most_mb = upload_mb(MAX_UPLOAD_MB)
    files = st.file_uploader(
        "A folder and everything in it" if whole_folder else "Audio files or zip archives",
        accept_multiple_files="directory" if whole_folder else True,
        max_upload_size=most_mb,
        key=f"recordings {number} {whole_folder}",
        help=f"Up to {MAX_FILES} recordings of at most {in_words(longest_s())} each; a zip archive "
        f"may have {most_mb} MB. If file or folder names contain the emotion (public corpora, or "
        "folders such as `happy/`), or a `labels.csv` states it, you also get an accuracy report.",
    )
    return list(files or ())


def start(files: list[UploadedFile], recognizer: Recognizer, by_segment: bool) -> NoReturn:
    """Begin a batch, in place of the last one."""
    upload = gather((file.name, file.getvalue()) for file in files)
    training = Training.of(recognizer.path.parent)
    batch = Batch(for_many(recognizer), *upload, training, by_segment)
    key = token_urlsafe(16)
    _kept(key).append(batch.without_recordings())
    st.session_state["batch"], st.session_state[_KEY] = batch, key
    st.session_state["uploader"] += 1
    _release(files)
    st.rerun()


def _release(files: list[UploadedFile]) -> None:
    # Streamlit keeps what was uploaded until the session ends; the batch holds what it needs.
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def forget() -> None:
    """Drop the rows."""
    st.session_state.pop("batch", None)
    if key := st.session_state.pop(_KEY, ""):
        _kept(key).clear()
    st.query_params.pop(_PARAMETER, None)


def run_batch(batch: Batch) -> None:
    """Work through a batch, with its progress; the page begins anew when all is done."""
    ask_before_leaving(True)
    _slice(batch)


def ask_before_leaving(running: bool) -> None:
    """Let the browser ask before it reloads or leaves the page while a batch is running."""
    handler = "event => event.preventDefault()" if running else "null"
    st.html(f"<script>window.onbeforeunload = {handler}</script>", unsafe_allow_javascript=True)


@st.fragment(run_every=_PAUSE_S)
def _slice(batch: Batch) -> None:
    # A slice of work each time the fragment runs, so that the stop button and the other people on
    # this server get their turn, and nothing goes on when the page is closed.
    st.button("Stop", icon=":material/stop:", on_click=batch.stop, key="stop")
    place = st.empty()
    with place.container():
        _show_progress(batch)
    batch.work(SLICE_S)
    with place.container():
        _show_progress(batch)
    if not batch.running:
        st.rerun()


def _show_progress(batch: Batch) -> None:
    done = len(batch.rows)
    st.progress(done / max(batch.n_total, 1), f"{done} of {batch.n_total}{_time_left(batch)}")
    latest = batch.rows[-_LATEST:][::-1]
    # No st.table: it takes names for Markdown, and so would load a picture that one of them links.
    st.dataframe(
        {
            "File": [guarded(row.name) for row in latest],
            "Predicted": [
                f"{emotion_name(row.label)} {percent(row.probabilities[row.label])}"
                if row.label
                else "no answer"
                for row in latest
            ],
        },
        height=table_height(_LATEST),
        row_height=ROW_HEIGHT,
    )


def _time_left(batch: Batch) -> str:
    if not batch.rows or batch.remaining_s is None:
        return ""
    seconds = batch.remaining_s
    if seconds < 1:
        return ", almost done"
    minutes, rest = divmod(round(seconds), 60)
    return f", about {minutes} min {rest} s left" if minutes else f", about {rest} s left"
