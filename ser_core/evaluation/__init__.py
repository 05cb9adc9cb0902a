"""How good a model is, how fast, and what it says of many recordings.

answers            answers to utterances whose emotion is known
heard_in_training  which clips shaped a model
metrics            accuracy, UAR, confusion, calibration, intervals
figures            every figure of a report
evaluate           a model over the test part of a protocol
robustness         the same voices through a telephone, in a babble, in a room
results            the cards' results side by side, and the answers behind one of them
published          tables that others published, to compare with
opinions           what several models say of one voice, and how far to trust each
batch              many files and zip archives: recordings in, rows out
benchmark          how long each stage takes, for every model and precision
"""
