"""Walkthrough, the page at `/walkthrough`: a lecture in eleven steps, from sound to the law."""

from functools import partial

from pages.shell import page
from pages.shell.teach.card import show_teaching
from pages.shell.walkthrough.steps import STEPS, current_step, navigate, show

number = current_step()
step = STEPS[number - 1]
page.begin("Walkthrough", heading=f"{number} · {step.title}")
lesson = navigate(number, partial(show_teaching, unfolded=True))
show(step, number, lesson)
