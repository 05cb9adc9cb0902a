"""The voice map: placing, neighbors, the file, the fit, and the maps that are shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from ser_core.charts.walkthrough import voice_map as charts
from ser_core.corpora.protocols import LUNA_JIMENEZ_FOLDS
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.heard_in_training import heard_in_training
from ser_core.models.zoo import ZOO, load_card
from ser_core.training.voice_map_fit import fitted, neighbors_agree
from ser_core.walkthrough.voice_map import VOICE_MAP, VoiceMap, VoiceMapError, read_voice_map

LABELS = ("sad", "angry", "calm")
SHIPPED = sorted(path.parent.name for path in ZOO.glob(f"*/{VOICE_MAP}"))


def small_map() -> VoiceMap:
    weights = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    points = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 1.0], [5.0, 5.0]])
    return VoiceMap(
        weights,
        np.array([1.0, -1.0]),
        points,
        ("a", "b", "c", "d"),
        ("sad", "sad", "angry", "calm"),
        ("01", "02", "01", "02"),
        "weights",
    )


def clouds(n: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Three clouds in eight dimensions, well apart."""
    noise = np.random.default_rng(seed)
    centers = 6 * np.random.default_rng(0).normal(size=(3, 8))
    which = np.arange(n) % 3
    return centers[which] + noise.normal(size=(n, 8)), [LABELS[i] for i in which]


def fit(n: int = 90) -> tuple[VoiceMap, np.ndarray, np.ndarray, list[str]]:
    train, labels = clouds(n, 1)
    shown, played = clouds(30, 2)
    voices = [
        Utterance(f"v{i}", Path(), "ravdess", f"{i % 4:02}", "F", label)
        for i, label in enumerate(played)
    ]
    return fitted(train, labels, shown, voices, "weights"), train, shown, labels


def test_placing_is_one_matrix_product() -> None:
    assert small_map().place(np.array([3.0, 4.0, 9.0])).tolist() == [4.0, 7.0]


def test_the_nearest_come_first_and_a_voice_is_not_its_own_neighbor() -> None:
    voices = small_map()
    assert voices.nearest(np.array([0.1, 0.2]), 3) == [0, 2, 1]
    assert voices.nearest(np.array([0.1, 0.2]), 9, without="a") == [2, 1, 3]


def test_a_stored_map_is_the_same_again(tmp_path: Path) -> None:
    voices = small_map()
    voices.write(tmp_path)
    again = read_voice_map(tmp_path, "weights")
    assert again is not None
    for name in ("weights", "offset", "points"):
        np.testing.assert_allclose(getattr(again, name), getattr(voices, name), rtol=1e-6)
    assert (again.files, again.labels, again.speakers) == (
        voices.files,
        voices.labels,
        voices.speakers,
    )


def test_no_map_a_damaged_one_and_one_of_other_weights(tmp_path: Path) -> None:
    assert read_voice_map(tmp_path, "weights") is None
    small_map().write(tmp_path)
    with pytest.raises(VoiceMapError, match="belongs to other weights"):
        read_voice_map(tmp_path, "newer")
    (tmp_path / VOICE_MAP).write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(VoiceMapError, match="cannot be read"):
        read_voice_map(tmp_path, "weights")


def test_the_fit_is_scikit_learns_with_both_axes_on_one_scale() -> None:
    voices, train, shown, labels = fit()
    oracle = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto", n_components=2)
    expected = oracle.fit(train, labels).transform(shown)
    for axis in (0, 1):
        r = np.corrcoef(voices.points[:, axis], expected[:, axis])[0, 1]
        assert r == pytest.approx(1)
    np.testing.assert_allclose(voices.place(train).std(axis=0), 1)
    np.testing.assert_allclose(voices.place(train).mean(axis=0), 0, atol=1e-9)


def test_neighbors_agree_where_emotions_lie_apart_and_only_there() -> None:
    voices = fit()[0]
    assert neighbors_agree(voices) == 1
    mixed = replace(voices, labels=tuple(LABELS[i // 10] for i in range(30)))
    assert neighbors_agree(mixed) < 0.7


def test_the_figure_tells_every_group_by_color_and_symbol_and_marks_what_can_be_heard() -> None:
    voices = small_map()
    figure = charts.voice_map(voices, True, {"b"}, np.array([0.0, 0.0]), [1])
    first, second, lines, star = figure.data
    assert (first.name, second.name, star.name) == ("actor 01", "actor 02", "this voice")
    assert first.marker.color != second.marker.color
    assert first.marker.symbol != second.marker.symbol
    assert second.marker.size[0] > second.marker.size[1]
    assert "click to listen" in second.text[0]
    assert lines.x[:2] == (0.0, 3.0)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_map_shows_only_unseen_actors_and_is_small(name: str) -> None:
    card = load_card(name)
    voices = read_voice_map(ZOO / name, card.files[card.most_exact].sha256.bin)
    assert voices is not None
    unseen = {f"{actor:02}" for actor in LUNA_JIMENEZ_FOLDS[card.training.fold]}
    assert set(voices.speakers) == unseen
    assert not heard_in_training(ZOO / name) & {f"ravdess/{file}" for file in voices.files}
    assert (ZOO / name / VOICE_MAP).stat().st_size <= 100_000
    assert neighbors_agree(voices) > 0.4, "chance level is 0.125"


def test_some_model_has_a_map() -> None:
    assert SHIPPED
