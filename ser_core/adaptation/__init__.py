"""A model gets to know one speaker, from recordings with or without labels.

takes     recordings of the speaker as the model hears them
learning  takes to a `Speaker` that the recognizer takes
running   the same while speaking, from running statistics
gain      what was learned, by leaving each take out in turn
concerns  takes that are too few, too alike or of several people
"""
