"""About, the page at `/about`: what SER Lab is and is not, whose work it holds, what it keeps."""

import streamlit as st

from pages.shell import page
from pages.shell.models import cards
from pages.shell.settings import settings
from pages.shell.tables import model_details, model_overview, software
from ser_core.reports.law import AI_ACT

page.begin("About", "What this is, what it is not, and what it may be used for.")

st.header("What it is", anchor=False)
st.markdown(
    "SER Lab shows how a machine gets from the sound of a voice to the name of an emotion: the "
    "recording becomes a log-mel spectrogram, a convolutional network reads it, and OpenVINO runs "
    "the network on an ordinary processor. It is made for teaching and for taking apart. The idea "
    "goes back to the SpeechVINO study group of the Intel Edge AI Scholarship Challenge 2020 and "
    "its project [SER](https://github.com/Speech-VINO/SER) by George Christopoulos, Arka "
    "Chakraborty, K. S., Avinash Kumar, Aarthi Alagammai and Temitope Oladokun."
)

st.header("What it is not", anchor=False)
st.markdown(
    "- It does not know what anybody feels. It learned how **actors** sound when they are asked to "
    "play an emotion, and says which of these recordings a voice resembles.\n"
    "- It is not accurate enough to decide anything about a person, and worse for voices, "
    "languages and microphones that its training did not contain.\n"
    "- It is no medical, forensic or recruiting tool."
)

st.header("What it may be used for", anchor=False)
st.markdown(
    "Use it on your own voice, on voices whose owners agreed, on the samples and on published "
    "corpora: to learn, to teach, to compare methods.\n\n"
    f"**Do not use it to monitor anybody.** {AI_ACT} That covers pupils and students too: in "
    "class, show it with a sample or a volunteer's own voice, and assess nobody with it."
)

st.header("What happens to your voice", anchor=False)
st.markdown(
    "It goes to the machine that runs this app and no further (where the operator has set up a "
    "relay for the live microphone, it passes through that, encrypted). There it stays in the "
    "memory of your session until you replace it, remove it or close the page. No file is kept "
    "(while a large upload arrives, the web server may hold it in a temporary file without a "
    "name), nothing is sent to anybody, nothing is used for training, and the app collects no "
    "usage data."
)
if settings().inference_url:
    st.markdown(
        "With one exception: the spectrogram of your voice goes to an inference server, which the "
        "operator of this app has set up and which names the emotion."
    )

st.header("Licenses", anchor=False)
st.markdown(
    "- **SER Lab's code**: MIT.\n"
    "- **Model weights**: as their cards say. Those trained on RAVDESS or nEMO may not be used "
    "commercially. The encoder of *whisper* is OpenAI's, MIT; its notice lies beside the "
    "weights.\n"
    "- **RAVDESS**: Livingstone & Russo 2018, "
    "[doi:10.1371/journal.pone.0196391](https://doi.org/10.1371/journal.pone.0196391), "
    "CC BY-NC-SA 4.0. **nEMO** (amu-cai/nEMO): CC BY-NC-SA 4.0. **Berlin EMO-DB**: Burkhardt et "
    "al. 2005, CC0. None of their recordings comes with the app.\n"
    "- **Sample voices**: made with the synthesizer espeak-ng by a script of this project; as free "
    "as its code."
)

st.header("Versions", anchor=False)
st.table(software())

# Last, because the page ends here where there are no models.
st.header("Models", anchor=False)
listed = cards()
st.table(model_overview(listed))
for card in listed:
    with st.expander(card.title):
        st.markdown(model_details(card))
