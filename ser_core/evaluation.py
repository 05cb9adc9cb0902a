"""A model's IR over the test part of a protocol: predictions, figures and the printed report."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ser_core.audio import AudioError, Clip
from ser_core.corpora.protocols import PROTOCOLS, split
from ser_core.corpora.readers import CORPUS_LABELS, OWN, load_clip, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.labels import label_in_task
from ser_core.metrics import accuracy, confusion_matrix, ece, interval, log_loss, uar
from ser_core.recognizer import Recognizer

CHANNELS = ("speech", "song", "all")
BREAKDOWNS = ("channel", "gender", "intensity", "statement", "speaker")
ALL_CLIPS = "all-clips"
"""Not a split: every clip of the data, for recordings of one's own."""
HEARD = "heard.txt"


class EvaluationError(ValueError):
    """These clips cannot be evaluated so; the message says what to do next."""


@dataclass(frozen=True)
class Answer:
    """A model's answer to one utterance whose emotion is known.

    Attributes:
        actual, predicted: labels of the model's task; `predicted` is empty where the model gave
            no answer (silent, too short, unreadable), which counts as wrong.
        probabilities: in the order of the model's labels.
    """

    file: str
    corpus: str
    speaker: str
    gender: str
    channel: str
    intensity: str
    statement: str
    actual: str
    predicted: str
    probabilities: tuple[float, ...]


def answers(
    recognizer: Recognizer,
    utterances: Sequence[Utterance],
    task: str,
    only: Collection[str] | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    load: Callable[[Utterance], Clip] = load_clip,
) -> list[Answer]:
    """Let a recognizer answer utterances.

    Args:
        only: labels that may be answered; the others are masked (a corpus that has no `calm`).
        progress: called with (clips done, all clips).
        load: how an utterance is heard.
    """
    labels = recognizer.signature.labels
    allowed = np.array([only is None or label in only for label in labels])
    found = []
    for done, utterance in enumerate(utterances, start=1):
        probabilities, predicted = np.full(len(labels), 1 / len(labels)), ""
        try:
            prediction = recognizer(load(utterance))
        except AudioError:
            prediction = None
        if prediction is not None and prediction.label is not None:
            masked = allowed * np.array(list(prediction.probabilities.values()))
            probabilities = masked / masked.sum()
            predicted = labels[int(probabilities.argmax())]
        found.append(
            Answer(
                utterance.file,
                utterance.corpus,
                utterance.speaker,
                utterance.gender,
                utterance.channel,
                utterance.intensity,
                utterance.statement,
                label_in_task(utterance.label, task),
                predicted,
                tuple(round(float(p), 6) for p in probabilities),
            )
        )
        progress(done, len(utterances))
    return found


def heard_in_training(model_folder: Path) -> frozenset[str]:
    """`corpus/file` of the utterances that shaped a model of the zoo: training and validation."""
    listed = model_folder / HEARD
    return (
        frozenset(listed.read_text(encoding="utf-8").split("\n"))
        if listed.is_file()
        else frozenset()
    )


