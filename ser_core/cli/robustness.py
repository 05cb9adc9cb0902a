"""`robustness`: evaluate a model on distorted voices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

import msgspec
import typer

from ser_core.cli.console import DataOption, ZooOption, explained_errors, progress_bar
from ser_core.cli.model_options import PrecisionOption
from ser_core.models.card import Adaptation
from ser_core.models.zoo import ZOO, load_model
from ser_core.runtime.cores import available_cores


def robustness(
    data: DataOption,
    model: Annotated[str | None, typer.Option("-m", "--model", help="Name in the zoo.")] = None,
    precision: PrecisionOption = None,
    adapt: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=32,
            help="Also learn each speaker from this many recordings, without labels, distorted "
            "like the others; 20 draws.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
    zoo: ZooOption = ZOO,
) -> None:
    """Evaluate a model on distorted speech of its test actors: softer, by telephone, in babble, …

    Only for a model that was trained on a protocol by actors.
    """
    with explained_errors():
        from ser_core.evaluation.evaluate import unheard_speech
        from ser_core.evaluation.robustness import adapted_robustness
        from ser_core.evaluation.robustness import robustness as measure

        recognizer = load_model(model, precision, zoo=zoo, at_once=available_cores())
        with progress_bar("Evaluating", "distortions") as bar:
            test, talkers, task = unheard_speech(recognizer, data, bar)
            if adapt is not None:
                gains = adapted_robustness(recognizer, test, talkers, task, adapt, bar)
            else:
                rows = measure(recognizer, test, talkers, task, bar)
    if adapt is not None:
        _print_gains(gains, as_json)
        return
    if as_json:
        print(json.dumps(msgspec.to_builtins(rows), indent=1))
        return
    for row in rows:
        print(
            f"{row.distortion:<18} UAR {row.uar:.1%}  accuracy {row.accuracy:.1%}  "
            f"labels changed {row.changed:.1%}"
        )


def _print_gains(gains: Mapping[str, Adaptation], as_json: bool) -> None:
    if as_json:
        print(json.dumps(msgspec.to_builtins(gains), indent=1))
        return
    for distortion, entry in gains.items():
        low, high = (100 * bound for bound in entry.interval)
        print(
            f"{distortion:<18} UAR {entry.uar - entry.gain:.1%}, with {entry.k} recordings of the "
            f"speaker {entry.uar:.1%} ({100 * entry.gain:+.1f}, 95 % of the draws {low:+.1f} to "
            f"{high:+.1f})"
        )
