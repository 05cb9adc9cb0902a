"""One result of one model in detail: its confusion, its groups, its calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import streamlit as st

from pages.shell.accuracy import tables
from pages.shell.accuracy.clips import show_clips
from pages.shell.chart import show_chart, show_table_twin
from pages.shell.choice import choose_one
from pages.shell.confusion import confusion_table, show_confusion_chart, show_per_class
from ser_core.charts.accuracy import Bar, guessing, reliability_plot, share_bars
from ser_core.evaluation.answers import Answer
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.published import LISTENERS_ACCURACY
from ser_core.evaluation.results import (
    CHANNEL_WORDS,
    Group,
    Result,
    by_group,
    reliability,
    seven_options,
)
from ser_core.models import zoo

Words = Callable[[Result], str]
GROUPS = {
    "gender": "Gender",
    "channel": "Channel",
    "intensity": "Intensity",
    "statement": "Sentence",
    "speaker": "Actor",
}


@st.fragment
def show_result(results: Sequence[Result]) -> None:
    """The result that a visitor chooses, in all its parts."""
    result = _choose_result(results)
    _show_figures(result)
    _show_confusion(result)
    answers = _stored_answers(result)
    if answers:
        show_clips(result, answers)
        _show_groups(result, answers)
        _show_calibration(result, answers)


def _choose_result(results: Sequence[Result]) -> Result:
    """Widgets for model, test, precision and channel."""
    left, right = st.columns(2, gap="medium")
    with left:
        results = _choose("Model", results, lambda r: r.card.name, lambda r: r.card.title)
    with right:
        results = _choose("Tested on", results, lambda r: r.test, lambda r: r.test)
    with left:
        results = _switch("Precision", results, lambda r: r.precision, lambda r: r.precision)
    with right:
        results = _switch(
            "Channel",
            results,
            lambda r: r.channel,
            lambda r: CHANNEL_WORDS.get(r.channel, r.channel),
        )
    return results[0]


def _choose(title: str, results: Sequence[Result], key_of: Words, name_of: Words) -> list[Result]:
    names = {key_of(result): name_of(result) for result in results}
    chosen = st.selectbox(
        title,
        list(names),
        format_func=names.__getitem__,
        key=f"{title} of the result among {list(names)}",
        persist_state="session",
    )
    return [result for result in results if key_of(result) == chosen]


def _switch(title: str, results: Sequence[Result], key_of: Words, name_of: Words) -> list[Result]:
    names = {key_of(result): name_of(result) for result in results}
    chosen = choose_one(
        title,
        list(names),
        key=f"{title} of the result among {list(names)}",
        format_func=names.__getitem__,
    )
    return [result for result in results if key_of(result) == chosen]


def _show_figures(result: Result) -> None:
    """The headline figures, what they mean, and the listeners' where the options were the same."""
    entry = result.entry
    with st.container(horizontal=True, gap="medium"):
        st.metric("UAR", percent(entry.uar, 1), width="content")
        st.metric("Accuracy", percent(entry.accuracy, 1), width="content")
        st.metric("Clips", entry.n, width="content")
        st.metric("Test loss", f"{entry.loss:.3f}", width="content")
        st.metric("Calibration error (ECE)", percent(entry.ece, 1), width="content")
    low, high = entry.intervals.uar
    st.caption(
        f"On average, the model recognizes {percent(entry.uar)} of the clips of each emotion "
        f"(UAR; 95 % interval {100 * low:.0f} to {percent(high)}); chance level is "
        f"{percent(1 / len(entry.per_class), 1)}. The interval is wide when few speakers were "
        "tested: others may be easier or harder."
    )
    score = seven_options(result)
    if score:
        right, n = score
        st.caption(
            f"Counting neutral and calm as one answer, as in the human listening test: "
            f"{percent(right / n, 1)} ({right}/{n}). Human listeners: "
            f"{percent(LISTENERS_ACCURACY, 1)}."
        )


