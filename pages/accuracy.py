"""Accuracy, the page at `/accuracy`: how often the models are right, and on whose voices."""

from functools import partial

import streamlit as st

from pages.shell import page
from pages.shell.accuracy.adaptation import show_adaptation
from pages.shell.accuracy.comparison import (
    show_all_results,
    show_headline,
    show_known_and_unseen,
)
from pages.shell.accuracy.corpus import show_corpus
from pages.shell.accuracy.cost import show_cost
from pages.shell.accuracy.result import show_result
from pages.shell.in_view import show_in_view
from pages.shell.models import cards
from ser_core.evaluation.results import all_results

page.begin(
    "Accuracy",
    "How often the models are right, on whose voices, and how far you can trust these figures.",
)

results = all_results(cards())
if not results:
    st.info("No model in the zoo has been evaluated yet. Run `python -m ser_core evaluate`.")
    st.stop()

CONTENTS = {
    "Known voices and unseen voices": "known-and-unseen",
    "One result in detail": "one-result",
    "Getting to know a voice": "adaptation",
    "All results": "all-results",
    "Accuracy, latency and size": "cost",
    "The corpus: RAVDESS": "corpus",
}
show_headline(results)
st.markdown(" · ".join(f"[{title}](#{anchor})" for title, anchor in CONTENTS.items()))
known_and_unseen, one_result, adaptation, every_result, cost, corpus = CONTENTS.items()

st.header(*known_and_unseen)
show_known_and_unseen(results)

st.header(*one_result)
show_in_view("one result", 2400, partial(show_result, results))

st.header(*adaptation)
show_in_view("adaptation", 700, partial(show_adaptation, cards()))

st.header(*every_result)
show_in_view("all results", 900, partial(show_all_results, results))

st.header(*cost)
show_in_view("cost", 700, partial(show_cost, results))

st.header(*corpus)
show_in_view("corpus", 700, show_corpus)
