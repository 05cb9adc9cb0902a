"""A training run from a folder of corpora: read, clean, split, compute features, train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ser_core.corpora.cleaning import clean
from ser_core.corpora.protocols import (
    HELD_OUT_CORPUS,
    OTHER_CORPORA,
    PROTOCOLS,
    Split,
    other_corpora,
    own_protocol,
    split,
)
from ser_core.corpora.readers import OWN, read_corpora
from ser_core.corpora.utterance import Utterance
from ser_core.runtime.progress import SILENT, Progress, Silent
from ser_core.training.checkpoint import CHECKPOINT, Run, run_name
from ser_core.training.clips import Clips
from ser_core.training.embedding_cache import EmbeddingCache
from ser_core.training.head_training import EmbeddedClips, train_head
from ser_core.training.pretrained import load_pretrained
from ser_core.training.recipe import Recipe
from ser_core.training.teachers import FrozenTeacher, NetworkTeacher, Teacher
from ser_core.training.train import Material, train
from ser_core.training.workspace import Workspace


def corpora_and_protocol(
    data: Path, corpora: Sequence[str] | None = None, protocol: str | None = None
) -> tuple[tuple[str, ...], str]:
    """The defaults: RAVDESS by actors or, where that is all there is, one's own recordings.

    Raises:
        CorpusError: there is nothing that can be used.
    """
    if not corpora:
        of_own = protocol in PROTOCOLS and PROTOCOLS[protocol].corpus == OWN
        of_own = of_own or {u.corpus for u in read_corpora(data)} == {OWN}
        corpora = [OWN] if of_own else ["ravdess"]
    if not protocol:
        only_own = set(corpora) == {OWN}
        protocol = own_protocol(read_corpora(data, corpora)) if only_own else Recipe.protocol
    return tuple(corpora), protocol


def recipe_split(recipe: Recipe, data: Path) -> Split:
    """The recipe's train, validation and test utterances.

    Own recordings that are silent, too short or unreadable, and copies of others, stay in the
    test alone. A refit recipe has its validation part in train, too.

    Raises:
        CorpusError: a corpus is not there.
    """
    if recipe.protocol == OTHER_CORPORA:
        return other_corpora(read_corpora(data, recipe.corpora))
    for_test = [HELD_OUT_CORPUS] if PROTOCOLS[recipe.protocol].other_corpus else []
    utterances = read_corpora(data, [*recipe.corpora, *for_test])
    parts = split(recipe.protocol, utterances, recipe.fold, recipe.seed)
    learned = dict.fromkeys((*parts.train, *(parts.validation if recipe.refit else ())))
    train_part = [u for u in learned if u.corpus == OWN or u.channel in recipe.channels]
    # The test comes first: of two copies of a recording, the first is kept.
    recordings = [u for u in (*parts.test, *parts.validation, *train_part) if u.corpus == OWN]
    left_out = {*recordings} - {*clean(recordings).usable}
    return replace(
        parts,
        train=tuple(u for u in train_part if u not in left_out),
        validation=tuple(u for u in parts.validation if u not in left_out),
        left_out=tuple(u for u in dict.fromkeys((*train_part, *parts.validation)) if u in left_out),
    )


def learned_from(recipe: Recipe, data: Path) -> set[Utterance]:
    """Every utterance that shapes a network of a recipe, also through its start and teachers."""
    parts = recipe_split(recipe, data)
    utterances = {*parts.train, *parts.validation, *_unlabeled(recipe, parts, data)}
    for other in (recipe.start_recipe, *recipe.teacher_recipes):
        utterances |= learned_from(other, data) if other else set()
    return utterances


def run_training(
    recipe: Recipe,
    workspace: Workspace,
    name: str,
    resume: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Train a recipe on the corpora of a workspace; returns the checkpoint.

    A recipe with a start or teachers trains these first, beside its own run, or takes them from
    there: recipes for the same network share a start. So does a refit recipe with the run that
    calibrates it.

    Args:
        name: of the run's folder.
        resume: go on where the run stopped; a finished one is taken as it is.
        progress: steps by speakers while features are computed, then by epochs; also told what
            one should know of the recordings.

    Raises:
        ValueError: the folder holds a run of another recipe.
    """

    def trained_beside(other: Recipe) -> Path:
        return run_training(other, workspace, run_name(other), True, _StepsOf(progress))

    checkpoint = workspace.runs / name / CHECKPOINT
    if resume and checkpoint.is_file() and _is_finished(Run.load(checkpoint), recipe):
        return checkpoint
    if recipe.calibrating:
        trained_beside(recipe.calibrating)
    start = trained_beside(recipe.start_recipe) if recipe.start_recipe else None
    taught_by = [Run.load(trained_beside(other)) for other in recipe.teacher_recipes]
    parts = recipe_split(recipe, workspace.data)
    if parts.left_out:
        progress.say(
            f"{len(parts.left_out)} of your recordings are silent, too short, unreadable or copies "
            "and were left out; `python -m ser_core prepare` lists them."
        )
    train_clips = _student_clips(recipe, parts, workspace, progress)
    validation_clips = Clips.load(parts.validation, recipe, workspace, progress)
    cache = EmbeddingCache(workspace.features / "embeddings", workspace.device, progress)
    if recipe.frozen:
        network = recipe.build()
        load_pretrained(network, workspace.published)
        out = workspace.runs / name
        return train_head(train_clips, validation_clips, network, out, cache, progress)
    teachers = [_teacher(run, recipe, train_clips, workspace, cache) for run in taught_by]
    material = Material(train_clips, validation_clips, start, teachers)
    return train(material, workspace.runs / name, workspace.device, resume, progress)


def _is_finished(run: Run, recipe: Recipe) -> bool:
    if run.recipe != recipe:
        raise ValueError(f"{run.folder} holds a run of another recipe. Name another folder.")
    return not run.unfinished


def _student_clips(recipe: Recipe, parts: Split, workspace: Workspace, progress: Progress) -> Clips:
    """The training part and, with labels of -1, the clips of which only answers are learned."""
    unlabeled = _unlabeled(recipe, parts, workspace.data)
    clips = Clips.load([*parts.train, *unlabeled], recipe, workspace, progress)
    clips.targets[len(parts.train) :] = -1
    return clips


def _unlabeled(recipe: Recipe, parts: Split, data: Path) -> list[Utterance]:
    if not recipe.unlabeled_corpora:
        return []
    parted = {*parts.train, *parts.validation, *parts.test}
    return [u for u in read_corpora(data, recipe.unlabeled_corpora) if u not in parted]


def _teacher(
    run: Run, student: Recipe, clips: Clips, workspace: Workspace, cache: EmbeddingCache
) -> Teacher:
    if not (run.recipe.frozen and student.copies):
        return NetworkTeacher(run.network, workspace.device)
    learned = Clips.load(recipe_split(run.recipe, workspace.data).train, run.recipe, workspace)
    embedded = EmbeddedClips.of(run.network, learned, cache)
    return FrozenTeacher(run.network, embedded, clips, cache, student.teacher_groups)


class _StepsOf(Silent):
    """The steps of a run that another one needs, without its lines: both would say the same."""

    def __init__(self, progress: Progress):
        self._progress = progress

    def step(self, done: int, total: int, note: str = "") -> None:
        self._progress.step(done, total, note)
