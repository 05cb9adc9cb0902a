"""From a voice to its spectrogram and the models' predictions: the page from top to bottom."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shell import page
from pages.shell.analysis import Analysis, analyze, readers
from pages.shell.analyze import judge, question
from pages.shell.analyze.beginning import Beginning, choose_beginning
from pages.shell.analyze.result import (
    choose_track,
    show_answers,
    show_downloads,
    show_latency,
    show_numbers,
    show_player,
    show_sound,
    show_verdict,
)
from pages.shell.analyze.stretch import chosen_stretch, show_stretch
from pages.shell.channels import choose_channel, in_chosen_channel
from pages.shell.models import choose_models, load_ahead, show_new_voices
from pages.shell.teach.card import show_teaching
from pages.shell.voices import choose_voice, choose_way_in
from ser_core.features.source import Source
from ser_core.models.recognizer import Recognizer


class Choice(NamedTuple):
    """What was chosen at the top of the page.

    Attributes:
        place: first on the screen, for what needs the voice that is chosen below it.
        asked: the voice that the visitor was asked about; None where nothing was asked.
    """

    beginning: Beginning
    place: DeltaGenerator
    voice: Source
    asked: Source | None
    recognizers: list[Recognizer]


def show_page() -> None:
    """Analyze, the page at `/`."""
    page.begin(
        "Analyze",
        "Which emotion does a voice sound like? See what neural networks predict, and from what.",
    )
    choice = _choose()
    analysis = analyze(in_chosen_channel(choice.voice))
    recognizers = readers(analysis.source, choice.recognizers)
    if choice.beginning == "vote" and judge.is_open(choice.voice):
        with choice.place:
            judge.show_ballot(analysis, recognizers[0].signature.labels)
        show_sound(analysis, recognizers[0])
        st.stop()
    _show_analysis(choice, analysis, recognizers)


def _choose() -> Choice:
    """The ways in, the beginning and the models; without a voice or a model the page ends here."""
    way_in = choose_way_in()
    place = st.container()
    voice_column, model_column = st.columns([3, 2], gap="medium")
    with model_column:
        beginning = choose_beginning()
    voting = beginning == "vote"
    guessing = beginning == "guess" and way_in == "Sample"
    with voice_column:
        voice = choose_voice(way_in, voting or guessing, lambda v: voting and judge.is_open(v))
    asked = voice if guessing and voice and voice.actual else None
    if asked and not question.guess_of(asked):
        with place:
            question.ask(analyze(asked))
        load_ahead()  # while the visitor listens
        st.stop()
    with model_column:
        # For your own voice, the model that learned from every actor; the others can be checked.
        recognizers = choose_models("live" if way_in == "Microphone" else "main")
    if not recognizers:
        st.info("Choose at least one model.")
        st.stop()
    if voice is None:
        st.info("Nothing to analyze yet. Your voice stays in this session's memory only.")
        show_teaching(recognizers[0])
        st.stop()
    return Choice(beginning, place, voice, asked, recognizers)


def _show_analysis(choice: Choice, analysis: Analysis, recognizers: list[Recognizer]) -> None:
    """What the models say of the voice, or of a selected part, and how it sounds over time."""
    voice, first = choice.voice, recognizers[0]
    stretch = chosen_stretch(voice)
    part = analyze(analysis.source.stretch(*stretch)) if stretch else analysis
    opinions = [part.opinion(recognizer) for recognizer in recognizers]
    with choice.place:
        if choice.asked:
            question.show_reveal(choice.asked, opinions[0])
        elif choice.beginning == "vote":
            judge.show_round(voice, opinions)
    verdict_column, player_column = st.columns([3, 2], gap="medium")
    with verdict_column:
        show_verdict(voice, opinions, with_actual=choice.beginning == "analysis")
        show_new_voices(first)
    with player_column:
        show_player(analysis, hidden=False)
    choose_channel(analysis.source)
    if stretch:
        show_stretch(analysis, stretch)
    show_answers(part, opinions)
    show_teaching(first, part.spectrogram(first))

    st.header("Over time", anchor=False)
    track = choose_track(opinions)
    show_sound(analysis, track.recognizer, track, stretch)
    show_numbers(part, opinions, track)
    show_latency(part, track.recognizer)
    show_downloads(part, opinions, track, stretch)
