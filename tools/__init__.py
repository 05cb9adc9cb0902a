"""Programs for whoever keeps SER Lab; the app needs none of them.

Written anew from the truth:
tables          the tables of the READMEs, from the cards
licenses        docs/licenses.md, from the installed packages
screenshots     the pictures of the README
recording       the tour of the README
make_samples    the synthetic sample voices
gallery         the mean spectrograms of the walkthrough
ravdess_counts  how many clips RAVDESS has

Rigs that try the app:
fuzz            broken and hostile input: `make fuzz`
load            many people at once: `make load`
soak            long live recognition: `make soak`
hosting         the app as a host with 1 GB runs it: `make hosting`

What these and the tests share:
app_page        the app in a headless Chromium
chromium        where Chromium is
server          a server of the app in a process of its own
voices          synthetic voices
tiny_model      a network small enough to read, and a zoo of it
"""