def was_heard(name: str, heard: Collection[str]) -> bool:
    """Whether a file of this name, perhaps in folders, is one of those that a model heard.

    Files of the known corpora go by their name alone, one's own by their place in the folder.

    Args:
        heard: as `heard_in_training` gives it.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    parts = (*path.parent.parts, path.stem)
    places = ["/".join(parts[i:]) for i in range(len(parts))]
    return any(f"{corpus}/{place}" in heard for corpus in CORPUS_LABELS for place in places)


def write_heard(model_folder: Path, utterances: Iterable[Utterance]) -> None:
    """Keep beside a model what shaped it."""
    names = sorted(f"{utterance.corpus}/{utterance.file}" for utterance in utterances)
    (model_folder / HEARD).write_text("\n".join(names) + "\n", encoding="utf-8")


def evaluate(
    recognizer: Recognizer,
    data: Path,
    protocol: str | None = None,
    fold: int | None = None,
    seed: int | None = None,
    channel: str | None = None,
    force: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Figures of a zoo model on the test part of a protocol.

    Args:
        protocol: None takes protocol, fold, seed and channel of the card's own first result.
        force: also evaluate clips that the model was trained on; they are listed in the result
            as `heard_in_training`.

    Raises:
        EvaluationError: the model has no card or no result of its own, or it was trained on some
            of these clips.
        CorpusError: the data lack what the protocol needs.
    """
    card = recognizer.card
    if card is None:
        raise EvaluationError("Only a model of the zoo can be evaluated: its card says how.")
    own = next((r for r in card.results if r["of"] == "this file"), None)
    if protocol is None:
        if own is None:
            raise EvaluationError(f"The card of {card.name} has no result. Name a --protocol.")
        protocol, channel = own["protocol"], channel or own["channel"]
        fold = own["fold"] if fold is None else fold
    channel, fold = channel or "all", fold or 0
    seed = card.training["seed"] if seed is None else seed

    own_split = protocol in PROTOCOLS and PROTOCOLS[protocol].corpus == OWN
    utterances = read_corpora(data, [OWN] if own_split else None)
    known = heard_in_training(recognizer.path.parent)
    only = None
    if protocol == ALL_CLIPS:
        test: Sequence[Utterance] = utterances
    else:
        test = split(protocol, utterances, fold, seed).test
        if PROTOCOLS[protocol].other_corpus:
            only = {label_in_task(utterance.label, card.task) for utterance in test}
    test = [utterance for utterance in test if channel in ("all", utterance.channel)]
    heard = [u.file for u in test if f"{u.corpus}/{u.file}" in known]
    if heard and not force:
        raise EvaluationError(
            f"{card.name} was trained on {len(heard)} of these {len(test)} clips, so the figures "
            "would flatter it. Choose another protocol or fold, or add --force to see them marked."
        )
    found = answers(recognizer, test, card.task, only, progress)
    return {
        "model": card.name,
        "precision": recognizer.precision,
        "protocol": protocol,
        "fold": fold,
        "seed": seed,
        "heard_in_training": heard,
        "masked": sorted(set(card.labels) - only) if only else [],
        # Masking makes the answers surer than the app's.
        **figures(found, card.labels, channel, None if only else card.uncertain_below),
    }


def unheard_speech(
    recognizer: Recognizer, data: Path
) -> tuple[list[Utterance], list[Utterance], str]:
    """Speech of a zoo model's test actors, clips of RAVDESS it was trained on, and its task.

    Raises:
        EvaluationError: the model has no card, or its split was not one by actors.
    """
    card = recognizer.card
    how = card.training if card else {}
    protocol = PROTOCOLS.get(how.get("protocol", ""))
    if card is None or protocol is None or not protocol.actors:
        raise EvaluationError(
            "Only a model of the zoo that was trained without some actors can be tested on them."
        )
    parts = split(protocol.name, read_corpora(data), how["fold"], how["seed"])
    spoken = [u for u in parts.test if u.channel == "speech"]
    return spoken, [u for u in parts.train if u.corpus == "ravdess"], card.task


def figures(
    found: Sequence[Answer],
    labels: Sequence[str],
    channel: str = "all",
    uncertain_below: float | None = None,
) -> dict[str, Any]:
    """Every figure of the report, as JSON-ready data; shares are fractions 0–1.

    Args:
        uncertain_below: the threshold of the model that gave the answers; adds `certain`, the
            share of the clips that it is sure of, and how many of these it has right.

    Raises:
        EvaluationError: there is no answer in this channel.
    """
    found = [answer for answer in found if channel in ("all", answer.channel)]
    if not found:
        raise EvaluationError(f"There is no clip to evaluate in the channel {channel!r}.")
    index = {label: i for i, label in enumerate(labels)}
    actual = np.array([index[answer.actual] for answer in found])
    predicted = np.array([index.get(answer.predicted, -1) for answer in found])
    probabilities = np.array([answer.probabilities for answer in found])
    answered = predicted >= 0
    speakers = [f"{answer.corpus}/{answer.speaker}" for answer in found if answer.speaker]
    groups = speakers if len(speakers) == len(found) else None
    certain = {}
    if uncertain_below is not None:
        sure = answered & (probabilities.max(axis=1) >= uncertain_below)
        certain["certain"] = {
            "coverage": float(sure.mean()),
            "accuracy": accuracy(actual[sure], predicted[sure]) if sure.any() else None,
        }
    return {
        "channel": channel,
        "n": len(found),
        "accuracy": accuracy(actual, predicted),
        "uar": uar(actual, predicted),
        "loss": log_loss(probabilities, actual),
        "ece": ece(probabilities, actual),
        **certain,
        "unanswered": int((~answered).sum()),
        "per_class": {
            label: {
                "correct": int((predicted[actual == i] == i).sum()),
                "total": int((actual == i).sum()),
            }
            for label, i in index.items()
            if (actual == i).any()
        },
        "confusion": confusion_matrix(actual[answered], predicted[answered], len(labels)).tolist(),
        "intervals": {
            "accuracy": interval(accuracy, actual, predicted, groups),
            "uar": interval(uar, actual, predicted, groups),
        },
        "by": {
            name: {
                value: _group_figures(np.array(values) == value, actual, predicted)
                for value in sorted(set(values) - {""})
            }
            for name in BREAKDOWNS
            if (values := [getattr(answer, name) for answer in found])
        },
    }


