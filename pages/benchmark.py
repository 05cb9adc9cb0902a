"""Benchmark, the page at `/benchmark`: how fast the models are, here and now."""

import streamlit as st

from pages.shell import page
from pages.shell.benchmark.run import choose_models, run, show
from pages.shell.models import cards

page.begin(
    "Benchmark",
    "How long this server takes from the bytes of a recording to the emotion, measured while you "
    "wait on a made-up voice of four seconds.",
)

listed = cards()
chosen, threads = choose_models(listed)
if not chosen:
    st.info("Choose at least one model.")
    st.stop()

if st.button("Measure", type="primary", icon=":material/timer:"):
    st.session_state["benchmark"] = run(chosen, threads)
if "benchmark" not in st.session_state:
    st.caption("Takes about ten seconds. Nothing has been measured yet.")
    st.stop()

show(st.session_state["benchmark"])
st.caption(
    "Medians, one clip at a time; all models took turns, so that a busy moment hits them alike. "
    "Milliseconds vary with whatever else the machine does; ratios vary less. With PyTorch, ONNX "
    "Runtime and the path of 2020 beside them: `python -m ser_core benchmark`."
)
