"""A vote: every answer is hidden until the room has voted; then all are side by side.

Votes and rounds live in the session, by the SHA-256 of the voice, so that a voice that was voted
on stays open, also after a look at another page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.shell.html import show_html
from ser_core.evaluation.opinions import Opinion
from ser_core.features.source import Source
from ser_core.models.labels import EMOTIONS, TASKS, emotion_name, label_in_task

_MANY = 999  # people in a room
_MOST_MODELS = 3  # beside the room; the others have their cards below


@dataclass(frozen=True)
class Round:
    """One voice that the room has judged.

    Attributes:
        room: the label with most votes; empty where several have as many.
        votes: how many people chose each label.
        actual: the emotion in the room's labels; empty where nobody knows.
        models: what each model said; empty for no answer.
        right: whether each model was right; None where nobody knows.
    """

    room: str
    votes: dict[str, int]
    actual: str
    models: dict[str, str]
    right: dict[str, bool | None]

    @property
    def room_right(self) -> bool | None:
        return self.room == self.actual if self.actual else None


def is_open(voice: Source) -> bool:
    """Whether the room has still to vote on a voice."""
    return voice.sha256 not in _votes()


def show_ballot(voice: Source, labels: Sequence[str]) -> None:
    """A button per label that counts votes, and the one that ends the vote."""
    key = voice.sha256
    if st.session_state.get("ballot of") != key:
        st.session_state["ballot of"] = key
        _clear(labels)
    st.header("What do you hear?", anchor=False)
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
    rounds: dict[str, Round] = st.session_state.setdefault("rounds", {})
    if key not in rounds:
        rounds[key] = _round(voice, _votes()[key], opinions)
    _show_side_by_side(rounds[key])
    _show_tally(list(rounds.values()))


def _round(voice: Source, votes: dict[str, int], opinions: Sequence[Opinion]) -> Round:
    most = [label for label, n in votes.items() if n == max(votes.values())]
    task = next((task for task, labels in TASKS.items() if {*labels} == {*votes}), "")
    comparable = bool(task) and voice.actual in EMOTIONS
    return Round(
        room=most[0] if len(most) == 1 else "",
        votes=votes,
        actual=label_in_task(voice.actual, task) if comparable else "",
        models={o.name: o.prediction.label or "" for o in opinions},
        right={
            # No answer is not the right one.
            o.name: False if voice.actual and not o.prediction.label else o.right(voice.actual)
            for o in opinions
        },
    )


def _show_side_by_side(judged: Round) -> None:
    total = sum(judged.votes.values())
    room = f"{judged.votes.get(judged.room, 0)} of {total}" if judged.room else "the room is split"
    columns = [("The room", judged.room, room, judged.room_right)]
    for name, label in list(judged.models.items())[:_MOST_MODELS]:
        columns.append((name, label, "", judged.right[name]))
    if judged.actual:
        columns.append(("Actual emotion", judged.actual, "", None))
    show_html("round.html", columns=columns)


def _show_tally(rounds: Sequence[Round]) -> None:
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
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(f"**So far:** {', '.join(parts)}.")
    right.button(
        "Reset the tally",
        on_click=_reset,
        key="reset the tally",
        width="stretch",
        help="Clears all votes, so this voice can be judged again.",
    )


def _votes() -> dict[str, dict[str, int]]:
    return st.session_state.setdefault("votes", {})


def _count(label: str) -> str:
    return f"votes for {label}"


def _add(label: str) -> None:
    st.session_state[_count(label)] = min(st.session_state[_count(label)] + 1, _MANY)


def _clear(labels: Sequence[str]) -> None:
    for label in labels:
        st.session_state[_count(label)] = 0


def _close(key: str, cast: dict[str, int]) -> None:
    _votes()[key] = cast
    st.session_state.pop("ballot of", None)


def _reset() -> None:
    for name in ("votes", "rounds"):
        st.session_state.pop(name, None)
