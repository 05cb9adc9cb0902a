"""Analyze, the page at `/`: a voice goes in; its picture and its emotion come out."""

import streamlit as st

from pages.shell import page
from pages.shell.analysis import analyze
from pages.shell.models import choose_model, show_unseen_actors
from pages.shell.result import (
    show_answer,
    show_downloads,
    show_latency,
    show_numbers,
    show_probabilities,
    show_sound,
)
from pages.shell.voices import choose_source, choose_voice

page.begin(
    "Analyze",
    "Choose a voice. The app draws what it hears, and a neural network says which emotion it "
    "sounds like.",
)

voice_column, model_column = st.columns([3, 2], gap="medium")
with voice_column:
    source = choose_source()
    voice = choose_voice(source)
with model_column:
    # For your own voice, the model that has learnt from every actor; the others can be checked.
    recognizer = choose_model("live" if source == "Microphone" else "main")
show_unseen_actors(recognizer)

if voice is None:
    st.info("Nothing to analyse yet. What you choose stays in this session's memory only.")
    st.stop()

analysis = analyze(voice, recognizer)

answer_column, bars_column = st.columns([2, 3], gap="medium")
with answer_column:
    show_answer(analysis)
with bars_column:
    show_probabilities(analysis.prediction)
show_latency(analysis, recognizer)
show_sound(analysis, recognizer)
show_numbers(analysis, recognizer)
show_downloads(analysis, recognizer)