def _group_figures(chosen: np.ndarray, actual: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    return {
        "n": int(chosen.sum()),
        "accuracy": accuracy(actual[chosen], predicted[chosen]),
        "uar": uar(actual[chosen], predicted[chosen]),
    }


def channels(found: Iterable[Answer]) -> list[str]:
    """Those of `CHANNELS` that answers give figures for; `all` where it is no other one."""
    heard = {answer.channel for answer in found}
    single = [channel for channel in CHANNELS if heard == {channel}]
    return single or [c for c in CHANNELS if c in heard or c == "all"]


def report(result: dict[str, Any]) -> str:
    """The figures as text, in the layout that the 2020 group printed."""
    lines = []
    if result.get("heard_in_training"):
        lines += [
            f"Heard in training: {len(result['heard_in_training'])} of these {result['n']} clips. "
            "These figures flatter the model.",
            "",
        ]
    if result.get("masked"):
        lines += [f"Labels that these clips cannot have: {', '.join(result['masked'])}.", ""]
    lines.append(f"Test Loss: {result['loss']:.6f}")
    for label, count in result["per_class"].items():
        lines.append(f"Test Accuracy of {label}: {_share(count['correct'], count['total'])}")
    correct = sum(count["correct"] for count in result["per_class"].values())
    lines.append(f"Test Accuracy (Overall): {_share(correct, result['n'])}")
    lines.append("")
    for name, title in (("accuracy", "Accuracy"), ("uar", "UAR")):
        low, high = result["intervals"][name]
        lines.append(f"{title}: {result[name]:.1%} (95% interval {low:.1%} to {high:.1%})")
    lines.append(f"ECE: {result['ece']:.3f}")
    if (certain := result.get("certain")) and certain["coverage"]:
        right = f"of which {certain['accuracy']:.1%} are right"
        lines.append(f"Not uncertain: {certain['coverage']:.1%} of the clips, {right}")
    for name, groups in result["by"].items():
        if len(groups) > 1:
            lines.append("")
            lines += [
                f"{name} {value}: UAR {group['uar']:.1%}, accuracy {group['accuracy']:.1%} "
                f"(n = {group['n']})"
                for value, group in groups.items()
            ]
    return "\n".join(lines)


def _share(correct: int, total: int) -> str:
    return f"{100 * correct / total:.0f}% ({correct}/{total})"


_FIELDS = ("file", "corpus", "speaker", "gender", "channel", "intensity", "statement")


def write_answers(
    path: Path, found: Iterable[Answer], labels: Sequence[str], **run: str | int
) -> None:
    """Put answers into a card's CSV, in place of those of the same run (of, fold, precision)."""
    wanted = {name: str(value) for name, value in run.items()}
    rows = [row for row in _rows(path) if any(row[name] != value for name, value in wanted.items())]
    for answer in found:
        row = wanted | {name: getattr(answer, name) for name in _FIELDS}
        row |= {"actual": answer.actual, "predicted": answer.predicted}
        rows.append(row | dict(zip(labels, map(str, answer.probabilities), strict=True)))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_answers(path: Path, labels: Sequence[str], **run: str | int) -> list[Answer]:
    """The stored answers of one run (of, fold, precision)."""
    return [
        Answer(
            **{name: row[name] for name in (*_FIELDS, "actual", "predicted")},
            probabilities=tuple(float(row[label]) for label in labels),
        )
        for row in _rows(path)
        if all(row[name] == str(value) for name, value in run.items())
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
