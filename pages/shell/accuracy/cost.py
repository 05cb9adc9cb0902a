"""What accuracy costs: latency and size of every model, measured on this server on demand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from pages.shell.accuracy_and_cost import comparable, show_scatter
from pages.shell.models import compiled
from ser_core.audio.clip import Clip
from ser_core.evaluation.benchmark import OPENVINO, Task, race, spoken_wav
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.results import Result
from ser_core.models.recognizer import Recognizer

ROUNDS = 5
_PATH = "path"


@st.fragment
def show_cost(results: Sequence[Result]) -> None:
    """Accuracy against latency against size; results of other tests than the first are left out."""
    compared = comparable(results)
    if not compared:
        st.info("No model has a result on unseen actors yet, so there is nothing to compare.")
        return
    measured: dict[tuple[str, str], float] = st.session_state.get("latency", {})
    if st.button(
        "Measure latency on this server",
        icon=":material/timer:",
        key="measure",
        help="Times every model in every precision, taking turns, on a synthetic 4-second voice. "
        "Takes about half a minute.",
    ):
        measured = st.session_state["latency"] = _measure(compared)
    show_scatter(compared, measured)
    if price := _price_of_pretraining(results):
        st.markdown(price)


def _price_of_pretraining(results: Sequence[Result]) -> str:
    """What weights that others trained on far more speech buy and cost; empty where none did."""
    recipes = [
        r
        for r in results
        if r.of_recipe and r.unseen_actors and r.channel == "speech"
        if r.card.task == "emotions-8"
    ]
    pretrained = [r for r in recipes if r.card.training.pretrained]
    protocols = {r.protocol for r in pretrained}
    scratch = [r for r in recipes if not r.card.training.pretrained and r.protocol in protocols]
    if not scratch:
        return ""
    best = max(scratch, key=lambda r: r.entry.uar)
    rival = max((r for r in pretrained if r.protocol == best.protocol), key=lambda r: r.entry.uar)
    sizes = [min(f.bytes for f in r.card.files.values()) / 1e6 for r in (rival, best)]
    return (
        f"**What pretraining buys.** {rival.card.title} starts from "
        f"{rival.card.training.pretrained}; {best.card.title} was trained from scratch. Over all "
        f"folds of {best.protocol}, their UAR on new voices is {percent(rival.entry.uar, 1)} and "
        f"{percent(best.entry.uar, 1)}. The price: "
        f"{rival.card.parameters / best.card.parameters:.0f} times the parameters, "
        f"{rival.card.macs / best.card.macs:.0f} times the computation per window, and a smallest "
        f"file of {sizes[0]:.1f} MB instead of {sizes[1]:.1f} MB."
    )


def _measure(results: Sequence[Result]) -> dict[tuple[str, str], float]:
    """Median ms from bytes to probabilities, by model and precision."""
    wav = spoken_wav()
    bar = st.progress(0.0)
    tasks = []
    for n, r in enumerate(results):
        bar.progress(n / len(results), f"Loading model {n + 1} of {len(results)}…")
        answer = partial(_answer, compiled(r.card, r.precision), wav)
        tasks.append(Task(r.card.name, r.precision, OPENVINO, _PATH, answer))

    def show(done: int, total: int) -> None:
        bar.progress(done / total, f"Measuring, {done} of {total}…")

    rows = race(tasks, ROUNDS, show)
    bar.empty()
    return {(row.model, row.precision): row.median_ms for row in rows if row.stage == _PATH}


def _answer(recognizer: Recognizer, wav: bytes) -> None:
    recognizer(Clip.from_bytes(wav))
