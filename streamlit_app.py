"""Analyze, the page at `/`: from a voice to its spectrogram and the models' predictions."""

import streamlit as st

from pages.shell import page
from pages.shell.analysis import analyze, readers
from pages.shell.analyze import judge, question
from pages.shell.analyze.beginning import choose_beginning
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

page.begin(
    "Analyze",
    "Which emotion does a voice sound like? See what neural networks predict, and from what.",
)

way_in = choose_way_in()
question_place = st.container()  # first on the screen; it needs the voice, which is chosen below
voice_column, model_column = st.columns([3, 2], gap="medium")
with model_column:
    beginning = choose_beginning()
voting = beginning == "vote"
guessing = beginning == "guess" and way_in == "Sample"
with voice_column:
    voice = choose_voice(way_in, voting or guessing, lambda v: voting and judge.is_open(v))

asked = voice if guessing and voice and voice.actual else None
if asked and not question.guess_of(asked):
    with question_place:
        question.ask(analyze(asked))
    load_ahead()  # while the visitor listens
    st.stop()

with model_column:
    # For your own voice, the model that has learned from every actor; the others can be checked.
    recognizers = choose_models("live" if way_in == "Microphone" else "main")
if not recognizers:
    st.info("Choose at least one model.")
    st.stop()
if voice is None:
    st.info("Nothing to analyze yet. Your voice stays in this session's memory only.")
    show_teaching(recognizers[0])
    st.stop()

analysis = analyze(in_chosen_channel(voice))
recognizers = readers(analysis.source, recognizers)
first = recognizers[0]
if voting and judge.is_open(voice):
    with question_place:
        show_player(analysis, hidden=True)
        judge.show_ballot(voice, first.signature.labels)
    show_sound(analysis, first)
    st.stop()

stretch = chosen_stretch(voice)
part = analyze(analysis.source.stretch(*stretch)) if stretch else analysis
opinions = [part.opinion(recognizer) for recognizer in recognizers]
with question_place:
    if asked:
        question.show_reveal(asked, opinions[0])
    elif voting:
        judge.show_round(voice, opinions)
verdict_column, player_column = st.columns([3, 2], gap="medium")
with verdict_column:
    show_verdict(voice, opinions, with_actual=beginning == "analysis")
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
