"""Step 11: voices that feel nothing, another language, and the law."""

from __future__ import annotations

import streamlit as st

from pages.shell.chart import show_chart
from pages.shell.models import cards
from pages.shell.voices import SAMPLES, sample_manifest
from pages.shell.walkthrough.lesson import Lesson, Rows
from ser_core.audio.clip import Clip
from ser_core.charts.walkthrough import training as charts
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.results import all_results, random_and_unseen
from ser_core.models.prediction import Prediction
from ser_core.models.recognizer import Recognizer
from ser_core.reports.law import AI_ACT


def show_limits(lesson: Lesson) -> Rows:
    """What the model hears in synthetic voices, and what the law says."""
    answers = _answers(str(lesson.recognizer.path), lesson.recognizer)
    figure, words = st.columns([3, 2], gap="medium")
    titles = {entry.file: entry.title.split(":")[0] for entry in sample_manifest()}
    with figure:
        show_chart(
            charts.answer_table(
                [titles[file] for file in answers],
                [list(prediction.probabilities.values()) for prediction in answers.values()],
                lesson.labels,
            ),
            key="synthetic voices",
            alt="What the model hears in each synthetic voice: "
            + ", ".join(f"{titles[file]}: {p.label}" for file, p in answers.items()),
        )
        st.caption("Probability in percent. All eight voices are made by a synthesizer.")
    with words:
        st.markdown(
            f"- **Acted.** It learned from actors who were told what to play.\n"
            f"- **Culture.** {_other_language()}\n"
            f"- **Law.** {AI_ACT} This very class must not be judged by it.\n"
            "- **Fair use.** Your own voice, or one whose owner agreed; to learn how it works."
        )
    return [
        {"voice": titles[file]}
        | {label: round(share, 4) for label, share in prediction.probabilities.items()}
        for file, prediction in answers.items()
    ]


def _other_language() -> str:
    """What became of the accuracy in another language, by our own figures."""
    results = all_results(cards())
    _, unseen = random_and_unseen(results)
    elsewhere = next(
        (r for r in results if r.protocol == "cross-corpus" and unseen and r.card == unseen.card),
        None,
    )
    if unseen is None or elsewhere is None:
        return "Voices, languages and ways to show a feeling differ; it knows a few."
    return (
        f"On average it finds {percent(unseen.entry.uar)} of each emotion with new actors of "
        f"RAVDESS, and {percent(elsewhere.entry.uar)} with German ones (EMO-DB)."
    )


@st.cache_resource(max_entries=1, show_spinner="Listening to all sample voices …")
def _answers(model: str, _recognizer: Recognizer) -> dict[str, Prediction]:
    return {
        entry.file: _recognizer(Clip.from_file(SAMPLES / entry.file)) for entry in sample_manifest()
    }
