"""What pages share.

page       settings, navigation and title: the first call of every page
voices     the ways in: sample voices, file, microphone
models     compiled once per server, chosen by a widget
analysis   a voice and a model become an Analysis
result     how an Analysis looks: answer, charts, latency, downloads
tables     the numbers behind the charts
"""
