"""A checkpoint becomes a model of the zoo: calibrated, converted, verified and evaluated."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ser_core.corpora.protocols import HELD_OUT_CORPUS, PROTOCOLS, Split
from ser_core.corpora.readers import CORPUS_LICENCES, OWN, CorpusError, load_clip, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.evaluation.answers import Answer, answers, channels, write_answers
from ser_core.evaluation.evaluate import unheard_speech
from ser_core.evaluation.figures import figures
from ser_core.evaluation.heard_in_training import write_heard
from ser_core.evaluation.metrics import log_loss
from ser_core.evaluation.robustness import robustness
from ser_core.models.labels import label_in_task
from ser_core.models.recognizer import Recognizer
from ser_core.models.signature import RIGHT_WHEN_CERTAIN, Signature
from ser_core.models.zoo import PRECISIONS, ModelCard, sha256
from ser_core.reports.card_readme import card_readme
from ser_core.reports.law import AI_ACT
from ser_core.training.clips import Clips, clip_logits
from ser_core.training.convert import convert, size
from ser_core.training.features_cache import log_mels
from ser_core.training.recipe import Recipe
from ser_core.training.run import recipe_split, run_beside
from ser_core.training.train import load_checkpoint, write_curves
from ser_core.training.verification import Witness
from ser_core.training.waveform_ir import verify_waveform_ir, window_samples, write_waveform_ir

ACTED = "Trained on acted emotions of professional actors; everyday speech is subtler."
OWN_VOICES = (
    "Trained on recordings of its owner's; other voices, rooms and microphones may sound "
    "otherwise to it."
)
LIMITATIONS = (
    "Expression differs between cultures, languages and people; the label says how a voice "
    "sounds, not what its owner feels.",
    f"Not for decisions about people. {AI_ACT}",
)
N_CALIBRATION = 300


def package(
    checkpoint: Path,
    name: str,
    data: Path,
    features: Path,
    zoo: Path,
    title: str = "",
    role: str = "comparison",
    say: Callable[[str], None] = print,
    calibrated_by: str | None = None,
    without: Collection[str] = (),
) -> ModelCard:
    """Write `zoo/name`: the IRs, predictions on the test part, and the card.

    Temperature and threshold come from the validation speakers, calibration clips for INT8 from
    the training speakers; the test part is only evaluated. The main model also gets an IR that
    takes samples. A conversion that fails leaves the zoo as it was.

    Args:
        say: called with lines for the person who waits.
        calibrated_by: model of the zoo, of the same recipe, whose temperature and threshold to
            take; needed where the validation speakers were trained on.
        without: precisions that are verified but not kept, for a zoo that stays small.

    Raises:
        ConversionError: an IR does not answer like the network.
        ValueError: nothing to calibrate by, or no such precision to leave out.
    """
    if unknown := {*without} - {"FP16", "INT8"}:
        raise ValueError(f"{min(unknown)} cannot be left out; FP16 and INT8 can.")
    recipe, network, _ = load_checkpoint(checkpoint)
    judged = judged_run(checkpoint, recipe)
    curves = load_checkpoint(judged)[2]
    protocol = PROTOCOLS[recipe.protocol]
    parts = recipe_split(recipe, data)
    validation = Clips(
        parts.validation, log_mels(parts.validation, recipe.features, features), recipe
    )
    if calibrated_by:
        other = ModelCard.from_file(zoo / calibrated_by / "card.json")
        signature = replace(other.signature, labels=recipe.labels)
    elif protocol.keeps_validation:
        raise ValueError(
            f"{recipe.protocol} trains on every actor, so none is left to calibrate by. "
            "Name a model of the same recipe with --calibrated-by."
        )
    else:
        signature = run_signature(judged, data, features)
    say(
        f"Temperature {signature.temperature:.2f}, uncertain below "
        f"{signature.uncertain_below:.2f} ({calibrated_by or 'validation speakers'})"
    )

    folder = zoo / name
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        made = Path(unfinished)
        witness = Witness(network, validation)
        say(f"Witness: PyTorch on {len(witness)} windows of {len(validation)} validation clips")
        calibration = _calibration_windows(parts, recipe, features)
        conversion = convert(network, signature, calibration, witness, made, say)
        if role == "main":
            write_waveform_ir(network, signature, made / "waveform.xml")
            conversion["waveform"] = verify_waveform_ir(
                made / "waveform.xml",
                made / "fp32.xml",
                signature,
                [load_clip(utterance).waveform for utterance in parts.validation],
            )
            say(_waveform_line(conversion["waveform"], made / "waveform.xml"))
        for file in made.iterdir():
            if file.stem.upper() not in without:
                file.replace(folder / file.name)
    paths = {p: folder / f"{p.lower()}.xml" for p in PRECISIONS if p not in without}
    files = {precision: _file_entry(xml) for precision, xml in paths.items()}
    if role == "main":
        files["waveform"] = _file_entry(folder / "waveform.xml") | {
            "n_samples": window_samples(signature)
        }

    licences = {corpus: CORPUS_LICENCES[corpus] for corpus in recipe.all_corpora}
    card = ModelCard(
        name=name,
        title=title or name,
        role=role,
        task=recipe.task,
        labels=recipe.labels,
        features=recipe.features,
        window={"n_frames": recipe.n_frames, "seconds": signature.window_s},
        temperature=signature.temperature,
        uncertain_below=signature.uncertain_below,
        architecture=recipe.arch,
        parameters=sum(p.numel() for p in network.parameters()),
        macs=_macs(network, signature),
        training={
            "corpora": list(recipe.all_corpora),
            "pretraining": list(recipe.pretraining_corpora),
            "protocol": recipe.protocol,
            "fold": recipe.fold,
            "seed": recipe.seed,
            "date": date.today().isoformat(),
            "command": recipe.command,
            "n_train": len(parts.train),
            "n_validation": len(parts.validation),
            "corpus_licences": licences,
            "calibrated_by": calibrated_by,
            "refit": recipe.refit,
        },
        files=files,
        license=" and ".join(dict.fromkeys(licences.values())),
        limitations=(*_learnt_from(recipe, parts), *LIMITATIONS),
        conversion=conversion,
    )
    only = possible_labels(parts.test, recipe.task) if protocol.other_corpus else None
    for precision in paths:
        recognizer = Recognizer(paths[precision], card, precision)
        given = answers(recognizer, parts.test, recipe.task, only)
        card.results.extend(
            store_results(card, given, recipe.protocol, recipe.fold, "this file", precision, zoo)
        )
        best = card.results[-1]
        say(f"{precision}: test UAR {best['uar']:.1%}, accuracy {best['accuracy']:.1%}")
    if protocol.actors:
        fp32 = Recognizer(paths["FP32"], card, "FP32")
        card.robustness.extend(robustness(fp32, *unheard_speech(fp32, data)))
    if not protocol.other_corpus:
        card.results.extend(_other_corpus_results(card, paths["FP32"], data, zoo))
    start = recipe_split(recipe.pretraining, data) if recipe.pretraining else Split((), (), ())
    write_heard(folder, {*parts.train, *parts.validation, *start.train, *start.validation})
    write_curves(folder / "curves.csv", curves)
    (folder / "card.json").write_text(card.to_json(), encoding="utf-8")
    (folder / "README.md").write_text(card_readme(card), encoding="utf-8")
    return card


def _learnt_from(recipe: Recipe, parts: Split) -> list[str]:
    """Limits that lie in the recordings."""
    limits = [] if recipe.all_corpora == (OWN,) else [ACTED]
    limits += [OWN_VOICES] if OWN in recipe.all_corpora else []
    lacking = [
        label for label in recipe.labels if label not in possible_labels(parts.train, recipe.task)
    ]
    if lacking:
        limits.append(f"Never heard in training, so no answer to rely on: {', '.join(lacking)}.")
    return limits


def _other_corpus_results(
    card: ModelCard, fp32: Path, data: Path, zoo: Path
) -> list[dict[str, Any]]:
    """What the model does with EMO-DB, as the protocol cross-corpus tests it, where it is there."""
    try:
        utterances = read_corpora(data, [HELD_OUT_CORPUS])
    except CorpusError:
        return []
    only = possible_labels(utterances, card.task)
    given = answers(Recognizer(fp32, card, "FP32"), utterances, card.task, only)
    return store_results(card, given, "cross-corpus", 0, "this file", "FP32", zoo)


def possible_labels(utterances: Sequence[Utterance], task: str) -> set[str]:
    """The labels of a task that a corpus has."""
    return {label_in_task(utterance.label, task) for utterance in utterances}


def store_results(
    card: ModelCard,
    found: Sequence[Answer],
    protocol: str,
    fold: int,
    of: str,
    precision: str,
    zoo: Path,
) -> list[dict[str, Any]]:
    """Keep the answers beside the card and return its result entries, one per channel."""
    stored = f"predictions/{protocol}.csv"
    write_answers(
        zoo / card.name / stored, found, card.labels, of=of, fold=fold, precision=precision
    )
    masked = PROTOCOLS[protocol].other_corpus
    entries = []
    for channel in channels(found):
        result = figures(found, card.labels, channel, None if masked else card.uncertain_below)
        command = (
            f"python -m ser_core evaluate -m {shlex.quote(card.name)} --precision {precision} "
            f'--protocol {protocol} --fold {fold} --channel {channel} --data "$SER_DATA"'
        )
        entries.append(
            {"protocol": protocol, "fold": fold, "of": of, "precision": precision}
            | {key: value for key, value in result.items() if key not in ("by", "unanswered")}
            | {"predictions": stored, "command": command}
        )
    return entries


def judged_run(checkpoint: Path, recipe: Recipe) -> Path:
    """The checkpoint that validation judges: this one or, of a refit recipe, the one before.

    Raises:
        ValueError: the one before is not there.
    """
    if not recipe.calibrating:
        return checkpoint
    before = run_beside(checkpoint.parent, recipe.calibrating) / checkpoint.name
    if not before.is_file():
        raise ValueError(
            f"{before} is not there. This network learnt from its validation part, too, so its "
            "temperature is that of a run before. Train it again with --resume, which makes that."
        )
    return before


def run_signature(checkpoint: Path, data: Path, features: Path) -> Signature:
    """The signature that a run's validation part gives."""
    recipe, network, _ = load_checkpoint(checkpoint)
    clips = recipe_split(recipe, data).validation
    validation = Clips(clips, log_mels(clips, recipe.features, features), recipe)
    return calibrated_signature(recipe, network, validation)


