"""The walkthrough: a lecture in eleven steps, one module per chapter.

lesson          the voice that the lecture looks at, and the reason where a step cannot be shown
steps           titles, sentences, questions and notes, and which function draws what
navigation      which step is shown, and the controls above it
presenter       questions and notes at a key, and the routes of 20 and 45 minutes
short_time      1–3: samples, frames and windows, the spectrum
mel             4–5: mel bands, decibels, level; pitch and MFCC
inside_network  6: feature maps, evidence over time, occlusion
scores          7: softmax and temperature
voice_map       7: where the network puts voices
training        8: curves, augmentation, mean spectrograms
knobs           8: pitch, tempo, level and noise turned, and where the answer flips
ir              9: operations, weights, answers in three precisions
leaked_split    10: the split cheated by hand, where its figures were measured
unseen          10: random split and unseen actors, and one left-out take
moods           11: one sentence in several moods, one's own takes beside an actor's
limits          11: synthetic voices that feel nothing, and other languages

Each `show` function draws a step and returns the rows of its table twin; a `keep` function returns
what of it is taken home.
"""
