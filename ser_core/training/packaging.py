"""A checkpoint becomes a model of the zoo: calibrated, converted, verified and evaluated."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import msgspec
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ser_core.corpora.protocols import PROTOCOLS, Split
from ser_core.corpora.readers import CORPUS_LICENSES, OWN, load_clip
from ser_core.evaluation.heard_in_training import write_heard
from ser_core.evaluation.measurement import measure, possible_labels
from ser_core.models.card import (
    PRECISIONS,
    Conversion,
    ModelCard,
    ModelFile,
    Precision,
    Role,
    Sha256,
    Training,
    Window,
)
from ser_core.models.signature import Signature
from ser_core.models.zoo import sha256
from ser_core.reports.card_readme import card_readme
from ser_core.reports.law import AI_ACT
from ser_core.runtime.progress import SILENT, Progress
from ser_core.training.calibration import calibration_windows, run_signature
from ser_core.training.checkpoint import Run, write_curves
from ser_core.training.clips import Clips
from ser_core.training.convert import convert, size
from ser_core.training.pretrained import PUBLISHED
from ser_core.training.recipe import Recipe
from ser_core.training.run import learned_from, recipe_split
from ser_core.training.verification import Witness
from ser_core.training.voice_map_fit import has_voice_map, write_voice_map
from ser_core.training.waveform_ir import verify_waveform_ir, window_samples, write_waveform_ir
from ser_core.training.workspace import Workspace

MIT = "MIT (encoder: OpenAI's Whisper)"
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


@dataclass(frozen=True)
class ZooEntry:
    """What a model becomes in the zoo.

    Attributes:
        title: what people read; the name, where it is empty.
        role: the main model and the small one also get an IR that takes samples. Where two models
            share a recipe, only the one that calibrates the other does.
        calibrated_by: model of the zoo, of the same recipe, whose temperature and threshold to
            take; needed where the validation speakers were trained on.
        without: precisions that are verified but not kept, for a zoo that stays small.
        unfinished: also take a run that was stopped; the card then says so.
        small_enough: for an IR with the front end inside; a pretrained network is not.
    """

    name: str
    title: str = ""
    role: Role = "comparison"
    calibrated_by: str | None = None
    without: Collection[str] = ()
    unfinished: bool = False
    small_enough: bool = True

    def __post_init__(self) -> None:
        if unknown := {*self.without} - {*PRECISIONS}:
            raise ValueError(f"There is no precision {min(unknown)} to leave out.")
        if not self.precisions:
            raise ValueError("A model needs one precision at least.")

    @property
    def precisions(self) -> list[Precision]:
        return [precision for precision in PRECISIONS if precision not in self.without]

    @property
    def takes_samples(self) -> bool:
        return self.role in ("main", "small") and self.small_enough and not self.calibrated_by


def package(
    checkpoint: Path,
    entry: ZooEntry,
    workspace: Workspace,
    zoo: Path,
    progress: Progress = SILENT,
) -> ModelCard:
    """Write a folder of the zoo: the IRs, predictions on the test part, and the card.

    Temperature and threshold come from the validation speakers, calibration clips for INT8 from
    the training speakers; the test part is only evaluated. A conversion that fails leaves the zoo
    as it was.

    Raises:
        ConversionError: an IR does not answer like the network.
        ValueError: there is nothing to calibrate by, or the run was stopped before its end.
    """
    run = Run.load(checkpoint)
    if run.unfinished and not entry.unfinished:
        raise ValueError(
            f"{run.unfinished} Continue it with `train --resume`, or convert it as it is with "
            "--unfinished."
        )
    entry = replace(entry, small_enough=not run.recipe.pretrained)
    curves = run.judged.curves  # asked for here: where it is missing, nothing is written
    parts = recipe_split(run.recipe, workspace.data)
    signature = _signature(run, entry, workspace, zoo)
    progress.say(
        f"Temperature {signature.temperature:.2f}, uncertain below "
        f"{signature.uncertain_below:.2f} ({entry.calibrated_by or 'validation speakers'})"
    )
    folder = zoo / entry.name
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        irs = Path(unfinished)
        conversion = _write_irs(run, signature, parts, workspace, irs, progress)
        if entry.takes_samples:
            conversion = _with_waveform_ir(conversion, run, signature, parts, irs, progress)
        for file in irs.iterdir():
            if file.stem.upper() not in entry.without:
                file.replace(folder / file.name)
    files = _file_entries(folder, entry, signature)
    card = _card(run, parts, signature, entry, files, conversion)
    measure(card, parts.test, zoo, workspace.data, progress)
    write_heard(folder, learned_from(run.recipe, workspace.data))
    write_curves(folder / "curves.csv", curves)
    write_card(folder, card)
    if has_voice_map(card):
        write_voice_map(card.name, workspace.data, zoo)
    return card


def _signature(run: Run, entry: ZooEntry, workspace: Workspace, zoo: Path) -> Signature:
    """Labels and features of a run, with the temperature and threshold that it deserves."""
    recipe = run.recipe
    if entry.calibrated_by:
        other = ModelCard.from_file(zoo / entry.calibrated_by / "card.json")
        return msgspec.structs.replace(other.signature, labels=recipe.labels)
    if PROTOCOLS[recipe.protocol].keeps_validation:
        raise ValueError(
            f"{recipe.protocol} trains on every actor, so none is left to calibrate by. "
            "Name a model of the same recipe with --calibrated-by."
        )
    return run_signature(run.judged, workspace)


def _write_irs(
    run: Run,
    signature: Signature,
    parts: Split,
    workspace: Workspace,
    out: Path,
    progress: Progress,
) -> Conversion:
    """Convert a run in all precisions, before the eyes of its validation speakers."""
    validation = Clips.load(parts.validation, run.recipe, workspace)
    witness = Witness(run.network, validation)
    progress.say(
        f"Witness: PyTorch on {len(witness)} windows of {len(validation)} validation clips"
    )
    calibration = calibration_windows(parts.train, run.recipe, workspace)
    return convert(run.network, signature, calibration, witness, out, progress)


def _with_waveform_ir(
    conversion: Conversion,
    run: Run,
    signature: Signature,
    parts: Split,
    out: Path,
    progress: Progress,
) -> Conversion:
    """Add the IR that takes samples, held against the FP32 IR beside it."""
    xml = out / "waveform.xml"
    write_waveform_ir(run.network, signature, xml)
    waveforms = [load_clip(utterance).waveform for utterance in parts.validation]
    report = verify_waveform_ir(xml, out / "fp32.xml", signature, waveforms)
    progress.say(
        f"waveform: {size(xml) / 1e6:.2f} MB; log-mel within {report.max_db_difference:.2g} dB, "
        f"logits within {report.max_logit_difference:.2g} of the log-mel IR, "
        f"{report.label_agreement:.1%} equal labels"
    )
    return msgspec.structs.replace(conversion, waveform=report)


def _file_entries(folder: Path, entry: ZooEntry, signature: Signature) -> dict[str, ModelFile]:
    files: dict[str, ModelFile] = {p: _file_entry(_xml(folder, p)) for p in entry.precisions}
    if entry.takes_samples:
        xml = _xml(folder, "waveform")
        files["waveform"] = _file_entry(xml, window_samples(signature))
    return files


def _xml(folder: Path, kind: str) -> Path:
    return folder / f"{kind.lower()}.xml"


def _card(
    run: Run,
    parts: Split,
    signature: Signature,
    entry: ZooEntry,
    files: dict[str, ModelFile],
    conversion: Conversion,
) -> ModelCard:
    """The card, all but what the test says."""
    recipe = run.recipe
    licenses = {corpus: CORPUS_LICENSES[corpus] for corpus in recipe.all_corpora}
    return ModelCard(
        name=entry.name,
        title=entry.title or entry.name,
        role=entry.role,
        task=recipe.task,
        labels=recipe.labels,
        features=recipe.features,
        window=Window(recipe.n_frames, signature.window_s),
        temperature=signature.temperature,
        uncertain_below=signature.uncertain_below,
        architecture=recipe.arch,
        parameters=sum(p.numel() for p in run.network.parameters()),
        macs=_macs(run.network, signature),
        training=Training(
            corpora=recipe.all_corpora,
            pretraining=recipe.pretraining_corpora,
            protocol=recipe.protocol,
            fold=recipe.fold,
            seed=recipe.seed,
            date=date.today().isoformat(),
            command=recipe.command,
            n_train=len(parts.train),
            n_validation=len(parts.validation),
            corpus_licences=licenses,
            calibrated_by=entry.calibrated_by,
            refit=recipe.refit,
            pretrained=_published(run),
        ),
        files=files,
        license=" and ".join(
            dict.fromkeys([*licenses.values(), *([MIT] if recipe.pretrained else [])])
        ),
        limitations=(
            *([run.unfinished] if run.unfinished else []),
            *_limits_of_data(recipe, parts),
            *LIMITATIONS,
        ),
        conversion=conversion,
    )


def _published(run: Run) -> str:
    """Whose weights training started from; empty for a network that was trained from scratch."""
    name = run.network.config.pretrained if run.recipe.pretrained else ""  # type: ignore[union-attr]
    return PUBLISHED.get(name, "")  # type: ignore[arg-type]


def write_card(folder: Path, card: ModelCard) -> None:
    """Write a card for programs, and for people as its README."""
    (folder / "card.json").write_text(card.to_json(), encoding="utf-8")
    (folder / "README.md").write_text(card_readme(card), encoding="utf-8")


def _limits_of_data(recipe: Recipe, parts: Split) -> list[str]:
    """Limits that lie in the recordings."""
    limits = [] if recipe.all_corpora == (OWN,) else [ACTED]
    limits += [OWN_VOICES] if OWN in recipe.all_corpora else []
    lacking = [
        label for label in recipe.labels if label not in possible_labels(parts.train, recipe.task)
    ]
    if lacking:
        limits.append(f"Never heard in training, so no answer to rely on: {', '.join(lacking)}.")
    return limits


def _macs(network: nn.Module, signature: Signature) -> int:
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        network(torch.zeros(1, 1, signature.features.n_mels, signature.n_frames))
    return counter.get_total_flops() // 2


def _file_entry(xml: Path, n_samples: int | None = None) -> ModelFile:
    weights = xml.with_suffix(".bin")
    return ModelFile(
        xml=xml.name,
        bin=weights.name,
        bytes=size(xml),
        sha256=Sha256(sha256(xml), sha256(weights)),
        n_samples=n_samples,
    )
