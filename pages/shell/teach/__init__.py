"""A visitor teaches a model the own voice, on Analyze and Live.

teaching  the takes of this session, and what models learn from them
card      recording and dropping takes, what they gain, the speaker file
"""
