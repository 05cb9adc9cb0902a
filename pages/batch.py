"""Batch, the page at `/batch`: many recordings at once, and how often the answers are right."""

import streamlit as st

from pages.shell import page
from pages.shell.batch.by_speaker import choose_adaptation
from pages.shell.batch.result import (
    show_distribution,
    show_report,
    show_rows,
    show_sounds,
    show_summary,
)
from pages.shell.batch.run import (
    ask_before_leaving,
    choose_recordings,
    current_batch,
    forget,
    run_batch,
    start,
)
from pages.shell.models import choose_model, show_new_voices

page.begin(
    "Batch", "Many recordings at once: the predicted emotion of each, and how often it is right."
)

batch = current_batch()
if batch and batch.running:
    run_batch(batch)
    st.stop()

ask_before_leaving(False)
files_column, model_column = st.columns([3, 2], gap="medium")
with files_column:
    files = choose_recordings()
with model_column:
    recognizer = choose_model("main")
show_new_voices(recognizer)
by_segment = st.checkbox(
    "Also the emotion of each stretch of long recordings",
    help="One row per model window, as a CSV of its own. Takes twice as long.",
    key="by segment",
)
if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=not files):
    start(files, recognizer, by_segment)

if batch is None:
    st.info("Nothing to show yet. The recordings stay in this session's memory; no file is kept.")
    st.stop()

st.header("Predicted emotions", anchor=False)
batch = choose_adaptation(batch)
show_summary(batch)
show_distribution(batch)
show_rows(batch)
show_sounds(batch)
show_report(batch)
st.button("Discard these results", icon=":material/delete:", on_click=forget, key="forget")
