"""About, the page at `/about`: what SER Lab is and is not, whose work it holds, what it keeps."""

import streamlit as st

from pages.shell import page
from pages.shell.models import cards
from pages.shell.settings import settings
from pages.shell.tables import model_details, model_overview, software
from ser_core.corpora.readers import CORPUS_LICENSES
from ser_core.reports.law import AI_ACT

_CORPORA = {
    "ravdess": "**RAVDESS** (Livingstone & Russo 2018, "
    "[doi:10.1371/journal.pone.0196391](https://doi.org/10.1371/journal.pone.0196391))",
    "emodb": "**Berlin EMO-DB** (Burkhardt et al. 2005)",
    "nemo": "**nEMO** (amu-cai/nEMO)",
    "etodkorean": "**ETOD** (emotiontts/emotiontts_open_db)",
    "emospeechcmd": "**EmoSpeech** (RakshakTeam/emospeech-dataset-v1)",
}

page.begin("About", "What this is, what it is not, and what it may be used for.")

st.header("What it is", anchor=False)
st.markdown(
    "SER Lab shows how a machine gets from the sound of a voice to the name of an emotion: the "
    "recording becomes a log-mel spectrogram, a neural network classifies it, and OpenVINO "
    "runs the network on an ordinary CPU. It is made for teaching and for tinkering. The idea "
    "goes back to the SpeechVINO study group of the Intel Edge AI Scholarship Challenge 2020 and "
    "its project [SER](https://github.com/Speech-VINO/SER) by George Christopoulos, Arka "
    "Chakraborty, K. S., Avinash Kumar, Aarthi Alagammai and Temitope Oladokun."
)

st.header("What it is not", anchor=False)
st.markdown(
    "- It does not know what anyone feels. It learned how **actors** sound when they are asked to "
    "portray an emotion, and predicts which of those emotions a voice sounds like.\n"
    "- It is not accurate enough to decide anything about a person, and it does worse on voices, "
    "languages and microphones that were not in its training data.\n"
    "- It is not a medical, forensic or hiring tool."
)

st.header("What it may be used for", anchor=False)
st.markdown(
    "Use it on your own voice, on the voices of people who have consented, on the samples and on "
    "published corpora: to learn, to teach and to compare methods.\n\n"
    f"**Do not use it to monitor anyone.** {AI_ACT} That includes students: in class, demonstrate "
    "it with a sample or with your own or a volunteer's voice, and do not assess anyone with it."
)

st.header("What happens to your voice", anchor=False)
st.markdown(
    "It goes to the machine that runs this app and no further (if the operator has set up a relay "
    "for the live microphone, it passes through that relay, encrypted). There it stays in your "
    "session's memory until you replace it, remove it or close the page. No file is kept (during "
    "a large upload, the web server may use an unnamed temporary file), nothing is shared with "
    "anyone, nothing is used for training, and the app collects no usage data."
)
if settings().inference_url:
    st.markdown(
        "There is one exception: the spectrogram of your voice is sent to an inference server that "
        "the operator of this app has set up, and that server predicts the emotion."
    )

st.header("Licenses", anchor=False)
st.markdown(
    "- **SER Lab's code**: MIT.\n"
    "- **Model weights**: see their cards. Weights trained on RAVDESS or nEMO are for "
    "noncommercial use only. The encoder of *whisper* is OpenAI's, MIT; its notice lies beside the "
    "weights.\n"
    "- **Voice detector**: [Silero VAD](https://github.com/snakers4/silero-vad), MIT.\n"
    "- **Corpora**: "
    + " ".join(f"{_CORPORA[corpus]}: {CORPUS_LICENSES[corpus]}." for corpus in _CORPORA)
    + "\n- **Sample voices**: 16 clips of RAVDESS under its license, 6 clips of EMO-DB under CC0, "
    "mono and at 16 kHz; the rule that chose them is in `samples/LICENSE`. The synthetic voices "
    "were generated with espeak-ng by a script in this project; MIT, like the code."
)

st.header("Versions", anchor=False)
st.table(software())

# Last, because the page ends here where there are no models.
st.header("Models", anchor=False)
zoo_cards = cards()
st.table(model_overview(zoo_cards))
for card in zoo_cards:
    with st.expander(card.title):
        st.markdown(model_details(card))
