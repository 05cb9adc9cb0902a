"""The walkthrough: a lecture in eleven steps, one module per chapter.

lesson          the voice that the lecture looks at, and what is missing where it cannot be shown
steps           titles, sentences and questions, and which function draws what
short_time      1–3: samples, frames and windows, the spectrum
mel             4–5: mel bands, decibels, level; pitch and MFCC
inside_network  6: feature maps, evidence over time, occlusion
scores          7: softmax and temperature
training        8: curves, augmentation, mean spectrograms
ir              9: operations, weights, answers in three precisions
unseen          10: a random split, played through with one left-out take
limits          11: what the model says of voices that feel nothing, and of other languages

Each `show` function draws a step and returns the rows of its table twin.
"""
