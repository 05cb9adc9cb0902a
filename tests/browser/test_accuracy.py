"""The Accuracy page as a visitor sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.actions import save_table, see_all, wait_until_whole
from tests.charts.test_accuracy_charts import entry, made_answers
from tests.pages.test_accuracy_page import set_results
from tools import tiny_model
from tools.server import running_server

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def evaluated_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server whose models have results, on known and on unseen actors."""
    folder = tmp_path_factory.mktemp("evaluated")
    zoo = tiny_model.write_zoo(folder / "zoo")
    found = made_answers()
    precisions = ("FP32", "INT8")
    set_results(zoo, "tiny", *(entry(found, "actors-5fold", precision=p) for p in precisions))
    set_results(zoo, "tiny-mirrored", entry(made_answers(right=0.9), "random-80-20"))
    with running_server(zoo, folder / "log") as running:
        yield running.address


def test_a_cold_link_opens_the_page_with_every_chart_and_a_csv(
    evaluated_server: str, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(f"{evaluated_server}/accuracy")
    expect(page.get_by_role("heading", name="Accuracy", exact=True)).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_label("Bar chart of accuracy", exact=False).first).to_be_visible()
    see_all(page)
    for description in (
        "Bar chart of accuracy",
        "Confusion matrix",
        "UAR by gender",
        "Calibration plot",
        "Accuracy against cost",
        "Clips per emotion and actor",
    ):
        expect(page.get_by_label(description, exact=False).first).to_be_visible()
    rows = save_table(page, "All results (CSV)", tmp_path / "results.csv")
    assert [row["model"] for row in rows][:3] == ["tiny", "tiny", "tiny-mirrored"]


def test_time_is_measured_on_demand(evaluated_server: str, open_page: OpenPage) -> None:
    page = open_page(f"{evaluated_server}/accuracy")
    wait_until_whole(page)
    page.get_by_role("link", name="Accuracy, latency and size").click()
    axes = page.locator(".js-plotly-plot")
    expect(axes.get_by_text("File size (MB)")).to_be_visible()
    page.get_by_role("button", name="Measure latency on this server").click()
    expect(page.get_by_text("median on this server")).to_be_visible()
    expect(axes.get_by_text("Latency")).to_be_visible()


def test_the_table_sorts_by_share_and_not_by_letters(
    evaluated_server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{evaluated_server}/accuracy")
    wait_until_whole(page)
    page.get_by_role("link", name="All results").click()
    table = page.get_by_test_id("stDataFrame").filter(has_text="Tested on")
    table.scroll_into_view_if_needed()
    uar = table.locator("[role=gridcell][aria-colindex='2']")
    expect(uar).to_have_count(9)

    def shares() -> list[float]:
        return [float(text) for text in uar.all_text_contents() if text[:1].isdigit()]

    before = shares()
    assert before != sorted(before)
    # The table is drawn on a canvas, so its head can only be clicked by its place.
    table.click(position={"x": 200, "y": 18})
    page.wait_for_timeout(500)
    assert shares() == sorted(before)


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_phone_shows_the_whole_width(
    evaluated_server: str, open_page: OpenPage, color_scheme: str
) -> None:
    page = open_page(f"{evaluated_server}/accuracy", width=390, color_scheme=color_scheme)
    expect(page.get_by_label("Bar chart of accuracy", exact=False).first).to_be_visible()
    see_all(page)
    expect(page.get_by_label("Clips per emotion and actor", exact=False).first).to_be_attached()
    overflow = page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stMain] *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('.js-plotly-plot, [data-testid=stDataFrame]')).length"
    )
    assert overflow == 0


def test_a_section_is_built_when_it_comes_into_view(
    evaluated_server: str, open_page: OpenPage
) -> None:
    page = open_page(f"{evaluated_server}/accuracy")
    expect(page.get_by_label("Bar chart of accuracy", exact=False).first).to_be_visible()
    wait_until_whole(page)
    page.wait_for_timeout(1000)
    corpus = page.get_by_label("Clips per emotion and actor", exact=False)
    assert corpus.count() == 0
    page.get_by_role("link", name="The corpus: RAVDESS").click()
    expect(corpus.first).to_be_in_viewport()
    assert page.get_by_label("Accuracy of every model").count() == 0, "nobody came by"
