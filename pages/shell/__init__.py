"""What pages share, and a folder for each page that needs more than one file.

page        page settings, navigation and title: the first call of every page
settings    what whoever hosts the app may set; secrets count
models      compiled once per server, chosen by a widget
numbered    voices by number, where nothing about them may be seen yet
samples     the sample voices: actors, and a speech synthesizer
microphone_access  whether a browser gives the page the microphone
actors      an actor and an emotion to choose
voices      the ways in: sample, file, microphone, actor
analysis    a voice, and what each model says of it
recordings  what is behind stored answers, where its corpus is here
player      sound and picture under one playhead; its browser half lies in frontend/
phones      rooms that vote from phones, and the address that a phone opens
choice      one of a few, in a row of buttons
channels    one of two channels
html        HTML of our own, from templates
in_view     sections that are built when somebody comes to them
take_home   what a lecturer takes home: votes, questions and pictures as one HTML file
presenting  presenter mode: for a projector, without the menu
chart       a chart with its table twin, and tables as CSV
confusion   which emotions get confused, as a heat map and as tables
tables      the numbers behind the charts
accuracy_and_cost  models on the same unseen actors, against latency and size

server       what the server answers beside the pages: the API, votes from phones
analyze      answers side by side, the vote, downloads
teach        a visitor's own takes, what they gain, the speaker file
live         the microphone, and what a stream looks like
accuracy     known voices beside new ones, one result closely, cost, corpus
batch        choosing recordings, working through them, the result
benchmark    measuring on this machine
walkthrough  the lecture, one module per chapter

A folder may import what stands above; no folder imports another (`tests/test_rooms.py`).
"""
