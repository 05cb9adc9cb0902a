"""Walkthrough, the page at `/walkthrough`: a lecture in eleven steps, from sound to the law."""

from functools import partial

import streamlit as st

from pages.shell import page, presenting
from pages.shell.teach.card import show_teaching
from pages.shell.walkthrough.navigation import current_step, navigate
from pages.shell.walkthrough.presenter import show_presented
from pages.shell.walkthrough.steps import STEPS, show

number = current_step()
step = STEPS[number - 1]
# Each step has elements of its own: a browser that has translated the page would otherwise keep the
# words of the step before, or lose track of them (NotFoundError).
with st.container(key=f"title-of-{number}"):
    page.begin("Walkthrough", heading=f"{number} · {step.title}")
presents = presenting.begin()
lesson = navigate(number, presents, partial(show_teaching, unfolded=True))
with st.container(key=f"content-of-{number}"):
    (show_presented if presents else show)(step, number, lesson)
