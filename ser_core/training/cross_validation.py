"""A recipe trained once for every fold (or seed), each tested on what its network never heard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from ser_core.corpora.protocols import PROTOCOLS
from ser_core.evaluation.adapted import KnownTake, known_takes, over_folds
from ser_core.evaluation.answers import Answer, answers, channels, read_answers, write_answers
from ser_core.evaluation.figures import figures
from ser_core.evaluation.measurement import predictions
from ser_core.models.card import Adaptation, ModelCard, ResultEntry, Variant
from ser_core.models.card import Trial as CardTrial
from ser_core.models.recognizer import Recognizer
from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.calibration import run_signature
from ser_core.training.checkpoint import Run
from ser_core.training.convert import save_signed, traced_ir
from ser_core.training.packaging import write_card
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split, run_training
from ser_core.training.workspace import Workspace


@dataclass(frozen=True)
class Trial:
    """One network of a recipe: which fold (or, in a random split, seed), and its test answers."""

    number: int
    answers: tuple[Answer, ...]


def trial_recipes(recipe: Recipe, n_seeds: int = 5) -> list[Recipe]:
    """The recipe for every fold of its protocol, or for several seeds where files are drawn."""
    if by_seed(recipe):
        return [replace(recipe, seed=seed) for seed in range(n_seeds)]
    return [replace(recipe, fold=fold) for fold in range(PROTOCOLS[recipe.protocol].n_folds)]


def _run_folder(variant: Recipe) -> str:
    number = variant.seed if by_seed(variant) else variant.fold
    return f"{variant.arch}-{variant.task}-{variant.protocol}-{number}"


def by_seed(recipe: Recipe) -> bool:
    """Whether its trials are seeds, not folds."""
    return PROTOCOLS[recipe.protocol].n_folds == 1


def cross_validate(
    recipe: Recipe, workspace: Workspace, n_seeds: int = 5, progress: Progress = SILENT
) -> list[Trial]:
    """Train what is not trained yet, and let every network's FP32 IR answer its own test part.

    Args:
        progress: steps by epochs, and gets a line for each network.
    """
    trials = []
    for variant in trial_recipes(recipe, n_seeds):
        number = variant.seed if by_seed(recipe) else variant.fold
        checkpoint = run_training(variant, workspace, _run_folder(variant), True, progress)
        given = _test_answers(Run.load(checkpoint), workspace)
        trials.append(Trial(number, tuple(given)))
        speech = figures(given, recipe.labels, "speech")
        progress.say(
            f"{'seed' if by_seed(recipe) else 'fold'} {number}: speech UAR {speech.uar:.1%}, "
            f"accuracy {speech.accuracy:.1%}"
        )
    return trials


def _test_answers(run: Run, workspace: Workspace) -> list[Answer]:
    """Answers of a run's FP32 IR, kept in the run's folder."""
    recipe, stored, xml = run.recipe, run.folder / "answers.csv", run.folder / "fp32.xml"
    if not stored.is_file():
        test = recipe_split(recipe, workspace.data).test
        signature = run_signature(run.judged, workspace)
        save_signed(traced_ir(run.network, signature), signature, xml)
        given = answers(Recognizer(xml, precision="FP32"), test, recipe.task)
        write_answers(stored, given, recipe.labels, precision="FP32")
    return read_answers(stored, recipe.labels, precision="FP32")


def recipe_adaptation(
    recipe: Recipe, workspace: Workspace, progress: Progress = SILENT
) -> list[Adaptation]:
    """What the networks of a recipe gain by getting to know each test speaker, mean over folds.

    Args:
        recipe: as in `cross_validate`, which must have trained its networks.
        progress: gets a line for each network.
    """

    def folds() -> Iterator[tuple[Recognizer, list[KnownTake]]]:
        for variant in trial_recipes(recipe):
            recognizer = Recognizer(workspace.runs / _run_folder(variant) / "fp32.xml")
            test = recipe_split(variant, workspace.data).test
            speech = [utterance for utterance in test if utterance.channel == "speech"]
            takes = known_takes(recognizer, speech, recipe.task)
            progress.say(f"fold {variant.fold}: {len(takes)} clips")
            yield recognizer, takes

    return over_folds(folds(), recipe.protocol)


def recipe_results(recipe: Recipe, trials: Sequence[Trial], n_seeds: int) -> list[ResultEntry]:
    """Result entries of a card, one per channel, `of` the recipe.

    UAR and accuracy are means over the networks, which stand one by one in `trials`; counts,
    calibration and intervals (over speakers) are of all answers together.
    """
    pooled = [answer for trial in trials for answer in trial.answers]
    command = recipe.command.replace("ser_core train ", "ser_core cross-validate ")
    command = command.replace(f" --fold {recipe.fold}", "").replace("--out RUN", "--runs RUNS")
    variant = _variant(recipe)
    entries = []
    for channel in channels(pooled):
        result = figures(pooled, recipe.labels, channel)
        single = [figures(trial.answers, recipe.labels, channel) for trial in trials]
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
                variant=variant,
                precision="FP32",
                trials=tuple(
                    CardTrial(number=trial.number, n=s.n, uar=s.uar, accuracy=s.accuracy)
                    for trial, s in zip(trials, single, strict=True)
                ),
                predictions=_predictions(recipe),
                command=f"{command} --seeds {n_seeds}" if by_seed(recipe) else command,
            )
        )
    return entries


def _variant(recipe: Recipe) -> Variant:
    return "fine-tuned" if recipe.low_rank else ""


def _predictions(recipe: Recipe) -> str:
    return predictions("-".join(filter(None, (recipe.protocol, _variant(recipe)))))


def keep_in_card(
    name: str,
    recipe: Recipe,
    trials: Sequence[Trial],
    zoo: Path,
    n_seeds: int,
    adaptation: Sequence[Adaptation] = (),
) -> ModelCard:
    """Put the results of a recipe into the card of a model that was trained by it."""
    folder = zoo / name
    card = ModelCard.from_file(folder / "card.json")
    replaced = ("recipe", recipe.protocol, _variant(recipe))
    kept = [r for r in card.results if (r.of, r.protocol, r.variant) != replaced]
    card.results[:] = kept + recipe_results(recipe, trials, n_seeds)
    if adaptation:
        card.adaptation[:] = [a for a in card.adaptation if a.of != "recipe"] + [*adaptation]
    for trial in trials:
        write_answers(
            folder / _predictions(recipe),
            trial.answers,
            recipe.labels,
            of="recipe",
            fold=trial.number,
            precision="FP32",
        )
    write_card(folder, card)
    return card
