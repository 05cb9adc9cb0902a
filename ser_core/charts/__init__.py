"""Plotly figures and a little HTML, and how an emotion looks on every one of them.

look       colour and symbol of an emotion, percentages; no plotly
recording  one recording: waveform, spectrogram, emotion over time
sound_svg  the same as a drawing without a script
answers    what models say, side by side, as HTML
accuracy   accuracy, confusion, calibration, cost, corpora
benchmark  the stages of a benchmark
live       the last 30 seconds
lesson     the walkthrough: sound, network, training

Nothing here knows of a page. Figures leave background and text colour to the theme around them.
"""
