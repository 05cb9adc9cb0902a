"""Step 10: random split and unseen actors compared, one left-out take, one's own voice."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shell.chart import show_chart
from pages.shell.models import cards
from pages.shell.player import show_compact_player
from pages.shell.recordings import recording
from pages.shell.walkthrough.leaked_split import (
    is_measured,
    predicted_by_class,
    show_leaked_split,
)
from pages.shell.walkthrough.lesson import Lesson, NotShownError, Rows, choose_view
from ser_core.charts.accuracy import Bar, guessing, share_bars
from ser_core.charts.walkthrough import inside_network as charts
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.published import published_2020
from ser_core.evaluation.results import (
    Result,
    all_results,
    headline_result,
    random_and_unseen,
)
from ser_core.models import zoo
from ser_core.models.labels import emotion_name
from ser_core.reports.session_report import Kept, share_list
from ser_core.walkthrough.left_out_take import LeftOutTake, count_correct, left_out_takes

_FIGURES, _TAKE, _OWN = "The figures", "One left-out take", "Your own voice"
_CHEAT = "Cheat the split"
_INTENSITY = {"normal": "", "strong": ", strong"}


def show_unseen(lesson: Lesson) -> Rows:
    """The same network on known and on unseen voices, one clip in detail, and the class's voice."""
    cheat = (_CHEAT,) if is_measured() else ()
    # The class predicts before it sees a figure.
    view = choose_view((*cheat, _FIGURES, _TAKE, _OWN), "unseen")
    if view == _CHEAT:
        return show_leaked_split()
    if view == _OWN:
        return _own_voice(lesson)
    random_split, unseen = _compared()
    takes = left_out_takes(
        random_split.answers(zoo.ZOO),
        heard_in_training(zoo.ZOO / random_split.card.name),
        unseen.answers(zoo.ZOO),
    )
    if view == _TAKE and takes:
        return _one_take(takes, random_split.card.labels)
    return _figures(random_split, unseen, takes)


def keep_unseen(lesson: Lesson) -> Kept:
    """The figures, and what the class predicted."""
    return Kept(predicted_by_class(), share_list(_bars(*_compared()), "Accuracy"))


def _compared() -> tuple[Result, Result]:
    """The results of the random split and of unseen actors."""
    random_split, unseen = random_and_unseen(all_results(cards()))
    if random_split is None or unseen is None:
        raise NotShownError(
            "The zoo lacks a model tested on a random split or one tested on unseen actors, so "
            "there is nothing to compare. Clone the repository again, or train them."
        )
    return random_split, unseen


def _own_voice(lesson: Lesson) -> Rows:
    st.markdown(
        "**Why it is wrong on you, and what ten recordings do.** The network knows what is usual "
        "for its actors. What is usual for *you*, a low or a soft voice, it takes for a mood. The "
        "mean of its answers over your own recordings shows by how much; subtracting it is the "
        "whole cure. Record five moods, two takes each, and compare."
    )
    lesson.teach()
    return ()


def _figures(random_split: Result, unseen: Result, takes: list[LeftOutTake]) -> Rows:
    bars = _bars(random_split, unseen)
    figure, words = st.columns([3, 2], gap="medium")
    with figure:
        show_chart(
            share_bars(bars, "Accuracy"),
            key="random and unseen",
            alt="Accuracy: " + ", ".join(f"{bar.name} {percent(bar.share)}" for bar in bars),
        )
    with words:
        if takes:
            knowing, unknowing = (
                count_correct(getattr(take, who) for take in takes)
                for who in ("knowing", "unknowing")
            )
            st.markdown(
                f"**On the very same {len(takes)} clips**, the network trained on their other take "
                f"is right **{knowing}** times, the network trained without these "
                f"actors **{unknowing}** times."
            )
        st.caption(
            "Lines: 95 % intervals. Hatched: not ours. The two training runs differ slightly in "
            "other ways, too; the model cards have the commands."
        )
    return [
        {
            "figure": bar.name,
            "accuracy": round(bar.share, 4),
            "low": round(bar.interval[0], 4) if bar.interval else None,
            "high": round(bar.interval[1], 4) if bar.interval else None,
        }
        for bar in bars
    ]


