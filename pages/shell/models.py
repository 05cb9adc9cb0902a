"""Models for the pages: compiled once per server, chosen by a widget."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import streamlit as st

from ser_core import zoo
from ser_core.audio import SAMPLE_RATE, Clip
from ser_core.charts.look import percent
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.recognizer import ModelError, Recognizer
from ser_core.zoo import ModelCard


def cards() -> list[ModelCard]:
    """The cards of the zoo; where there are none, one sentence, and the page ends here."""
    try:
        found = zoo.list_models(zoo.ZOO)
    except ModelError as error:
        _stop(str(error))
    if not found:
        _stop("There is no model in model_zoo/. Clone the repository again, or train one.")
    return found


def choose_model(role: str = "main") -> Recognizer:
    """Widgets for model and precision, and the compiled choice.

    Args:
        role: whose model is chosen at first.
    """
    listed = {card.name: card for card in cards()}
    default = next((i for i, card in enumerate(listed.values()) if card.role == role), 0)
    name = st.selectbox(
        "Model",
        list(listed),
        index=default,
        format_func=lambda name: listed[name].title,
        key=f"model for {role}",
        persist_state="session",
    )
    card = listed[name]
    precision = st.segmented_control(
        "Precision of its weights",
        card.precisions,
        default=card.precisions[0],
        required=True,
        key=f"precision of {name}",
        persist_state="session",
        help="FP32: 32-bit numbers, as trained. FP16: half the file, the same speed. "
        "INT8: quantised, smaller still and two to three times as fast.",
    )
    return compiled(card, precision)


def compiled(card: ModelCard, precision: str) -> Recognizer:
    """A model, ready to answer; where it cannot be, one sentence, and the page ends here."""
    try:
        return _compiled(zoo.ZOO, card.name, precision, card.to_json())
    except ModelError as error:
        _stop(str(error))


@st.cache_resource(show_spinner="Loading the model …")
def _compiled(folder: Path, name: str, precision: str, card: str) -> Recognizer:
    # The card is here to compile again when it, and with it the sha256 of the files, has changed.
    recognizer = zoo.load_model(name, precision, zoo=folder)
    # The first inference of all allocates memory; nobody's latency shall include that.
    recognizer(Clip(np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)))
    return recognizer


def unseen_actors_result(card: ModelCard, precision: str) -> dict[str, Any] | None:
    """What the card says about this very file on actors that it never heard, if it says it.

    Best with the given precision, and on speech rather than song.
    """
    measured = [
        result
        for result in card.results
        if result["of"] == "this file"
        and (protocol := PROTOCOLS.get(result["protocol"]))
        and protocol.actors
    ]
    measured.sort(key=lambda r: (r["precision"] != precision, r["channel"] != "speech"))
    return measured[0] if measured else None


def show_unseen_actors(recognizer: Recognizer) -> None:
    """One honest line: how good this file was on actors that it never heard, if its card says."""
    card = recognizer.card
    result = unseen_actors_result(card, recognizer.precision) if card else None
    if card is None or result is None:
        return
    low, high = result["intervals"]["uar"]
    st.caption(
        f"This model finds {percent(result['uar'])} of each emotion on average ({100 * low:.0f} to "
        f"{percent(high)} with 95 % certainty; guessing finds {percent(1 / len(card.labels), 1)}), "
        f"measured on {result['n']} clips ({result['channel']}) of actors that it had never heard, "
        f"with {result['precision']}."
    )


def _stop(sentence: str) -> NoReturn:
    st.error(sentence)
    st.stop()
