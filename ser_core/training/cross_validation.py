"""A recipe trained once for every fold (or seed), each tested on what its network never heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import openvino as ov

from ser_core.corpora.protocols import PROTOCOLS
from ser_core.evaluation.answers import Answer, answers, channels, read_answers, write_answers
from ser_core.evaluation.figures import figures
from ser_core.models.card import ModelCard, ResultEntry
from ser_core.models.card import Trial as CardTrial
from ser_core.models.recognizer import Recognizer
from ser_core.reports.card_readme import card_readme
from ser_core.training.convert import export_onnx, save_signed
from ser_core.training.packaging import judged_run, run_signature
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split, run_training
from ser_core.training.train import load_checkpoint


@dataclass(frozen=True)
class Trial:
    """One network of a recipe: which fold (or, in a random split, seed), and its test answers."""

    number: int
    found: tuple[Answer, ...]


def trials(recipe: Recipe, n_seeds: int = 5) -> list[Recipe]:
    """The recipe for every fold of its protocol, or for several seeds where files are drawn."""
    if by_seed(recipe):
        return [replace(recipe, seed=seed) for seed in range(n_seeds)]
    return [replace(recipe, fold=fold) for fold in range(PROTOCOLS[recipe.protocol].n_folds)]


def by_seed(recipe: Recipe) -> bool:
    """Whether its trials are seeds, not folds."""
    return PROTOCOLS[recipe.protocol].n_folds == 1


def cross_validate(
    recipe: Recipe,
    data: Path,
    runs: Path,
    features: Path,
    n_seeds: int = 5,
    device: str = "cpu",
    say: Callable[[str], None] = print,
    trained: Callable[[dict[str, float]], None] = lambda row: None,
) -> list[Trial]:
    """Train what is not trained yet, and let every network's FP32 IR answer its own test part.

    Args:
        runs: folder of the runs, one below it for each fold or seed; finished ones are kept.
        say: called with a line for each network.
        trained: called with each row of the curves.
    """
    found = []
    for trial in trials(recipe, n_seeds):
        number = trial.seed if by_seed(recipe) else trial.fold
        run = runs / f"{recipe.arch}-{recipe.task}-{recipe.protocol}-{number}"
        checkpoint = run_training(trial, data, run, features, device, True, trained=trained)
        answered = _test_answers(checkpoint, data, features)
        found.append(Trial(number, tuple(answered)))
        speech = figures(answered, recipe.labels, "speech")
        say(
            f"{'seed' if by_seed(recipe) else 'fold'} {number}: speech UAR {speech.uar:.1%}, "
            f"accuracy {speech.accuracy:.1%}"
        )
    return found


def _test_answers(checkpoint: Path, data: Path, features: Path) -> list[Answer]:
    """Answers of a run's FP32 IR, kept in the run's folder."""
    stored, xml = checkpoint.with_name("answers.csv"), checkpoint.with_name("fp32.xml")
    recipe, network, _ = load_checkpoint(checkpoint)
    if not stored.is_file():
        parts = recipe_split(recipe, data)
        signature = run_signature(judged_run(checkpoint, recipe), data, features)
        export_onnx(network, signature, checkpoint.with_name("network.onnx"))
        save_signed(ov.convert_model(checkpoint.with_name("network.onnx")), signature, xml)
        found = answers(Recognizer(xml, precision="FP32"), parts.test, recipe.task)
        write_answers(stored, found, recipe.labels, precision="FP32")
    return read_answers(stored, recipe.labels, precision="FP32")


def recipe_results(recipe: Recipe, found: Sequence[Trial], n_seeds: int) -> list[ResultEntry]:
    """Result entries of a card, one per channel, `of` the recipe.

    UAR and accuracy are means over the networks, which stand one by one in `trials`; counts,
    calibration and intervals (over speakers) are of all answers together.
    """
    pooled = [answer for trial in found for answer in trial.found]
    command = recipe.command.replace("ser_core train ", "ser_core cross-validate ")
    command = command.replace(f" --fold {recipe.fold}", "").replace("--out RUN", "--runs RUNS")
    entries = []
    for channel in channels(pooled):
        result = figures(pooled, recipe.labels, channel)
        single = [figures(trial.found, recipe.labels, channel) for trial in found]
        means = msgspec.structs.replace(
            result.for_card(),
            uar=float(np.mean([s.uar for s in single])),
            accuracy=float(np.mean([s.accuracy for s in single])),
        )
        entries.append(
            ResultEntry(
                **msgspec.structs.asdict(means),
                protocol=recipe.protocol,
                fold=None,
                of="recipe",
                precision="FP32",
                trials=tuple(
                    CardTrial(number=trial.number, n=s.n, uar=s.uar, accuracy=s.accuracy)
                    for trial, s in zip(found, single, strict=True)
                ),
                predictions=f"predictions/{recipe.protocol}.csv",
                command=f"{command} --seeds {n_seeds}" if by_seed(recipe) else command,
            )
        )
    return entries


def keep_in_card(
    name: str, recipe: Recipe, found: Sequence[Trial], zoo: Path, n_seeds: int
) -> ModelCard:
    """Put the results of a recipe into the card of a model that was trained by it."""
    folder = zoo / name
    card = ModelCard.from_file(folder / "card.json")
    kept = [r for r in card.results if (r.of, r.protocol) != ("recipe", recipe.protocol)]
    card.results[:] = kept + recipe_results(recipe, found, n_seeds)
    for trial in found:
        write_answers(
            folder / f"predictions/{recipe.protocol}.csv",
            trial.found,
            recipe.labels,
            of="recipe",
            fold=trial.number,
            precision="FP32",
        )
    (folder / "card.json").write_text(card.to_json(), encoding="utf-8")
    (folder / "README.md").write_text(card_readme(card), encoding="utf-8")
    return card
