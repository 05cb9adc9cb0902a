"""How accurate a model is, how fast, and what it predicts for many recordings.

answers            a model's answers to utterances with a known emotion
heard_in_training  which clips a model was trained on
metrics            accuracy, UAR, confusion, calibration, intervals
figures            every figure of a report
evaluate           a model on the test part of a protocol
adapted            what a model gains by getting to know a speaker
robustness         the same voices by telephone, in babble, in a room
measurement        all that a card says of its files
results            the cards' results side by side, and the answers behind one of them
leaked_split       what known voices in a test set are worth
published          published tables, for comparison
opinions           predictions of several models for one voice, and how far to trust each
batch              many files and zip archives: recordings in, rows out
by_speaker         a batch with a model that gets to know each speaker
own_head           a head for one's own recordings, learned and measured
throughput         files per second on all cores, beside what the cores could do
benchmark          time per stage, for every model and precision
"""
