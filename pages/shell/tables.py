"""The numbers behind the charts, for screen readers and for anyone who wants the exact values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ser_core.charts.look import EMOTION_COLORS
from ser_core.evaluation.metrics import percent
from ser_core.evaluation.opinions import Opinion
from ser_core.evaluation.results import n_test_actors, new_voices_entry, unseen_actors_entry
from ser_core.features.log_mel import LogMel
from ser_core.features.spectrogram import frame_level_db
from ser_core.models.card import ModelCard
from ser_core.models.labels import emotion_name
from ser_core.models.prediction import Evidence
from ser_core.reports.rows import versions

MAX_ROWS = 60
ROW_HEIGHT = 38  # pixels


def table_height(n_rows: int) -> int:
    """Pixels of a `st.dataframe` with the header, rows of `ROW_HEIGHT` and the border."""
    return ROW_HEIGHT * (1 + n_rows) + 3


def probabilities(opinions: Sequence[Opinion]) -> dict[str, list[str]]:
    """Probability of each emotion, one column per model that gave an answer."""
    by_model = {o.name: o.prediction.probabilities for o in opinions if o.prediction.label}
    present = {label for shares in by_model.values() for label in shares}
    labels = [label for label in EMOTION_COLORS if label in present]
    labels += sorted(present - {*labels})
    return {
        "Emotion": [emotion_name(label) for label in labels],
        **{
            name: [percent(shares[label], 1) if label in shares else "–" for label in labels]
            for name, shares in by_model.items()
        },
    }


def over_time(
    log_mel: np.ndarray, settings: LogMel, labels: tuple[str, ...], evidence: Evidence | None
) -> dict[str, list[str]]:
    """Level, strongest frequency and most probable emotion for each quarter of a second.

    Longer clips get longer steps, so that the table keeps to `MAX_ROWS`.
    """
    n_frames = log_mel.shape[1]
    step = max(round(settings.frames_per_s / 4), -(-n_frames // MAX_ROWS))
    level, centers = frame_level_db(log_mel), settings.mel_frequencies()
    spans = [(start, min(start + step, n_frames)) for start in range(0, n_frames, step)]
    seconds = [(a / settings.frames_per_s, b / settings.frames_per_s) for a, b in spans]
    table = {
        "Time": [f"{a:.2f}–{b:.2f} s" for a, b in seconds],
        "Level, dB below the loudest": [
            f"{min(level.max() - level[a:b].max(), settings.floor_db):.0f}" for a, b in spans
        ],
        "Strongest band": [
            f"{centers[log_mel[:, a:b].max(axis=1).argmax()]:.0f} Hz" for a, b in spans
        ],
    }
    if evidence is not None:
        table["Predicted emotion"] = [_most_probable(evidence, labels, a, b) for a, b in seconds]
    return table


def _most_probable(
    evidence: Evidence, labels: tuple[str, ...], start_s: float, end_s: float
) -> str:
    inside = (evidence.times_s >= start_s) & (evidence.times_s < end_s)
    if not inside.any():
        return "–"
    mean = evidence.probabilities[:, inside].mean(axis=1)
    best = int(mean.argmax())
    return f"{emotion_name(labels[best])} {percent(mean[best])}"


ROLES = {
    "main": "the default",
    "live": "for the microphone and your own voice",
    "small": "fast, for small machines",
    "random": "shows what a random split hides",
    "comparison": "another architecture, for comparison",
}


def model_overview(cards: list[ModelCard]) -> dict[str, list[str]]:
    """The zoo, one row per model."""
    return {
        "Model": [card.title for card in cards],
        "Purpose": [ROLES[card.role] for card in cards],
        "Parameters": [f"{card.parameters:,}" for card in cards],
        "UAR, new voices": [_new_voices(card) for card in cards],
    }


def _new_voices(card: ModelCard) -> str:
    """The headline figure, else what the file scored on the few actors that it was tested on."""
    if headline := new_voices_entry(card):
        return percent(headline.uar, 1)
    file = unseen_actors_entry(card, card.most_exact)
    return f"{percent(file.uar, 1)} ({n_test_actors(file)} actors)" if file else "–"


def model_details(card: ModelCard) -> str:
    """A model card in short, as Markdown."""
    sizes = (f"{p} {card.files[p].bytes / 1e6:.1f} MB" for p in card.precisions)
    facts = {
        "Architecture": card.architecture,
        "Model window": f"{card.signature.window_s:.1f} s",
        "Trained on": f"{', '.join(card.training.corpora)} ({card.training.protocol})",
        "Files": ", ".join(sizes),
        "License": card.license,
    }
    limits = (f"- {limit}" for limit in card.limitations)
    return "\n".join((*(f"- {name}: {fact}" for name, fact in facts.items()), *limits))


def software() -> dict[str, list[str]]:
    """What this server runs on."""
    packages = versions()
    return {"Software": [*packages], "Version": [*packages.values()]}
