"""Plotly figures, and how an emotion looks on every one of them.

look       colour and symbol of an emotion, percentages; no plotly
recording  one recording: waveform, spectrogram, emotion over time, probabilities
accuracy   accuracy, confusion, calibration, cost, corpora
benchmark  the stages of a benchmark
live       the last 30 seconds

Nothing here knows of a page. Figures leave background and text colour to the theme around them.
"""
