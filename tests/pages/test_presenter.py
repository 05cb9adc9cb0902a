"""Presenter mode without a browser: questions and notes at a click, and two routes."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from pages.shell.walkthrough.steps import STEPS
from tests.app import open_page, text

PAGE = "pages/walkthrough.py"


def presented(step: int = 1) -> AppTest:
    return open_page(PAGE, {"step": str(step), "present": "1"})


def click(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def test_every_step_has_notes_and_the_routes_take_as_long_as_they_say():
    assert all(step.notes for step in STEPS)
    assert sum(step.minutes.of_20 for step in STEPS) == 20
    assert sum(step.minutes.of_45 for step in STEPS) == 45
    assert all(step.minutes.of_45 for step in STEPS)


def test_question_answer_and_notes_wait_for_a_click():
    app, step = presented(3), STEPS[2]
    for hidden in (step.question, step.answer, step.notes):
        assert hidden not in text(app)
    click(app, "presenter-question")
    assert step.question in text(app)
    assert step.answer not in text(app)
    click(app, "presenter-answer")
    click(app, "presenter-notes")
    for shown in (step.question, step.answer, step.notes):
        assert shown in text(app)
    assert step.text not in text(app), "the question takes its place"


def test_an_answer_comes_with_its_question_and_goes_with_it():
    app, step = presented(3), STEPS[2]
    click(app, "presenter-answer")
    assert step.question in text(app)
    click(app, "presenter-question")
    assert step.answer not in text(app)
    click(app, "presenter-question")
    assert step.answer not in text(app)


def test_the_next_step_hides_question_and_answer_and_keeps_the_notes_open():
    app = presented(1)
    click(app, "presenter-answer")
    click(app, "presenter-notes")
    click(app, "next-step")
    assert STEPS[1].question not in text(app)
    assert STEPS[1].answer not in text(app)
    assert STEPS[1].notes in text(app)


def test_next_follows_the_chosen_route():
    app = presented(3)
    click(app, "presenter-notes")
    assert "Minutes 5 to 8 of 20" in text(app)
    click(app, "next-step")
    assert app.title[0].value.startswith("6 · ")
    app.segmented_control(key="route").set_value(45).run()
    click(app, "next-step")
    assert app.title[0].value.startswith("7 · ")
    click(app, "presenter-notes")  # closed
    click(app, "next-step")
    assert app.title[0].value.startswith("8 · ")


def test_a_step_off_the_route_says_so_and_leads_back_to_it():
    app = presented(4)
    click(app, "presenter-notes")
    assert "Not on the 20-minute route" in text(app)
    click(app, "previous-step")
    assert app.title[0].value.startswith("3 · ")


def test_leaving_and_beginning_change_page_and_address():
    app = presented(2)
    click(app, "present")
    assert "present" not in app.query_params
    assert any("Ask the class" in expander.label for expander in app.expander)
    click(app, "next-step")
    assert app.title[0].value.startswith("3 · ")
    click(app, "present")
    assert app.query_params["present"] == "1"
    assert not app.expander


def test_the_mode_ends_when_another_page_is_visited():
    app = presented(2)
    click(app, "next-step")
    app.query_params.clear()  # as the browser does
    app.switch_page("pages/about.py").run()
    app.switch_page(PAGE).run()
    assert any("Ask the class" in expander.label for expander in app.expander)
