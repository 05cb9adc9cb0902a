"""Programs for maintaining SER Lab; the app needs none of them.

Regenerate what is committed:
measure         the figures of the cards' files
tables          the tables of the READMEs, from the cards
licenses        docs/licenses.md, from the installed packages
screenshots     the pictures of the README
recording       the tour of the README
waits           how long a visitor waits, for docs/reliability.md
live_gain       what Live gains by getting to know a voice, for docs/adaptation.md
make_samples    the synthetic sample voices
real_samples    the real sample voices, drawn from their corpora
gallery         the mean spectrograms of the walkthrough
known_voices    what known voices are worth in training
voice_map       where the embeddings of a model put voices
ravdess_counts  how many clips RAVDESS has
voice_detector  the IR of the voice detector, from Silero's package
heard           the fingerprints of training clips in the zoo

Choices:
adaptation_choice  how far down a probability counts when a speaker is learned

Test rigs:
fuzz            broken and hostile input: `make fuzz`
load            many visitors at once: `make load`
soak            long live recognition: `make soak`
hosting         the app on a host with 1 GB: `make hosting`

Shared by these and the tests:
app_page        the app in a headless Chromium
chromium        path of Chromium
server          an app server in a separate process
event_loop      coroutines where an event loop may be running
voices          synthetic voices
tiny_model      a network small enough to read, and a zoo of it
"""