@st.fragment
def _show_confusion(result: Result) -> None:
    """Which emotions get confused, and each emotion's share of right answers."""
    st.subheader("Confusion matrix: which emotions get confused", anchor=False)
    labels, counts = result.card.labels, result.entry.confusion
    units = ["percent of the row", "clips"]
    in_clips = choose_one("Numbers in the cells", units, key="confusion in") == "clips"
    chart_column, table_column = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with chart_column:
        show_confusion_chart(counts, labels, in_clips, "confusion")
    with table_column:
        show_per_class(result.entry.per_class, "result")
    rows = confusion_table(counts, labels)
    show_table_twin(rows, f"confusion-{result.card.name}-{result.precision}", "confusion")


def _stored_answers(result: Result) -> list[Answer]:
    """The answers behind a result, of every channel; a note where they are not stored."""
    answers = _stored(*_key(result), result)
    if not answers:
        st.info(
            "The answers behind this result are not stored here, so there are no figures by "
            "gender, intensity or actor, and no calibration plot."
        )
    return answers


@st.fragment
def _show_groups(result: Result, answers: list[Answer]) -> None:
    """Whose voices the model does better with."""
    st.subheader("By speaker and way of speaking", anchor=False)
    name = st.segmented_control(
        "Compare by",
        list(GROUPS),
        default="gender",
        required=True,
        format_func=GROUPS.__getitem__,
        key="groups by",
        persist_state="session",
    )
    if name != "channel":
        answers = [a for a in answers if result.channel in ("all", a.channel)]
    groups = _groups(*_key(result), name, answers, result)
    if not groups:
        st.info("The corpus of these clips does not record this.")
        return
    bars = [
        Bar(f"{tables.group_name(name, g.value)} · {g.n} clips", g.uar, g.uar_interval)
        for g in groups
    ]
    show_chart(
        share_bars([*bars, guessing(len(result.entry.per_class))], "UAR"),
        key="groups",
        alt=f"UAR by {GROUPS[name].lower()}: "
        + ", ".join(f"{bar.name} {percent(bar.share)}" for bar in bars),
    )
    st.caption("Lines: 95 % intervals. Where they overlap a lot, the difference may be chance.")
    show_table_twin(tables.groups(name, groups), f"by-{name}-{result.card.name}", "groups")


def _show_calibration(result: Result, answers: list[Answer]) -> None:
    """Whether the model is right as often as its probabilities say."""
    st.subheader("Calibration: is its confidence justified?", anchor=False)
    answers = [a for a in answers if result.channel in ("all", a.channel)]
    card = result.card
    bins = reliability(answers, card.labels)
    show_chart(
        reliability_plot(bins, card.uncertain_below),
        key="calibration",
        alt="Calibration plot: the model's confidence, and how often it is right: "
        + ", ".join(f"{percent(b.certainty)} confident, {percent(b.right)} right" for b in bins),
    )
    st.caption(
        "On the dashed line, the model is right as often as its probabilities say; below the line, "
        "it is overconfident. Larger points stand for more answers. " + _when_confident(result)
    )
    show_table_twin(tables.reliability(bins), f"calibration-{card.name}", "calibration")


def _when_confident(result: Result) -> str:
    certain = result.entry.certain
    if certain is None or certain.accuracy is None:
        return ""
    return (
        f"A probability of at least {percent(result.card.uncertain_below)} counts as a clear "
        f"winner. That is the case for {percent(certain.coverage)} of the clips, and "
        f"{percent(certain.accuracy)} of those answers are right."
    )


def _key(result: Result) -> tuple[str, str, bytes]:
    """What tells a result from others; the whole card, to read again when it has changed."""
    return result.card.to_json(), str(zoo.ZOO), msgspec.json.encode(result.entry)


@st.cache_data(show_spinner=False, max_entries=20)
def _stored(card: str, folder: str, entry: bytes, _result: Result) -> list[Answer]:
    return _result.answers(zoo.ZOO)


@st.cache_data(show_spinner="Counting…", max_entries=50)
def _groups(
    card: str, folder: str, entry: bytes, name: str, _answers: Sequence[Answer], _result: Result
) -> list[Group]:
    return by_group(_answers, name, _result.card.labels)
