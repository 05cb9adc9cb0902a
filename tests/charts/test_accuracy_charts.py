"""Results side by side, what others published, the corpus overview, and their figures."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import asdict, replace
from scipy.stats import binomtest
from sklearn.metrics import recall_score

from ser_core.charts import accuracy as charts
from ser_core.charts.accuracy import Bar, CostPoint
from ser_core.corpora.overview import ravdess_counts
from ser_core.corpora.readers import read_corpora
from ser_core.evaluation.answers import Answer, write_answers
from ser_core.evaluation.figures import figures
from ser_core.evaluation.metrics import share_interval
from ser_core.evaluation.published import published_2020
from ser_core.evaluation.results import (
    Result,
    all_results,
    by_group,
    count_other_takes,
    random_and_unseen,
    reliability,
    seven_options,
)
from ser_core.models.card import Channel, ModelCard, ResultEntry
from ser_core.models.labels import EMOTIONS
from ser_core.models.zoo import list_models
from tools.ravdess_counts import count


def made_answers(n: int = 200, right: float = 0.6, seed: int = 0) -> list[Answer]:
    """Answers of four speakers, right as often as asked, 70 % sure."""
    random = np.random.default_rng(seed)
    answers = []
    for i in range(n):
        actual = EMOTIONS[i % 8]
        predicted = actual if random.random() < right else str(random.choice(EMOTIONS))
        sure = np.full(8, 0.3 / 7)
        sure[EMOTIONS.index(predicted)] = 0.7
        speaker = f"{i // 8 % 4 + 1:02}"
        gender = "F" if i // 8 % 2 else "M"
        channel = "speech" if i % 3 else "song"
        take = f"03-01-{i % 8 + 1:02}-01-01-{i % 2 + 1:02}-{speaker}"
        answers.append(
            Answer(take, "ravdess", speaker, gender, channel, "normal", "01", actual, predicted,
                   tuple(sure))
        )  # fmt: skip
    return answers


@pytest.fixture
def card(tiny_zoo: Path) -> ModelCard:
    return list_models(tiny_zoo)[0]


def entry(
    answers: list[Answer], protocol: str, channel: Channel = "all", **changes: object
) -> ResultEntry:
    """A result as a card holds it."""
    plain = ResultEntry(
        **asdict(figures(answers, EMOTIONS, channel).for_card()),
        protocol=protocol,
        fold=0,
        of="this file",
        precision="FP32",
        predictions=f"predictions/{protocol}.csv",
        command="",
    )
    return replace(plain, **changes)


def with_results(card: ModelCard, *entries: ResultEntry) -> ModelCard:
    return replace(card, results=list(entries))


def test_the_tables_of_2020_add_up_to_what_they_state() -> None:
    tables = published_2020()
    stated = [(232, 240), (535, 544), (634, 735), (630, 735), (482, 490)]
    assert [(table.correct, table.total) for table in tables] == stated
    for table in tables:
        counts = table.per_class.values()
        assert sum(count.correct for count in counts) == table.correct
        assert sum(count.total for count in counts) == table.total
        assert len(counts) in (5, 8)
        assert 0 < table.loss < 1


def test_the_corpus_overview_counts_ravdess() -> None:
    cells = ravdess_counts()
    assert sum(cell.clips for cell in cells) == 2452
    assert sum(cell.clips for cell in cells if cell.channel == "song") == 1012
    assert {c.speaker for c in cells} - {c.speaker for c in cells if c.channel == "song"} == {"18"}


def test_the_corpus_overview_is_what_the_script_counts(corpora: Path) -> None:
    assert count(read_corpora(corpora, ["ravdess"])) == list(ravdess_counts())


def test_results_come_with_the_most_telling_first(card: ModelCard) -> None:
    answers = made_answers()
    shuffled = with_results(
        card,
        entry(answers, "random-80-20"),
        entry(answers, "actors-5fold", "speech", precision="INT8"),
        entry(answers, "actors-5fold", "speech"),
        entry(answers, "actors-5fold"),
        entry(answers, "actors-5fold", fold=None, of="recipe"),
    )
    results = all_results([shuffled])
    assert [(r.test, r.precision, r.channel) for r in results] == [
        ("unseen actors, actors-5fold, all folds", "FP32", "all"),
        ("unseen actors, actors-5fold, fold 0", "FP32", "speech"),
        ("unseen actors, actors-5fold, fold 0", "FP32", "all"),
        ("unseen actors, actors-5fold, fold 0", "INT8", "speech"),
        ("random split, random-80-20", "FP32", "all"),
    ]


def test_known_and_unseen_voices_are_compared_on_similar_networks(card: ModelCard) -> None:
    answers = made_answers()
    other = replace(card, name="other", architecture="other")
    twin = with_results(replace(card, name="r"), entry(answers, "random-80-20", "speech"))
    results = all_results(
        [
            with_results(other, entry(answers, "actors-5fold")),
            with_results(card, entry(answers, "actors-5fold"), entry(answers, "loso", "speech")),
            twin,
        ]
    )
    random_split, unseen = random_and_unseen(results)
    assert random_split and unseen
    assert (random_split.card.name, unseen.card.name, unseen.channel) == ("r", card.name, "speech")
    assert random_and_unseen(results[:1]) == (None, results[0])
    assert random_and_unseen([]) == (None, None)


def test_seven_options_count_calm_and_neutral_as_one(card: ModelCard) -> None:
    answers = [a for a in made_answers() if a.channel == "speech"]
    result = Result(card, entry(answers, "actors-5fold", "speech"))
    merged = [
        (a.actual.replace("calm", "neutral"), a.predicted.replace("calm", "neutral"))
        for a in answers
    ]
    assert seven_options(result) == (sum(a == p for a, p in merged), len(answers))
    assert seven_options(Result(card, entry(answers, "actors-5fold"))) is None


def test_stored_answers_are_those_of_the_run(card: ModelCard, tmp_path: Path) -> None:
    folder = tmp_path / card.name / "predictions" / "actors-5fold.csv"
    for fold in (0, 1):
        write_answers(folder, made_answers(16, seed=fold), EMOTIONS, of="recipe", fold=fold,
                      precision="FP32")  # fmt: skip
    write_answers(folder, made_answers(8), EMOTIONS, of="this file", fold=0, precision="FP32")
    recipe = Result(card, entry(made_answers(), "actors-5fold", fold=None, of="recipe"))
    this_file = Result(card, entry(made_answers(), "actors-5fold"))
    assert len(recipe.answers(tmp_path)) == 32
    assert len(this_file.answers(tmp_path)) == 8
    assert Result(card, entry(made_answers(), "loso")).answers(tmp_path) == []


def test_groups_have_the_figures_of_their_clips() -> None:
    answers = made_answers()
    groups = by_group(answers, "gender", EMOTIONS)
    assert [(group.value, group.n) for group in groups] == [("F", 96), ("M", 104)]
    for group in groups:
        group_answers = [a for a in answers if a.gender == group.value]
        expected = recall_score(
            [a.actual for a in group_answers], [a.predicted for a in group_answers], average="macro"
        )
        assert group.uar == pytest.approx(expected)
        assert group.uar_interval[0] <= group.uar <= group.uar_interval[1]
    assert (
        by_group([dataclasses.replace(a, intensity="") for a in answers], "intensity", EMOTIONS)
        == []
    )


def test_reliability_counts_every_answer_once_and_leaves_out_the_unanswered() -> None:
    answers = made_answers(100)
    silent = dataclasses.replace(answers[0], predicted="")
    (only,) = reliability([*answers, silent], EMOTIONS)
    assert (only.low, only.high, only.n) == (0.6, 0.7, 100)
    assert only.certainty == pytest.approx(0.7)
    assert only.right == np.mean([a.actual == a.predicted for a in answers])
    assert reliability([silent], EMOTIONS) == []


def test_the_interval_of_a_share_is_wilsons() -> None:
    expected = binomtest(7, 20).proportion_ci(method="wilson")
    assert share_interval(7, 20) == pytest.approx((expected.low, expected.high))
    assert share_interval(0, 10)[0] == 0
    assert share_interval(10, 10)[1] == 1


def test_the_other_take_is_the_same_sentence_spoken_the_same_way() -> None:
    (first,) = made_answers(1)
    assert first.file == "03-01-01-01-01-01-01"
    other = "ravdess/03-01-01-01-01-02-01"
    assert count_other_takes([first], {other}) == (1, 1)
    assert count_other_takes([first], {"ravdess/03-01-01-01-01-02-02"}) == (0, 1)
    assert count_other_takes([dataclasses.replace(first, file="own")], {other}) == (0, 0)


def test_bars_write_their_name_and_share_and_mark_what_is_not_ours() -> None:
    bars = [
        Bar("ours", 0.7, (0.6, 0.8)),
        Bar("theirs", 0.98, ours=False),
        charts.guessing(8),
    ]
    figure = charts.share_bars(bars, "Accuracy")
    written = [
        annotation.text.replace("\N{NO-BREAK SPACE}", " ")
        for annotation in figure.layout.annotations
    ]
    assert written == [
        "ours",
        "<b>70 %</b>",
        "theirs",
        "<b>98 %</b>",
        "Chance level",
        "<b>12.5 %</b>",
    ]
    assert figure.data[0].marker.pattern.shape == ("", "/", "/")
    assert figure.data[0].error_x.array[0] == pytest.approx(0.1)


def test_the_confusion_matrix_writes_per_cent_of_rows_or_clips() -> None:
    confusion = [[3, 1, 0], [0, 0, 0], [0, 2, 2]]
    labels = ("neutral", "calm", "happy")
    (shares,) = charts.confusion_heat_map(confusion, labels).data
    (clips,) = charts.confusion_heat_map(confusion, labels, counts=True).data
    assert [name.split()[1] for name in shares.y] == ["neutral", "happy"], "no clip was calm"
    assert [list(row) for row in shares.text] == [["75", "25", ""], ["", "50", "50"]]
    assert [list(row) for row in clips.text] == [["3", "1", ""], ["", "2", "2"]]


def test_cost_is_drawn_over_time_once_that_is_known() -> None:
    points = [CostPoint("a", p, 0.7, mb) for p, mb in (("FP32", 2.8), ("INT8", 0.9))]
    figure = charts.cost_scatter(points)
    assert "MB" in figure.layout.xaxis.title.text
    timed = [dataclasses.replace(point, latency_ms=5.0) for point in points]
    figure = charts.cost_scatter([*timed, CostPoint("b", "FP32", 0.6, 1.0)])
    assert "Latency" in figure.layout.xaxis.title.text
    assert [(trace.name, list(trace.text)) for trace in figure.data] == [("a", ["32", "8"])]
    assert len(figure.layout.xaxis.tickvals) > 2


def test_every_chart_can_be_drawn_and_is_small() -> None:
    answers = made_answers()
    counts = {(cell.label, cell.speaker): cell.clips for cell in ravdess_counts()}
    for figure in (
        charts.reliability_plot(reliability(answers, EMOTIONS), 0.5),
        charts.clips_heat_map(counts, EMOTIONS),
        charts.label_bars({"angry": 3}, EMOTIONS),
        charts.label_bars({"angry": 3}, EMOTIONS, {"calm": 4}),
        charts.cost_scatter([CostPoint("a", "FP32", 0.0, 0.001, 1e-3)]),
    ):
        assert len(figure.to_json()) < 50_000
