"""Voices that a model knows beside unseen ones, and every result in one table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shell.accuracy import tables
from pages.shell.chart import csv_button, show_chart, show_table_twin
from pages.shell.choice import choose_one
from pages.shell.tables import ROW_HEIGHT, table_height
from ser_core.charts.accuracy import Bar, guessing, share_bars
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.published import LISTENERS_ACCURACY, published_2020
from ser_core.evaluation.results import (
    CHANNEL_WORDS,
    CHANNELS,
    Result,
    count_other_takes,
    headline_result,
    random_and_unseen,
)
from ser_core.models import zoo

MOST_ROWS = 20  # more are scrolled to


def show_known_and_unseen(results: Sequence[Result]) -> None:
    """The same network on known and on unseen voices, with what others published."""
    random_split, unseen = random_and_unseen(results)
    headline = headline_result(results)
    bars = [
        Bar(f"2020, {table.model.split(',')[0]}, random split", table.accuracy, ours=False)
        for table in published_2020()
        if len(table.per_class) == 8 and table.model.endswith("final")
    ]
    if random_split:
        bars.append(_bar("SER Lab, random split", random_split))
    if unseen:
        bars.append(_bar("SER Lab, the same network, unseen actors", unseen))
    if headline and headline is not unseen:
        bars.append(_bar("SER Lab, main model, unseen actors", headline))
    bars.append(Bar("Human listeners, 7 options, speech", LISTENERS_ACCURACY, ours=False))
    bars.append(guessing(8))
    rows = [
        {
            "figure": bar.name,
            "accuracy": round(bar.share, 4),
            "low": round(bar.interval[0], 4) if bar.interval else None,
            "high": round(bar.interval[1], 4) if bar.interval else None,
            "measured by": "SER Lab" if bar.ours else "published elsewhere",
        }
        for bar in bars[:-1]
    ]
    chart_column, text_column = st.columns([3, 2], gap="large")
    with chart_column:
        show_chart(
            share_bars(bars, "Accuracy"),
            key="known and unseen",
            alt="Bar chart of accuracy: "
            + ", ".join(f"{bar.name} {percent(bar.share)}" for bar in bars),
        )
        st.caption("Hatched gray: published elsewhere, not reproduced here. Lines: 95 % intervals.")
        show_table_twin(rows, "known-and-unseen-voices", "known and unseen")
    with text_column:
        st.markdown(_why(random_split, unseen))


def _bar(name: str, result: Result) -> Bar:
    return Bar(name, result.entry.accuracy, result.entry.intervals.accuracy)


def _why(random_split: Result | None, unseen: Result | None) -> str:
    """Why the two figures differ, with our own numbers."""
    paragraphs = [
        "**What a random split hides.** The corpus has 24 actors, and each of them says every "
        "sentence twice. If the test files are drawn at random, the network has already heard "
        "every test voice in training, usually saying the same words with the same emotion. Such "
        "a test rewards memory rather than understanding."
    ]
    if random_split:
        training_clips = heard_in_training(zoo.ZOO / random_split.card.name)
        others, takes = count_other_takes(random_split.answers(zoo.ZOO), training_clips)
        if others:
            paragraphs.append(
                f"In our own random split, {others} of the {takes} test clips "
                f"({percent(others / takes)}) have their other take in the training set."
            )
    else:
        paragraphs.append(
            "The zoo has no model trained on a random split yet, so our own figure for known "
            "voices is missing here; the 2020 figures were measured on a random split."
        )
    if random_split and unseen:
        paragraphs.append(
            f"On the random split, our network is right {_of(random_split)}; on unseen actors, "
            f"{_of(unseen)}. {_gap(random_split, unseen)}"
        )
    elif unseen:
        paragraphs.append(f"On unseen actors, our network is right {_of(unseen)}.")
    if unseen:
        paragraphs.append(
            "In practice, every voice is an unseen one, so the figures for unseen actors are the "
            "ones to quote."
        )
    return "\n\n".join(paragraphs)


def _gap(random_split: Result, unseen: Result) -> str:
    points = 100 * (random_split.entry.accuracy - unseen.entry.accuracy)
    overlap = unseen.entry.intervals.accuracy[1] > random_split.entry.intervals.accuracy[0]
    sentence = ""
    if points >= 1:
        sentence = (
            f"**The random split inflates the score by {points:.0f} points**, of which some may "
            "come from other differences between the two training runs (see the model cards)."
        )
    if overlap:
        sentence += " With so few actors the exact gap is uncertain: the 95 % intervals overlap."
    return sentence.strip()


def _of(result: Result) -> str:
    return (
        f"{percent(result.entry.accuracy, 1)} of the time ({result.entry.correct} of "
        f"{result.entry.n} clips, {CHANNEL_WORDS[result.channel]})"
    )


def show_headline(results: Sequence[Result]) -> None:
    """The one figure to quote."""
    headline = headline_result(results)
    if headline is None:
        return
    entry = headline.entry
    low, high = entry.intervals.uar
    st.metric("New voices: UAR of the main model", percent(entry.uar, 1))
    st.caption(
        f"What to expect for a voice that the model has never heard: the recall of each emotion, "
        f"averaged, over {entry.n} spoken clips of actors held out in turn (95 % interval "
        f"{100 * low:.0f} to {percent(high)}). Everything below explains this figure."
    )


def _more_voices(results: Sequence[Result]) -> str:
    """Why a network of the random split can be better elsewhere, where it is."""
    pair = [
        next(r for r in results if r.card.name == of.card.name and r.protocol == "cross-corpus")
        for of in random_and_unseen(results)
        if of and any(e.protocol == "cross-corpus" for e in of.card.results)
    ]
    if len(pair) < 2 or pair[0].entry.uar <= pair[1].entry.uar:
        return ""
    knowing, unknowing = pair
    return (
        f"On another corpus, {knowing.card.name} beats {unknowing.card.name} "
        f"({percent(knowing.entry.uar, 1)} against {percent(unknowing.entry.uar, 1)} UAR): it was "
        "trained on clips of every actor, and more voices help with new ones. Its figure on "
        "RAVDESS is inflated all the same. "
    )


@st.fragment
def show_all_results(results: Sequence[Result]) -> None:
    """Every model, precision and protocol, and what others published, in one sortable table."""
    channels = [c for c in CHANNELS if any(result.channel == c for result in results)]
    chosen = choose_one(
        "Channel",
        channels,
        key="channel of all results",
        format_func=CHANNEL_WORDS.__getitem__,
    )
    tables_2020 = published_2020()
    lines = [tables.own_line(result) for result in results if result.channel == chosen]
    lines += [tables.published_line(table) for table in tables_2020]
    lines.append(tables.listeners_line())
    st.dataframe(
        tables.all_results(lines),
        hide_index=True,
        key="all results",
        height=table_height(min(len(lines), MOST_ROWS)),
        row_height=ROW_HEIGHT,
        placeholder="–",
        column_config={
            "Model": st.column_config.TextColumn(width=150),
            "UAR (95 %)": st.column_config.Column(width=115),
            "Accuracy (95 %)": st.column_config.Column(width=140),
            "Tested on": st.column_config.TextColumn(width=430),
        },
        alt="Accuracy of every model, precision and protocol, overall and by emotion",
    )
    st.caption(
        "Click a column header to sort. UAR (unweighted average recall): the recall of each "
        "emotion, averaged. Intervals: 95 %, bootstrapped over speakers where they are known. "
        f"{_more_voices(results)}"
        "Gray rows: published by the 2020 SpeechVINO group (Arka Chakraborty, George "
        "Christopoulos) on a random file split, or by others; not reproduced here."
    )
    csv_button(
        "All results (CSV)", tables.all_results_csv(results, tables_2020), "results", "results"
    )
