"""The Batch page.

run     choosing recordings, working through them, letting them go
result  summary, distribution, table, report
"""
