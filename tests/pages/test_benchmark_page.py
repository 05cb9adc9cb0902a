"""The Benchmark page without a browser, and its chart."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from ser_core.charts.benchmark import stage_bars
from ser_core.evaluation.benchmark import Timing, published_run
from tests.app import open_page
from tests.charts.test_accuracy_charts import entry, made_answers
from tests.pages.test_accuracy_page import set_results, table_with

PAGE = "pages/benchmark.py"


def test_the_page_waits_until_it_is_asked(app: AppTest) -> None:
    assert not app.dataframe
    assert any("Nothing has been measured yet" in caption.value for caption in app.caption)


def test_networks_are_compared_not_trainings_of_one(app: AppTest) -> None:
    assert app.multiselect(key="benchmark models").value == ["tiny"]  # of two of its kind


def test_what_a_model_takes_stands_beside_its_accuracy_on_new_voices(zoo: Path) -> None:
    set_results(zoo, "tiny", entry(made_answers(right=0.8), "actors-5fold"))
    app = open_page(PAGE)
    app.button[0].click().run()
    assert not app.exception
    (row,) = table_with(app, "latency_ms").to_dict("records")
    assert row["model"] == "Tiny network (main)"
    assert row["latency_ms"] > 0


def test_a_press_measures_every_precision_of_the_chosen_models(app: AppTest) -> None:
    app.multiselect(key="benchmark models").set_value(["tiny"]).run()
    app.button[0].click().run()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["precision"]) == ["FP32", "FP16", "INT8"]
    assert (table["end to end (ms)"] > table["network (ms)"]).all()
    assert any("OpenVINO" in text.value for text in app.markdown)
    published = published_run()
    assert published.path_2020_ms
    assert any(published.machine.cpu in caption.value for caption in app.caption)
    assert "2020 pipeline" in app.get("plotly_chart")[0].proto.spec


def test_without_a_model_the_page_asks_for_one(app: AppTest) -> None:
    app.multiselect(key="benchmark models").set_value([]).run()
    assert app.info[0].value == "Choose at least one model."


def test_the_stages_of_a_model_are_stacked_in_one_bar() -> None:
    stages = {"decode": 1.0, "features": 2.0, "network": 3.0, "inference": 1.5, "path": 7.0}
    rows = [Timing("m", "FP32", "OpenVINO", stage, ms, ms) for stage, ms in stages.items()]
    figure = stage_bars(rows)
    assert figure.layout.barmode == "stack"
    assert sum(bar.x[0] for bar in figure.data) == 7.0, "the parts sum to the whole"
    assert [bar.x[0] for bar in figure.data] == [1.0, 2.0, 3.0, 1.0]
    assert {bar.y[0] for bar in figure.data} == {"m FP32"}
    assert figure.layout.xaxis.title.text == "Median time (ms)"
