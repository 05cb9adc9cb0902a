"""What pages share.

page       page settings, navigation and title: the first call of every page
settings   what whoever hosts the app may set; secrets count
origin     which machine the answers came from
voices     the ways in: sample voices, actors, file, microphone
actors     real voices that the main model never heard
models     compiled once per server, chosen by a widget
analysis   a voice, and what each model says of it
judge      the room votes first; then room, models, truth, and the tally
result     how an analysis looks: answers side by side, charts, latency, downloads
tables     the numbers behind the charts
chart      a chart with its table twin, and tables as CSV

walkthrough  the lecture, in a package of its own: one module per chapter

Of the Accuracy page alone (Batch borrows the confusion matrix):
accuracy_comparison  known voices beside new ones; every result in one table
accuracy_result      one result closely: confusion, groups, calibration
accuracy_cost        accuracy against time and size, measured on demand
accuracy_corpus      what RAVDESS holds
accuracy_tables      the rows of all these

Of the Batch page alone:
batch_run     choosing recordings, working through them, letting them go
batch_result  summary, distribution, table, report

Of the Benchmark page alone:
benchmark_run  choosing models, measuring, chart and table

Of the Live page alone:
live_session     what one visitor's live recognition holds
live_connection  what the browser and the network allow, and what to say where they do not
live_microphone  the microphone by WebRTC, or a recording where that cannot be
live_settings    models, window and smoothing, changed while it runs
live_view        the label, the meter, the river, and what can be kept of them
"""