def _bars(random_split: Result, unseen: Result) -> list[Bar]:
    """The split of most papers, ours, unseen actors, and chance."""
    best = max(
        (
            table
            for table in published_2020()
            if len(table.per_class) == len(random_split.card.labels)
        ),
        key=lambda table: table.accuracy,
    )
    return [
        Bar("Published in 2020, random split", best.accuracy, ours=False),
        Bar(
            "Ours, random split", random_split.entry.accuracy, random_split.entry.intervals.accuracy
        ),
        Bar("Ours, unseen actors", unseen.entry.accuracy, unseen.entry.intervals.accuracy),
        *_main_model(unseen),
        guessing(len(random_split.card.labels)),
    ]


def _main_model(unseen: Result) -> list[Bar]:
    """The headline figure, where it is not that of the network that is compared."""
    headline = headline_result(all_results(cards()))
    if headline is None or headline.card == unseen.card:
        return []
    entry = headline.entry
    return [Bar("Our main model, unseen actors", entry.accuracy, entry.intervals.accuracy)]


def _one_take(takes: list[LeftOutTake], labels: tuple[str, ...]) -> Rows:
    named = {take.file: take for take in takes}
    choice, *sounds = st.columns(3, gap="medium")
    # The difference shows best where only one of the two networks is right.
    order = sorted(named, key=lambda file: _telling(named[file]), reverse=True)
    file = choice.selectbox(
        f"A test clip of the random split ({len(takes)} to choose from)",
        order,
        format_func=lambda file: _title(named[file]),
        key="take",
        persist_state="session",
    )
    take = named[file]
    _play_both(take, sounds)
    words, figure = st.columns([2, 3], gap="medium")
    with words:
        st.markdown(
            f"The actor played **{emotion_name(take.knowing.actual)}**. The network trained on the "
            f"other take predicts {_verdict(take.knowing.predicted, take.knowing.actual)}; the one "
            f"trained without the actor predicts "
            f"{_verdict(take.unknowing.predicted, take.unknowing.actual)}."
        )
        st.caption(
            "Clips that only one of the two gets right come first. In a file name, the "
            "second-to-last number is the take."
        )
    with figure:
        show_chart(
            charts.answers(
                {
                    "trained on the other take": take.knowing.probabilities,
                    "trained without the actor": take.unknowing.probabilities,
                },
                labels,
                340,
            ),
            key="left-out take",
            alt=f"Probabilities for {file}: with its other take in training, "
            f"{take.knowing.predicted}; without the actor, {take.unknowing.predicted}; the actor "
            f"played {take.knowing.actual}.",
        )
    return [
        {
            "clip": t.file,
            "other_take_in_training": t.other,
            "played": t.knowing.actual,
            "heard_the_other_take": t.knowing.predicted,
            "never_heard_the_actor": t.unknowing.predicted,
        }
        for t in takes
    ]


def _telling(take: LeftOutTake) -> bool:
    return (take.knowing.predicted == take.knowing.actual) != (
        take.unknowing.predicted == take.unknowing.actual
    )


def _title(take: LeftOutTake) -> str:
    answer = take.knowing
    return (
        f"Actor {answer.speaker}, {answer.channel}, {answer.actual}"
        f"{_INTENSITY.get(answer.intensity, '')}, sentence {int(answer.statement)}"
    )


def _verdict(predicted: str, actual: str) -> str:
    return f"{emotion_name(predicted)} ({'right' if predicted == actual else 'wrong'})"


def _play_both(take: LeftOutTake, places: Sequence[DeltaGenerator]) -> None:
    """Both takes as sound if RAVDESS is on this machine, else only their names."""
    named = {"In the training set": take.other, "In the test set": take.file}
    for place, (words, name) in zip(places, named.items(), strict=True):
        with place:
            st.markdown(f"{words}: `{name}`")
            clip = recording("ravdess", name)
            if clip:
                show_compact_player(clip, words, f"{words}: {name}")
