"""Step 7, the voice map: where the network puts unseen actors, and the voice of the lecture."""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePath

import streamlit as st

from pages.shell.chart import show_selectable_chart
from pages.shell.choice import choose_one
from pages.shell.models import cards, compiled
from pages.shell.player import show_compact_player
from pages.shell.samples import real_voices, sample_bytes
from pages.shell.walkthrough.lesson import Lesson, NotShownError, Rows
from ser_core.audio.clip import Clip
from ser_core.charts.walkthrough.voice_map import voice_map
from ser_core.models import zoo
from ser_core.models.card import ModelCard
from ser_core.models.labels import emotion_name
from ser_core.walkthrough.voice_map import VOICE_MAP, VoiceMap, VoiceMapError, read_voice_map

_NEIGHBORS = 5
_COLORS = ("Emotion", "Actor")
_LISTEN, _SILENT = "voice on the map", "none"


def mapped_cards() -> list[ModelCard]:
    """Models that come with a map, the main one first."""
    return [card for card in cards() if (zoo.ZOO / card.name / VOICE_MAP).is_file()]


def show_voice_map(lesson: Lesson) -> Rows:
    """The map by emotion or by actor, the lecture's voice as a star, voices to listen to."""
    named = {card.name: card for card in mapped_cards()}
    controls, figure = st.columns([1, 3], gap="medium")
    with controls:
        name = choose_one("Network", list(named), key="map of")
        by = choose_one("Color by", _COLORS, key="map by")
    card = named[name]
    voices = _map(card)
    audible = {u.file: u for u in real_voices("ravdess") if u.file in voices.files}
    own, near, words = None, [], "Choose a voice under **Voice** above, and it appears as a star."
    if lesson.analysis is not None:
        prediction = lesson.analysis.opinion(compiled(card, card.most_exact)).prediction
        if prediction.embedding is not None:
            own = voices.place(prediction.embedding)
            itself = PurePath(lesson.analysis.source.name).stem
            near = voices.nearest(own, _NEIGHBORS, without=itself)
            words = _neighborhood(voices, near)
    with figure:
        clicked = show_selectable_chart(
            voice_map(voices, by == "Actor", audible, own, near),
            key=f"voice map {name} {by}",
            alt=f"Map of {len(voices.points)} voices by {by.lower()}. {words}",
        )
        st.caption(
            f"{len(voices.points)} clips of {len(set(voices.speakers))} actors whom the network "
            "never heard. Of all directions in its last layer, the two that tell the emotions of "
            "its *training* actors apart best (linear discriminant analysis)."
        )
    with controls:
        st.markdown(words)
        _listen(voices, list(audible), clicked)
    return [
        {"clip": file, "played": label, "actor": speaker, "x": round(float(x), 3), "y": float(y)}
        for file, label, speaker, (x, y) in zip(
            voices.files, voices.labels, voices.speakers, voices.points.round(3), strict=True
        )
    ]


def _neighborhood(voices: VoiceMap, near: list[int]) -> str:
    labels = Counter(voices.labels[i] for i in near).most_common()
    actors = len({voices.speakers[i] for i in near})
    played = ", ".join(f"{n} × {emotion_name(label)}" for label, n in labels)
    people = "one actor" if actors == 1 else f"{actors} actors"
    return f"Nearest to the **star**: {played}, by {people}."


def _listen(voices: VoiceMap, audible: list[str], clicked: str | None) -> None:
    """A voice by a click on its point, or from a list; some come with SER Lab."""
    state = st.session_state
    # A click counts once: the point stays selected, and the list may have been used since.
    if clicked != state.get("clicked voice"):
        state["clicked voice"] = clicked
        if clicked in audible:
            state[_LISTEN] = clicked
    about = {
        file: f"{label}, actor {speaker}"
        for file, label, speaker in zip(voices.files, voices.labels, voices.speakers, strict=True)
    }
    file = st.selectbox(
        "Listen to a large point",
        [_SILENT, *sorted(audible, key=about.__getitem__)],
        format_func=lambda file: about.get(file, "click a point, or choose here"),
        key=_LISTEN,
    )
    if file != _SILENT:
        utterance = next(u for u in real_voices("ravdess") if u.file == file)
        show_compact_player(Clip.from_bytes(sample_bytes(utterance)), "map voice", about[file])


def _map(card: ModelCard) -> VoiceMap:
    folder = zoo.ZOO / card.name
    weights = card.files[card.most_exact].sha256.bin
    try:
        voices = _read(str(folder), (folder / VOICE_MAP).stat().st_mtime, weights)
    except VoiceMapError as error:
        raise NotShownError(str(error)) from error
    assert voices is not None  # `mapped_cards` found it
    return voices


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(folder: str, changed: float, weights: str) -> VoiceMap | None:
    return read_voice_map(Path(folder), weights)
