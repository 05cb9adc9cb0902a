"""A vote: every answer is hidden until the room has voted; then all are side by side.

Votes and rounds live in the session, by the SHA-256 of the voice, so that a voice that was voted
on stays open, also after a look at another page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from pages.shell import take_home
from pages.shell.analysis import Analysis
from pages.shell.analyze import phone_ballot
from pages.shell.analyze.result import show_player
from pages.shell.html import show_html
from ser_core.evaluation.opinions import Opinion
from ser_core.features.source import Source
from ser_core.models.labels import EMOTIONS, TASKS, emotion_name, label_in_task
from ser_core.reports.session_report import Judged, votes_table
from ser_core.reports.sound_svg import opinion_svg
from ser_core.voting.outcome import Outcome, chosen_most

_MANY = 999  # people in a room


def is_open(voice: Source) -> bool:
    """Whether the room has still to vote on a voice."""
    return voice.sha256 not in _votes()


def show_ballot(analysis: Analysis, labels: Sequence[str]) -> None:
    """The voice to hear, the vote from phones or by a show of hands, the button that ends it."""
    key = analysis.source.sha256
    st.header("Which emotion is it?", anchor=False)
    show_player(analysis, hidden=True)
    if phone_ballot.wanted():
        phone_ballot.show(key, labels, partial(_close, key))
    else:
        phone_ballot.forget_question()
        _show_hand_ballot(key, labels)


def _show_hand_ballot(key: str, labels: Sequence[str]) -> None:
    """A button per label that counts votes, and the one that ends the vote."""
    if st.session_state.get("ballot of") != key:
        st.session_state["ballot of"] = key
        _clear(labels)
    st.caption("Each click is one vote. In a group, take a show of hands and enter the counts.")
    for label in labels:
        st.session_state.setdefault(_count(label), 0)
    with st.container(horizontal=True, gap="small"):
        for label in labels:
            votes = st.session_state[_count(label)]
            st.button(
                f"{emotion_name(label)} · {votes}" if votes else emotion_name(label),
                key=f"vote {label}",
                on_click=_add,
                args=(label,),
            )
    cast = {label: st.session_state[_count(label)] for label in labels}
    total = sum(cast.values())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Show the answers",
            type="primary",
            disabled=not total,
            on_click=_close,
            args=(key, cast),
            key="close the vote",
        )
        with st.popover("Enter counts"):
            for label in labels:
                st.number_input(
                    emotion_name(label), 0, _MANY, key=_count(label), persist_state="session"
                )
        st.button("Clear", on_click=_clear, args=(labels,), disabled=not total, key="clear votes")
        st.markdown(f"{total} vote{'s' * (total != 1)}")


def show_round(voice: Source, opinions: Sequence[Opinion]) -> None:
    """Room, models and actual emotion of a voice that was voted on, and the tally so far."""
    key = voice.sha256
    judged = take_home.judged_voices()
    if key not in judged:
        judged[key] = Judged(_outcome(voice, opinions), opinion_svg(voice, opinions[0]))
    outcome = judged[key].outcome
    show_html("round.html", columns=outcome.said)
    phone_ballot.tell(key, outcome.said)
    if phone_ballot.may_vote_again(key):
        st.button(
            "Discuss, then vote again",
            on_click=_vote_again,
            args=(key,),
            key="vote again",
            help="Opens a second round on the phones; then both are side by side.",
        )
    if outcome.before:
        st.html(votes_table(outcome))
    _show_tally([one.outcome for one in judged.values()])


def _outcome(voice: Source, opinions: Sequence[Opinion]) -> Outcome:
    before, votes = _votes()[voice.sha256]
    task = next((task for task, labels in TASKS.items() if {*labels} == {*votes}), "")
    comparable = bool(task) and voice.actual in EMOTIONS
    return Outcome(
        room=chosen_most(votes),
        votes=votes,
        actual=label_in_task(voice.actual, task) if comparable else "",
        models={o.name: o.prediction.label or "" for o in opinions},
        right={
            # No answer is not the right one.
            o.name: False if voice.actual and not o.prediction.label else o.right(voice.actual)
            for o in opinions
        },
        before=before,
        voice=voice.name,
    )


def _show_tally(rounds: Sequence[Outcome]) -> None:
    decided = [judged for judged in rounds if judged.actual]
    if decided:
        parts = [f"room right {sum(bool(r.room_right) for r in decided)}/{len(decided)}"]
        for name in dict.fromkeys(name for judged in decided for name in judged.models):
            results = [r.right[name] for r in decided if name in r.right]
            parts.append(f"{name} right {sum(map(bool, results))}/{len(results)}")
    else:
        first = [next(iter(judged.models.values()), "") for judged in rounds]
        same = sum(r.room == label != "" for r, label in zip(rounds, first, strict=True))
        parts = [f"room and first model agree {same}/{len(rounds)}"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**So far:** {', '.join(parts)}.", width="stretch")
        take_home.show_button()
        st.button(
            "Reset the tally",
            on_click=_reset,
            key="reset the tally",
            help="Clears all votes, so this voice can be judged again.",
        )


def _votes() -> dict[str, tuple[Mapping[str, int], Mapping[str, int]]]:
    """By voice: the votes before a discussion (empty without one), and those that count."""
    return st.session_state.setdefault("votes", {})


def _count(label: str) -> str:
    return f"votes for {label}"


def _add(label: str) -> None:
    st.session_state[_count(label)] = min(st.session_state[_count(label)] + 1, _MANY)


def _clear(labels: Sequence[str]) -> None:
    for label in labels:
        st.session_state[_count(label)] = 0


def _close(key: str, cast: Mapping[str, int], before: Mapping[str, int] | None = None) -> None:
    _votes()[key] = (before or {}, cast)
    st.session_state.pop("ballot of", None)


def _vote_again(key: str) -> None:
    phone_ballot.vote_again()
    _votes().pop(key, None)
    take_home.judged_voices().pop(key, None)


def _reset() -> None:
    _votes().clear()
    take_home.judged_voices().clear()
    phone_ballot.forget_question()
