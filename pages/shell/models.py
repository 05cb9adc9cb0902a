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
"""What the SpeechVINO group used in 2020; it is compared by default."""


def cards() -> list[ModelCard]:
    """The cards of the zoo; where there are none, one sentence, and the page ends here."""
    usable, broken = zoo.read_zoo(zoo.ZOO)
    if broken and not usable:
        st.stop()  # `warn_of_broken_cards` has said why
    if not usable:
        _stop("There is no model in model_zoo/. Clone the repository again, or train one.")
    return usable


def warn_of_broken_cards() -> None:
    """Say which models cannot be offered; the page goes on with the others."""
    for error in zoo.read_zoo(zoo.ZOO)[1]:
        st.warning(f"A model was skipped. {error}")


PRECISION_HELP = (
    "FP32: 32-bit numbers, as trained. FP16: half the file size, the same speed. "
    "INT8: quantized, smaller still and two to three times as fast."
)


def choose_model(role: str = "main") -> Recognizer:
    """Widgets for model and precision, and the compiled choice.

    Args:
        role: whose model is chosen at first.
    """
    choices = {card.name: card for card in cards()}
    default = next((i for i, card in enumerate(choices.values()) if card.role == role), 0)
    name = st.selectbox(
        "Model",
        list(choices),
        index=default,
        format_func=lambda name: choices[name].title,
        key=f"model for {role}",
        persist_state="session",
    )
    card = choices[name]
    precision = choose_one(
        "Weight precision",
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
    choices = {
        f"{card.name}, {precision}": (card, precision)
        for card in cards()
        for precision in card.precisions
    }
    key = f"models for {role}"
    kept = st.session_state.get(key, _first_choice(role))
    st.session_state[key] = [name for name in kept if name in choices]  # the zoo may change
    chosen = st.multiselect(
        "Models to compare",
        list(choices),
        key=key,
        persist_state="session",
        placeholder="Choose models",
        wrap=True,
        help=f"Each with the precision of its weights. {PRECISION_HELP}",
    )
    recognizers, refusals = [], []
    for name in chosen:
        card, precision = choices[name]
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
    """The model of a role (else the first), most exact and in INT8; and the 2020 network."""
    zoo_cards = cards()
    first = next((card for card in zoo_cards if card.role == role), zoo_cards[0])
    chosen = [f"{first.name}, {precision}" for precision in (first.most_exact, "INT8")]
    chosen += [f"{c.name}, {c.most_exact}" for c in zoo_cards if c.name == NETWORK_OF_2020]
    return list(dict.fromkeys(chosen))


def compiled(card: ModelCard, precision: str) -> Recognizer:
    """A model, ready to answer; where it cannot be, one sentence, and the page ends here."""
    try:
        return _loaded(card, precision)
    except ModelError as error:
        _stop(str(error))


def _loaded(card: ModelCard, precision: str) -> Recognizer:
    return _compiled(zoo.ZOO, card.name, precision, card.to_json(), settings())


@st.cache_resource(show_spinner="Loading the model…", hash_funcs={Settings: repr})
def _compiled(folder: Path, name: str, precision: str, card: str, chosen: Settings) -> Recognizer:
    # The card is here to compile again when it, and with it the sha256 of the files, has changed;
    # the settings, because they say on which machine the network runs.
    recognizer = zoo.load_model(name, precision, zoo=folder)
    recognizer.warm_up()
    return recognizer


def show_unseen_actors(recognizer: Recognizer) -> None:
    """One honest line: how good this file was on unseen actors, if its card says."""
    card = recognizer.card
    result = unseen_actors_entry(card, recognizer.precision) if card else None
    if card is None or result is None:
        return
    low, high = result.intervals.uar
    st.caption(
        f"On actors it never heard ({result.n} clips, {result.channel}, {result.precision}), this "
        f"model recognizes {percent(result.uar)} of the clips of each emotion on average (UAR; "
        f"95 % interval {100 * low:.0f} to {percent(high)}; chance level is "
        f"{percent(1 / len(card.labels), 1)})."
    )


def _stop(sentence: str) -> NoReturn:
    st.error(sentence)
    st.stop()
