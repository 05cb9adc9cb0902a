"""Analyze, the page at `/`: from a voice to its spectrogram and the models' predictions."""

import streamlit as st

from pages.shell import page
from pages.shell.analysis import analyze
from pages.shell.analyze import judge
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
from pages.shell.models import choose_models, show_unseen_actors
from pages.shell.voices import choose_voice, choose_way_in

page.begin(
    "Analyze",
    "Choose a voice. The app shows its spectrogram, and neural networks predict which emotion it "
    "sounds like.",
)

voice_column, model_column = st.columns([3, 2], gap="medium")
with voice_column:
    way_in = choose_way_in()
with model_column:
    # For your own voice, the model that has learned from every actor; the others can be checked.
    recognizers = choose_models("live" if way_in == "Microphone" else "main")
    judging = judge.judge_first()
with voice_column:
    voice = choose_voice(way_in, judging, judge.is_hidden)
if len(recognizers) == 1:
    show_unseen_actors(recognizers[0])

if not recognizers:
    st.info("Choose at least one model.")
    st.stop()
if voice is None:
    st.info("Nothing to analyze yet. Your voice stays in this session's memory only.")
    st.stop()

analysis = analyze(voice)
first = recognizers[0]
if judge.is_hidden(voice):
    show_player(analysis, hidden=True)
    judge.show_ballot(voice, first.signature.labels)
    show_sound(analysis, first)
    st.stop()

stretch = chosen_stretch(voice)
part = analyze(analysis.source.stretch(*stretch)) if stretch else analysis
opinions = [part.opinion(recognizer) for recognizer in recognizers]
if judging:
    judge.show_round(voice, opinions)
verdict_column, player_column = st.columns([3, 2], gap="medium")
with verdict_column:
    show_verdict(voice, opinions, with_actual=not judging)
with player_column:
    show_player(analysis, hidden=False)
if stretch:
    show_stretch(analysis, stretch)
show_answers(part, opinions)

st.header("Over time", anchor=False)
track = choose_track(opinions)
show_sound(analysis, track.recognizer, track, stretch)
show_numbers(part, opinions, track)
show_latency(part, track.recognizer)
show_downloads(part, opinions, track, stretch)
