"""Live, the page at `/live`: speak, and watch the prediction follow."""

import streamlit as st

from pages.shell import page
from pages.shell.live.microphone import show_microphone, show_recorder
from pages.shell.live.settings import choose_settings
from pages.shell.live.view import show_actions, show_now, show_past
from pages.shell.teach.card import show_teaching, taught_speaker

page.begin(
    "Live",
    "Press START and speak. Four times per second, the last three seconds are classified. "
    "The sound stays in this session's memory and is gone when the session ends.",
)

start_column, settings_column = st.columns([3, 7], gap="medium", vertical_alignment="bottom")
with settings_column:
    session = choose_settings()
session.shows_stuck = session.stuck
with start_column:
    show_microphone(session)
session.know(taught_speaker(session.first))

# Drawn again by themselves only while there is something new.
st.fragment(show_now, run_every=0.2 if session.on else None)(session)
st.fragment(show_past, run_every=0.5 if session.on else None)(session)
show_actions(session)
show_recorder(session)
show_teaching(session.first, use=session.know)
st.caption("This is how the voice sounds to the model, not what the person feels.")
