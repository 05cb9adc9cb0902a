"""The Accuracy page without a browser: an empty zoo, incomplete cards, every kind of result."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from msgspec.structs import replace
from streamlit.testing.v1 import AppTest

from pages.shell.accuracy import tables
from ser_core.evaluation.answers import write_answers
from ser_core.evaluation.published import published_2020
from ser_core.evaluation.results import all_results
from ser_core.models.card import Adaptation, Certain, ModelCard, ResultEntry
from ser_core.models.labels import EMOTIONS, MERGED_NEGATIVE
from ser_core.models.zoo import list_models
from ser_core.reports.csv_table import to_csv
from tests.app import open_page, text
from tests.charts.test_accuracy_charts import entry, made_answers
from tests.made_corpus import write_ravdess
from tools import tiny_model

PAGE = "pages/accuracy.py"
SPACE = "\N{NO-BREAK SPACE}"


def set_results(zoo: Path, name: str, *entries: ResultEntry) -> None:
    """Give a model of the zoo these results, with answers behind them."""
    path = zoo / name / "card.json"
    card = ModelCard.from_file(path)
    path.write_text(replace(card, results=list(entries)).to_json())
    for result in entries:
        run = {"of": result.of, "fold": result.fold or 0, "precision": result.precision}
        stored = zoo / name / result.predictions
        write_answers(stored, made_answers(), EMOTIONS, **run)


def table_with(app: AppTest, column: str) -> pd.DataFrame:
    """The table on screen that has this column."""
    return next(t.value for t in app.dataframe if column in t.value.columns)


def test_a_zoo_of_made_up_results_is_shown_with_what_is_missing(zoo: Path) -> None:
    app = open_page(PAGE)
    assert not app.error
    assert "no model trained on a random split yet" in text(app)
    assert "not stored" in text(app)
    assert "No model has a result on unseen actors yet" in text(app)
    assert [header.value for header in app.header] == [
        "Known voices and unseen voices",
        "One result in detail",
        "Getting to know a voice",
        "All results",
        "Accuracy, latency and size",
        "The corpus: RAVDESS",
    ]


def test_random_files_and_unseen_actors_stand_beside_each_other(zoo: Path) -> None:
    found, better = made_answers(), made_answers(right=0.9)
    set_results(zoo, "tiny", entry(found, "actors-5fold"), entry(found, "actors-5fold", "song"))
    set_results(zoo, "tiny-mirrored", entry(better, "random-80-20"))
    other_takes = (
        a.file[:14] + ("-02-" if a.file[15:17] == "01" else "-01-") + a.file[-2:] for a in better
    )
    takes = "\n".join(f"ravdess/{file}" for file in other_takes)
    (zoo / "tiny-mirrored" / "heard.txt").write_text(takes)
    app = open_page(PAGE)
    right, known = (sum(a.actual == a.predicted for a in of) for of in (found, better))
    assert f"({known} of 200 clips, speech and song)" in text(app)
    assert f"({right} of 200 clips, speech and song)" in text(app)
    assert f"by {100 * known / 200 - 100 * right / 200:.0f} points" in text(app)
    assert f"200 of the 200 test clips (100{SPACE}%) have their other take" in text(app)


def test_the_headline_of_the_page_is_the_recipes_figure_and_leads_to_every_part(zoo: Path) -> None:
    answers = made_answers()
    recipe = entry(answers, "actors-5fold", "speech", of="recipe", fold=None)
    set_results(zoo, "tiny", entry(made_answers(right=0.9), "actors-5fold", "speech"), recipe)
    app = open_page(PAGE)
    assert app.metric[0].value == f"{100 * recipe.uar:.1f}{SPACE}%"
    links = next(block.value for block in app.markdown if "](#" in block.value)
    assert [header.anchor for header in app.header] == re.findall(r"\(#([a-z-]+)\)", links)
    assert app.metric[1].value == app.metric[0].value, "the result in detail begins with it"


def test_it_is_explained_why_a_random_split_can_win_on_another_corpus(zoo: Path) -> None:
    known, unseen = made_answers(right=0.9), made_answers()
    for name, protocol, elsewhere in (
        ("tiny", "actors-5fold", unseen),
        ("tiny-mirrored", "random-80-20", known),
    ):
        other = entry(elsewhere, "cross-corpus", "speech")
        set_results(zoo, name, entry(unseen, protocol, "speech"), other)
    assert "On another corpus, tiny-mirrored beats tiny (" in text(open_page(PAGE))


def test_the_chosen_result_is_shown_by_group_and_calibration(zoo: Path) -> None:
    found = made_answers()
    set_results(zoo, "tiny", *(entry(found, "actors-5fold", c) for c in ("all", "speech", "song")))
    app = open_page(PAGE)
    assert app.metric[2].value == str(sum(a.channel == "speech" for a in found))
    for channel in ("all", "speech"):
        widgets = app.segmented_control
        widget = next(w for w in widgets if "Channel of the result" in (w.key or ""))
        widget.set_value(channel).run()
        assert (app.metric[2].value == "200") == (channel == "all")
    assert f"Human listeners: 62.4{SPACE}%" in text(app)
    for name in ("channel", "speaker", "statement", "intensity", "gender"):
        app.segmented_control(key="groups by").set_value(name).run()
        assert not app.exception
    app.segmented_control(key="confusion in").set_value("clips").run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 6


def test_what_the_threshold_leaves_is_said(zoo: Path) -> None:
    certain = Certain(coverage=0.6, accuracy=0.9)
    set_results(zoo, "tiny", entry(made_answers(), "actors-5fold", certain=certain))
    assert f"the case for 60{SPACE}% of the clips, and 90{SPACE}% of those" in text(open_page(PAGE))


def test_the_mean_over_folds_is_shown_like_any_other(zoo: Path) -> None:
    recipe = entry(made_answers(), "actors-5fold", of="recipe", fold=None)
    set_results(zoo, "tiny", recipe, entry(made_answers(), "actors-5fold"))
    app = open_page(PAGE)
    assert app.selectbox[1].options == [
        "unseen actors, actors-5fold, all folds",
        "unseen actors, actors-5fold, fold 0",
    ]
    assert "not stored" not in text(app)


def test_what_pretraining_buys_and_costs_is_said_where_a_model_has_it(zoo: Path) -> None:
    scratch, bought = made_answers(), made_answers(right=0.9)
    speech = {"of": "recipe", "fold": None}
    set_results(zoo, "tiny-mirrored", entry(scratch, "actors-5fold", "speech", **speech))
    recipe = entry(bought, "actors-5fold", "speech", **speech)
    set_results(zoo, "tiny", recipe, entry(bought, "actors-5fold"))
    assert "What pretraining buys" not in text(open_page(PAGE))
    path = zoo / "tiny" / "card.json"
    card = ModelCard.from_file(path)
    training = replace(card.training, pretrained="a whale, 9 hours of song")
    path.write_text(replace(card, training=training).to_json())
    app = open_page(PAGE)
    assert "Tiny network (main) starts from a whale, 9 hours of song" in text(app)
    starts = table_with(app, "Test loss").set_index("Model")["Start"]
    assert (starts["tiny"], starts["tiny-mirrored"]) == ("pretrained", "from scratch")


def test_a_model_of_five_classes_is_shown(zoo: Path) -> None:
    tiny_model.write_model(zoo, "merged", "comparison", task="negative-5")
    app = open_page(PAGE)
    app.selectbox[0].set_value("merged").run()
    assert not app.exception
    columns = table_with(app, "Test loss").columns
    assert "◣ negative" in columns
    assert len(columns) == 4 + 2 + 8 + 1 + 2


def test_the_table_sorts_as_numbers_and_marks_what_others_published(zoo: Path) -> None:
    found = made_answers()
    set_results(zoo, "tiny", entry(found, "actors-5fold"), entry(found, "actors-5fold", "song"))
    set_results(zoo, "tiny-mirrored", entry(found, "random-80-20"))
    table = table_with(open_page(PAGE), "Test loss")
    assert list(table["Model"])[:2] == ["tiny", "tiny-mirrored"]
    assert len(table) == 2 + 5 + 1
    assert all("not reproduced" in text for text in table["Tested on"][2:7])
    assert table["◆ angry"][3] == pytest.approx(75 / 76)
    assert table["Test loss"][2] == pytest.approx(0.139551)
    assert table["Accuracy (95 %)"].iloc[-1] == 0.624
    lines = [tables.published_line(published) for published in published_2020()]
    written = tables.all_results(lines).to_html()
    assert f"97{SPACE}% (36/37)" in written
    assert f"98.4{SPACE}% (482/490)" in written


def test_all_results_can_be_saved_with_their_counts(zoo: Path) -> None:
    set_results(zoo, "tiny", entry(made_answers(), "actors-5fold", precision="INT8"))
    rows = tables.all_results_csv(all_results(list_models(zoo)), published_2020())
    read = list(csv.DictReader(io.StringIO(to_csv(rows))))
    assert len(read) == 2 + 5 + 1
    assert (read[0]["model"], read[0]["precision"], read[0]["n"]) == ("tiny", "INT8", "200")
    assert read[2]["source"] == tables.ELSEWHERE
    assert (read[3]["angry_correct"], read[3]["angry_total"]) == ("75", "76")
    assert {f"{label}_total" for label in (*EMOTIONS, *MERGED_NEGATIVE)} <= set(read[0])


def test_time_is_measured_on_demand(zoo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.shell.accuracy.cost.ROUNDS", 1)
    found = made_answers()
    results = [entry(found, "actors-5fold", precision=p) for p in ("FP32", "INT8")]
    set_results(zoo, "tiny", *results)
    app = open_page(PAGE)
    assert "Latency has not been measured yet" in text(app)
    app.button(key="measure").click().run(timeout=60)
    assert not app.exception
    assert "median on this server" in text(app)
    assert all(table_with(app, "latency_ms")["latency_ms"] > 0)
    app.switch_page("pages/about.py").run()
    app.switch_page("pages/accuracy.py").run()
    assert "median on this server" in text(app), "kept when another page was looked at"


def test_every_chart_has_a_table_twin_with_its_csv(zoo: Path) -> None:
    set_results(zoo, "tiny", entry(made_answers(), "actors-5fold"))
    app = open_page(PAGE)
    expanders = [e for e in app.expander if e.label == "The numbers behind the chart"]
    assert len(expanders) == len(app.get("plotly_chart")) == 6
    assert len(app.get("download_button")) == 7


@pytest.mark.parametrize("channel", ["speech", "song"])
def test_the_corpus_is_counted(zoo: Path, channel: str) -> None:
    app = open_page(PAGE)
    app.segmented_control(key="channel of the corpus").set_value(channel).run()
    assert ("1440" if channel == "speech" else "1012") in text(app)
    assert ("Actor 18 did not sing" in text(app)) == (channel == "song")


def test_cards_without_results_are_said_in_a_sentence(zoo: Path) -> None:
    for name in ("tiny", "tiny-mirrored"):
        set_results(zoo, name)
    app = open_page(PAGE)
    assert "has been evaluated yet" in app.info[0].value
    assert not app.header


def test_no_model_at_all_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ser_core.models.zoo.ZOO", tmp_path)
    app = open_page(PAGE)
    assert "no model" in app.error[0].value


def test_a_damaged_file_of_answers_costs_only_what_needs_it(zoo: Path) -> None:
    set_results(zoo, "tiny", entry(made_answers(), "actors-5fold"))
    (zoo / "tiny" / "predictions" / "actors-5fold.csv").write_text("of,fold\nthis file,0\n")
    app = open_page(PAGE)
    assert "not stored" in text(app)
    assert len(app.get("plotly_chart")) == 4


def test_the_clips_of_a_cell_can_be_heard_where_their_corpus_is(
    zoo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_results(zoo, "tiny", entry(made_answers(), "actors-5fold"))
    monkeypatch.setenv("SER_DATA", str(tmp_path / "nothing"))
    app = open_page(PAGE)
    actual, predicted = app.selectbox(key=cell_key(app)).value
    assert actual != predicted, "first what it gets wrong"
    assert "python -m ser_core download" in text(app)
    assert not app.get("bidi_component")
    monkeypatch.setenv("SER_DATA", str(write_ravdess(tmp_path / "data", range(1, 5))))
    app.selectbox(key=cell_key(app)).set_value(("neutral", "neutral")).run()
    assert not app.exception
    (player,) = app.get("bidi_component")
    assert "The clip 03-01-01-01-01-" in player.proto.json


def cell_key(app: AppTest) -> str:
    return next(box.key for box in app.selectbox if box.label == "Clips that are")


def test_what_getting_to_know_a_voice_gains_is_drawn_and_tabled(own_zoo: Path, zoo: Path) -> None:
    gains = [
        Adaptation(
            of=of, precision="FP32", protocol="actors-5fold", draw="any", k=k, uar=0.7 + gain,
            gain=gain, interval=(gain - 0.01, gain + 0.02), n_draws=20, n=100,
        )
        for of, k, gain in (("this file", 4, 0.01), ("recipe", 4, 0.03), ("recipe", 8, 0.05))
    ]  # fmt: skip
    path = zoo / "tiny" / "card.json"
    path.write_text(replace(ModelCard.from_file(path), adaptation=gains).to_json())
    app = open_page(PAGE)
    assert not app.exception
    spec = json.loads(
        next(c for c in app.get("plotly_chart") if c.proto.id.endswith("adaptation")).proto.spec
    )
    (curve,) = [trace for trace in spec["data"] if trace["name"] == "Without labels"]
    assert curve["x"] == ["4", "8"]
    table = table_with(app, "learned from")
    assert table["gain"].tolist() == [0.01, 0.03, 0.05]
