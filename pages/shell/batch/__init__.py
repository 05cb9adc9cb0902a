"""The Batch page.

run         choosing recordings, working through them, discarding them
by_speaker  the option to get to know each speaker
result      summary, distribution, table, report
"""
