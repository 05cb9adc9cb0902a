"""The Benchmark page.

run  choosing models, measuring, chart and table
"""