def calibrated_signature(recipe: Recipe, network: nn.Module, validation: Clips) -> Signature:
    """The recipe's signature with the temperature and threshold that validation speakers give."""
    logits, targets = clip_logits(network, validation), validation.targets
    temperature = float(
        minimize_scalar(
            lambda t: log_loss(softmax(logits / t, axis=-1), targets),
            bounds=(0.2, 5),
            method="bounded",
        ).x
    )
    probabilities = softmax(logits / temperature, axis=-1)
    return Signature(
        recipe.labels,
        recipe.features,
        recipe.n_frames,
        round(temperature, 4),
        round(certainty_threshold(probabilities, targets), 4),
    )


def certainty_threshold(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The lowest certainty above which `RIGHT_WHEN_CERTAIN` of the answers are right."""
    certainty, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == targets
    order = np.argsort(-certainty)
    share_right = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share_right >= RIGHT_WHEN_CERTAIN)
    if not len(enough):
        return 1.0
    lowest = float(certainty[order][enough[-1]])
    # Where all together are right enough, nobody was less certain, which says little of others.
    return min(lowest, RIGHT_WHEN_CERTAIN) if enough[-1] == len(order) - 1 else lowest


def _calibration_windows(parts: Split, recipe: Recipe, features: Path) -> list[np.ndarray]:
    # Drawn, because every n-th of an ordered corpus may be of one emotion.
    n_chosen = min(N_CALIBRATION, len(parts.train))
    drawn = np.random.default_rng(recipe.seed).choice(len(parts.train), n_chosen, replace=False)
    chosen = [parts.train[i] for i in sorted(drawn)]
    clips = Clips(chosen, log_mels(chosen, recipe.features, features), recipe)
    inputs, owners = clips.windows
    first_of_clip = np.unique(owners, return_index=True)[1]
    return [inputs[i] for i in first_of_clip]


def _macs(network: nn.Module, signature: Signature) -> int:
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        network(torch.zeros(1, 1, signature.features.n_mels, signature.n_frames))
    return counter.get_total_flops() // 2


def _waveform_line(found: dict[str, float], xml: Path) -> str:
    return (
        f"waveform: {size(xml) / 1e6:.2f} MB; log-mel within {found['max_db_difference']:.2g} dB, "
        f"logits within {found['max_logit_difference']:.2g} of the log-mel IR, "
        f"{found['label_agreement']:.1%} equal labels"
    )


def _file_entry(xml: Path) -> dict[str, Any]:
    weights = xml.with_suffix(".bin")
    return {
        "xml": xml.name,
        "bin": weights.name,
        "bytes": size(xml),
        "sha256": {"xml": sha256(xml), "bin": sha256(weights)},
    }
