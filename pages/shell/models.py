"""Models for the pages: compiled once per server, chosen by a widget."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import streamlit as st

from pages.shell.choice import choose_one
from pages.shell.settings import settings
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.results import unseen_actors_entry
from ser_core.models import zoo
from ser_core.models.card import ModelCard
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.runtime.settings import Settings

NETWORK_OF_2020 = "densenet121"
"""What the SpeechVINO group used; it is compared by default."""


def cards() -> list[ModelCard]:
    """The cards of the zoo; where there are none, one sentence, and the page ends here."""
    found, broken = zoo.read_zoo(zoo.ZOO)
    if broken and not found:
        st.stop()  # `warn_of_broken_cards` has said why
    if not found:
        _stop("There is no model in model_zoo/. Clone the repository again, or train one.")
    return found


def warn_of_broken_cards() -> None:
    """Say which models cannot be offered; the page goes on with the others."""
    for error in zoo.read_zoo(zoo.ZOO)[1]:
        st.warning(f"A model is left out. {error}")


PRECISION_HELP = (
    "FP32: 32-bit numbers, as trained. FP16: half the file, the same speed. "
    "INT8: quantized, smaller still and two to three times as fast."
)


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
    precision = choose_one(
        "Precision of its weights",
        card.precisions,
        key=f"precision of {name}",
        help=PRECISION_HELP,
    )
    return compiled(card, precision)


def choose_models(role: str = "main") -> list[Recognizer]:
    """A widget for any number of models and precisions, and what of it can be compiled.

    Args:
        role: whose model comes first at first.
    """
    listed = {
        f"{card.name}, {precision}": (card, precision)
        for card in cards()
        for precision in card.precisions
    }
    key = f"models for {role}"
    kept = st.session_state.get(key, _first_choice(role))
    st.session_state[key] = [name for name in kept if name in listed]  # the zoo may change
    chosen = st.multiselect(
        "Models to compare",
        list(listed),
        key=key,
        persist_state="session",
        placeholder="Choose models",
        wrap=True,
        help=f"Each in the precision of its weights. {PRECISION_HELP}",
    )
    recognizers, refusals = [], []
    for name in chosen:
        card, precision = listed[name]
        try:
            recognizers.append(_loaded(card, precision))
        except ModelError as error:
            refusals.append(str(error))
    for refusal in dict.fromkeys(refusals):  # an inference server that is away refuses them all
        st.error(refusal)
    if refusals and not recognizers:
        st.stop()
    return recognizers


def _first_choice(role: str) -> list[str]:
    """The model of a role (else the first), as exact as it comes and in INT8; that of 2020."""
    found = cards()
    first = next((card for card in found if card.role == role), found[0])
    chosen = [f"{first.name}, {precision}" for precision in (first.most_exact, "INT8")]
    chosen += [f"{c.name}, {c.most_exact}" for c in found if c.name == NETWORK_OF_2020]
    return list(dict.fromkeys(chosen))


def compiled(card: ModelCard, precision: str) -> Recognizer:
    """A model, ready to answer; where it cannot be, one sentence, and the page ends here."""
    try:
        return _loaded(card, precision)
    except ModelError as error:
        _stop(str(error))


def _loaded(card: ModelCard, precision: str) -> Recognizer:
    return _compiled(zoo.ZOO, card.name, precision, card.to_json(), settings())


@st.cache_resource(show_spinner="Loading the model …", hash_funcs={Settings: repr})
def _compiled(folder: Path, name: str, precision: str, card: str, chosen: Settings) -> Recognizer:
    # The card is here to compile again when it, and with it the sha256 of the files, has changed;
    # the settings, because they say on which machine the network runs.
    recognizer = zoo.load_model(name, precision, zoo=folder)
    recognizer.warm_up()
    return recognizer


def show_unseen_actors(recognizer: Recognizer) -> None:
    """One honest line: how good this file was on actors that it never heard, if its card says."""
    card = recognizer.card
    result = unseen_actors_entry(card, recognizer.precision) if card else None
    if card is None or result is None:
        return
    low, high = result.intervals.uar
    st.caption(
        f"This model finds {percent(result.uar)} of each emotion on average ({100 * low:.0f} to "
        f"{percent(high)} with 95 % certainty; guessing finds {percent(1 / len(card.labels), 1)}), "
        f"measured on {result.n} clips ({result.channel}) of actors that it had never heard, "
        f"with {result.precision}."
    )


def _stop(sentence: str) -> NoReturn:
    st.error(sentence)
    st.stop()
