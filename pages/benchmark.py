"""Benchmark, the page at `/benchmark`: how fast the models are, here and now."""

import streamlit as st

from pages.shell import page
from pages.shell.benchmark.run import choose_models, run, show
from pages.shell.models import cards
from ser_core.evaluation.results import all_results

page.begin(
    "Benchmark",
    "How long this server takes to get from the bytes of a recording to the emotion, measured "
    "while you wait, on a synthetic voice of four seconds.",
)

chosen, threads = choose_models(cards())
if not chosen:
    st.info("Choose at least one model.")
    st.stop()

if st.button("Measure", type="primary", icon=":material/timer:"):
    st.session_state["benchmark"] = run(chosen, threads)
if "benchmark" not in st.session_state:
    st.caption("Nothing has been measured yet. It takes about half a minute.")
    st.stop()

show(st.session_state["benchmark"], all_results(cards()))
st.caption(
    "Medians, one clip at a time; the models took turns, so a busy moment affects them all. "
    "Milliseconds vary with the load on the machine; ratios vary less. To compare with PyTorch, "
    "ONNX Runtime and the 2020 pipeline, run `python -m ser_core benchmark`."
)
