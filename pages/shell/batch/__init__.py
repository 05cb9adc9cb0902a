"""The Batch page.

run     choosing recordings, working through them, discarding them
result  summary, distribution, table, report
"""
