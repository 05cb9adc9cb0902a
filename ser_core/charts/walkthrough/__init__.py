"""Plotly figures of the walkthrough: the insides of the pipeline, one idea each.

front_end       samples, windows, frames, mel bands, decibels, pitch
inside_network  feature maps, what it looks at, answers, weights
leaked_split    a score that climbs, and where test voices leak
moods           one sentence in several moods, one's own takes and an actor's
voice_map       voices as points
training        curves, varied and mean spectrograms, what went right
knobs           probabilities as a knob turns
layout          what they share

As everywhere, background and text color are the theme's.
"""
