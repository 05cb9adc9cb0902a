"""The Accuracy page.

comparison  known voices beside unseen ones; every result in one table
result      one result in detail: confusion, groups, calibration
clips       the clips behind a cell of the confusion matrix, to hear
adaptation  what getting to know a speaker gains
cost        accuracy against time and size, measured on demand
corpus      what RAVDESS holds
tables      the rows of all these
"""
