"""Plotly figures, and how an emotion looks on every one of them.

look         color of an emotion; no plotly
recording    one recording: waveform, spectrogram, emotion over time
magnifying   larger type and marks, for a projector
tracks       the same as plain numbers, for the player
accuracy     accuracy, confusion, calibration, cost, corpora
adaptation   what getting to know a speaker gains
benchmark    the stages of a benchmark
live         the last 30 seconds
walkthrough  the figures of the lecture

Nothing here knows of a page. Figures leave background and text color to the theme around them.
"""
