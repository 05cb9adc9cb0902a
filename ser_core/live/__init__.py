"""Live recognition: sound arrives in chunks, a track of emotions comes out.

windows  chunks of any sample rate to windows of the last seconds
stream   the thread that classifies, and its state
track    what the models predicted every quarter of a second
"""
