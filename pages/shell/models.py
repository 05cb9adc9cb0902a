"""Models for the pages: compiled once per server, while its memory lasts; chosen by a widget."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import nullcontext, suppress
from typing import NoReturn

import streamlit as st

from pages.shell.choice import choose_one
from pages.shell.settings import settings
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.results import n_test_actors, new_voices_entry, unseen_actors_entry
from ser_core.models import zoo
from ser_core.models.card import ModelCard, Precision
from ser_core.models.recognizer import ModelError, Recognizer
from ser_core.runtime.cores import available_cores
from ser_core.runtime.memory import Kept

ANOTHER_NETWORK = "tcn"
"""Compared by default: of another architecture than the main and the small model."""


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
    choices, key = _choices(), f"models for {role}"
    st.session_state[key] = _kept(role, choices)
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
        try:
            recognizers.append(_loaded(*choices[name]))
        except ModelError as error:
            refusals.append(str(error))
    for refusal in dict.fromkeys(refusals):  # an inference server that is away refuses them all
        st.error(refusal)
    if refusals and not recognizers:
        st.stop()
    return recognizers


def load_ahead(role: str = "main") -> None:
    """Compile what `choose_models` would, so that nobody waits for it later."""
    choices = _choices()
    for name in _kept(role, choices):
        with suppress(ModelError):  # is said where the models are chosen
            _loaded(*choices[name])


def _choices() -> dict[str, tuple[ModelCard, Precision]]:
    return {
        f"{card.name}, {precision}": (card, precision)
        for card in cards()
        for precision in card.precisions
    }


def _kept(role: str, choices: Collection[str]) -> list[str]:
    """What was chosen last, else what is chosen at first."""
    kept = st.session_state.get(f"models for {role}", _first_choice(role))
    return [name for name in kept if name in choices]  # the zoo may change


def _first_choice(role: str) -> list[str]:
    """Three networks: that of a role (else the first) and the small one, in INT8; and another."""
    zoo_cards = cards()
    first = next((card for card in zoo_cards if card.role == role), zoo_cards[0])
    # The small network has a twin that heard every actor, as the live one has.
    small = [card for card in zoo_cards if card.role == "small"]
    small.sort(key=lambda card: card.training.protocol != first.training.protocol)
    chosen = [f"{card.name}, {_smallest(card)}" for card in (first, *small[:1])]
    chosen += [f"{c.name}, {c.most_exact}" for c in zoo_cards if c.name == ANOTHER_NETWORK]
    return list(dict.fromkeys(chosen))


def _smallest(card: ModelCard) -> Precision:
    return card.precisions[-1]


def compiled(card: ModelCard, precision: str) -> Recognizer:
    """A model, ready to answer; where it cannot be, one sentence, and the page ends here."""
    try:
        return _loaded(card, zoo.checked_precision(card, precision))
    except ModelError as error:
        _stop(str(error))


def compiled_by_name(name: str) -> Recognizer:
    """A model of the zoo in its most exact precision, ready to answer.

    Raises:
        ModelError: it cannot be loaded.
    """
    card = zoo.load_card(name, zoo.ZOO)
    return _loaded(card, card.most_exact)


def for_many(recognizer: Recognizer) -> Recognizer:
    """The same model, compiled for as many recordings at once as there are cores."""
    card, cores = recognizer.card, available_cores()
    if card is None or cores == 1:
        return recognizer
    return _loaded(card, zoo.checked_precision(card, recognizer.precision), cores)


def _loaded(card: ModelCard, precision: Precision, at_once: int = 1) -> Recognizer:
    there = _key(card, precision, at_once) in _cache()
    with nullcontext() if there else st.spinner("Loading the model…"):
        return _compiled(card, precision, at_once)


def served_by_name(name: str, precision: str | None = None) -> Recognizer:
    """The recognizers of the pages, for what the server answers without a page.

    Args:
        precision: by default the most exact one.

    Raises:
        ModelError: there is no such model or precision, or it cannot be loaded.
    """
    card = zoo.load_card(name, zoo.ZOO)
    return _compiled(card, zoo.checked_precision(card, precision))


@st.cache_resource(show_spinner=False)
def _cache() -> Kept[Recognizer]:
    """The compiled models of this server."""
    return Kept()


def _key(card: ModelCard, precision: Precision, at_once: int) -> tuple[object, ...]:
    # The card is here to compile again when it, and with it the sha256 of the files, has changed;
    # the settings, because they say on which machine the network runs.
    return zoo.ZOO, precision, at_once, card.to_json(), repr(settings())


def _compiled(card: ModelCard, precision: Precision, at_once: int = 1) -> Recognizer:
    def compile_it() -> Recognizer:
        recognizer = zoo.load_model(card.name, precision, zoo=zoo.ZOO, at_once=at_once)
        recognizer.warm_up()
        return recognizer

    return _cache().get(
        _key(card, precision, at_once),
        compile_it,
        needs_mb=zoo.compiled_mb(card, precision, zoo.ZOO),
        limit_mb=settings().memory_mb,
    )


def show_new_voices(recognizer: Recognizer) -> None:
    """How good the model is: the headline figure, and what this file scored in small print."""
    card = recognizer.card
    if card is None:
        return
    headline, file = new_voices_entry(card), unseen_actors_entry(card, recognizer.precision)
    sentences = []
    if headline:
        low, high = headline.intervals.uar
        sentences.append(
            f"**New voices: {percent(headline.uar, 1)}** UAR for {card.name}: of each emotion’s "
            "clips, the share that it gets right, averaged over the emotions "
            f"({headline.n} clips of actors held out in turn; 95 % interval {100 * low:.0f} to "
            f"{percent(high)}; chance level is {percent(1 / len(card.labels), 1)})."
        )
    if file:
        sentences.append(
            f"This file ({file.precision}), on the {n_test_actors(file)} actors that it was tested "
            f"on: {percent(file.uar)} UAR, {file.n} clips."
        )
    if sentences:
        st.caption(sentences[0])
    for sentence in sentences[1:]:
        st.caption(f":small[{sentence}]")


def _stop(sentence: str) -> NoReturn:
    st.error(sentence)
    st.stop()
