"""Live recognition: sound arrives in chunks, a track of emotions comes out.

windows  chunks of any rate become windows of the last seconds
stream   the thread that recognizes, and what it leaves behind
track    what the models said at each quarter of a second
"""
