"""Live recognition: sound arrives in chunks, a track of emotions comes out.

sound            chunks of any rate become windows of what was just heard
voice_activity   does somebody speak just now
stream           the thread that recognises, and what it leaves behind
track            what the models said at each quarter of a second
"""
