"""Teachers by recipes of their own, and what they are asked."""

import dataclasses
import json
import shlex

import numpy as np
import pytest
import torch

from ser_core.cli.recipe_options import completed_recipe
from ser_core.corpora.readers import read_corpora
from ser_core.training.checkpoint import Run
from ser_core.training.clips import Clips
from ser_core.training.embedding_cache import EmbeddingCache
from ser_core.training.head_training import EmbeddedClips
from ser_core.training.recipe import RECIPES, Recipe, teacher
from ser_core.training.run import learned_from, recipe_split, run_training
from ser_core.training.teachers import FrozenTeacher, NetworkTeacher, mean_answers
from ser_core.training.train import Material, _Learner
from tests.made_corpus import write_nemo

EAR = {
    "arch": "whisper",
    "arch_options": {"pretrained": "", "width": 16, "heads": 2, "blocks": 1, "pooled": [1]},
    "head": {"inverse_penalty": 1.0, "copies": 1},
}


@pytest.fixture
def both(made_ravdess, tmp_path):
    """A folder with the synthetic actors and some nEMO."""
    for source in (made_ravdess, write_nemo(tmp_path / "nemo")):
        (tmp_path / "corpora").mkdir(exist_ok=True)
        (tmp_path / "corpora" / source.name).symlink_to(source, target_is_directory=True)
    return tmp_path / "corpora"


@pytest.fixture(scope="module")
def student(recipe):
    """Learns two varied copies, each clip's label beside the answer of a frozen teacher."""
    return dataclasses.replace(recipe, epochs=2, copies=2, teachers=(json.dumps(EAR),))


def test_a_teacher_has_its_own_network_and_the_student_s_part_of_the_data(student):
    (of_teacher,) = dataclasses.replace(student, fold=3, seed=5, refit=True).teacher_recipes
    assert of_teacher.arch == "whisper"
    assert of_teacher.epochs == Recipe.epochs != student.epochs
    assert (of_teacher.fold, of_teacher.seed, of_teacher.refit) == (3, 5, True)


def test_a_teacher_is_named_by_network_recipe_file_or_json(tmp_path):
    assert teacher("tcn") == "tcn"
    assert json.loads(teacher("whisper-base"))["arch"] == "whisper"
    (tmp_path / "own.json").write_text('{"arch": "tcn", "epochs": 3}')
    assert teacher(str(tmp_path / "own.json")) == teacher('{"arch": "tcn",  "epochs": 3}')
    with pytest.raises(ValueError, match=r"no recipe 'oracle'.*whisper-base"):
        teacher("oracle")
    with pytest.raises(ValueError, match="no value 'wisdom'"):
        teacher('{"wisdom": 3}')
    with pytest.raises(ValueError, match="is no JSON"):
        teacher("{wise}")


@pytest.mark.parametrize("file", sorted(RECIPES.glob("*.json")), ids=lambda file: file.stem)
def test_every_recipe_with_a_name_can_be_built(file):
    recipe = Recipe().with_settings(json.loads(teacher(file.stem)))
    assert sum(p.numel() for p in recipe.build().parameters()) < 15e6


def test_the_command_of_a_student_holds_all_of_its_teacher(student):
    words = shlex.split(student.command)
    assert json.loads(words[words.index("--teacher") + 1]) == EAR


def test_a_teacher_that_hears_with_other_settings_is_refused():
    with pytest.raises(ValueError, match="cannot hear the same"):
        Recipe(teachers=('{"arch": "tcn", "features.n_fft": 400}',))


def test_the_command_line_gives_a_student_the_features_of_its_teacher(made_ravdess):
    settings = ["features.n_fft=400", "features.fmin=0"]
    student = completed_recipe(Recipe(), made_ravdess, None, None, None, ["whisper-base"], settings)
    (of_teacher,) = student.teacher_recipes
    assert of_teacher.features == student.features != Recipe().features


def test_what_teachers_learn_from_is_reported_as_used(both, capsys):
    rest = (None, None, None, [json.dumps({**EAR, "corpora": ["nemo"]})], [])
    completed_recipe(Recipe(), both, *rest)
    report = capsys.readouterr().err
    assert "nemo: " in report
    assert "Not used" not in report


def test_speech_without_labels_needs_teachers_and_is_never_that_of_the_test(student):
    with pytest.raises(ValueError, match="need teachers"):
        Recipe(unlabeled_corpora=("nemo",))
    with pytest.raises(ValueError, match="those of tests"):
        dataclasses.replace(student, unlabeled_corpora=("emodb",))


def test_no_speaker_is_answered_by_a_head_that_learned_from_it(student, workspace, monkeypatch):
    (of_teacher,) = student.teacher_recipes
    part = recipe_split(of_teacher, workspace.data).train
    clips = Clips.load(part, of_teacher, workspace)
    cache, network = EmbeddingCache(workspace.features / "embeddings"), of_teacher.build()
    embedded, fitted = EmbeddedClips.of(network, clips, cache), []
    fit = EmbeddedClips.fit

    def noted(self, chosen=None, start=None, device="cpu"):
        fitted.append(np.arange(len(clips)) if chosen is None else chosen)
        return fit(self, chosen, start, device)

    monkeypatch.setattr(EmbeddedClips, "fit", noted)
    frozen = FrozenTeacher(network, embedded, clips, cache, n_groups=3)
    assert len(fitted) == 4
    for rows in clips.by_speaker.values():
        (head,) = set(frozen._head_of[rows].tolist())
        assert not {*rows} & {*fitted[head]}
    answers = frozen.answers(torch.zeros(len(clips), 1), copy=0)
    torch.testing.assert_close(answers.sum(dim=1), torch.ones(len(clips)))


def test_an_ensemble_answers_with_its_mean(recipe):
    networks = [recipe.build().eval() for _ in range(2)]
    x = torch.randn(3, 1, 80, 256)
    with torch.inference_mode():
        expected = sum(n(x).logits.softmax(dim=1) for n in networks) / 2
    found = mean_answers([NetworkTeacher(n) for n in networks], x)
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0.05)  # half the precision


def test_a_student_learns_copies_and_speech_without_labels(student, workspace, both):
    wide = dataclasses.replace(student, unlabeled_corpora=("nemo",), unlabeled_share=0.25)
    run = Run.load(run_training(wide, dataclasses.replace(workspace, data=both), "student"))
    assert run.recipe == wide
    assert run.curves[-1].train_loss < run.curves[0].train_loss


def test_what_shaped_a_student_includes_what_its_teachers_and_its_start_learned_from(student, both):
    alone = dataclasses.replace(student, teachers=())
    own = learned_from(alone, both)
    assert {u.corpus for u in own} == {"ravdess"}
    assert not own & {*recipe_split(alone, both).test}
    polish = {u for u in read_corpora(both) if u.corpus == "nemo"}
    of_teacher = json.dumps(EAR | {"corpora": ["ravdess", "nemo"]})
    for changed in (
        {"pretraining_corpora": ("nemo",)},
        {"teachers": (of_teacher,)},
        {"teachers": student.teachers, "unlabeled_corpora": ("nemo",)},
    ):
        assert learned_from(dataclasses.replace(alone, **changed), both) == own | polish


def test_an_epoch_has_every_labeled_clip_and_the_recipe_s_share_of_the_others(
    student, workspace, made_ravdess
):
    clips = Clips.load(recipe_split(student, workspace.data).train, student, workspace)
    clips.targets[: len(clips) // 2] = -1
    n_labeled = len(clips) - len(clips) // 2
    clips.recipe = dataclasses.replace(student, teachers=(), batch=1, unlabeled_share=0.5)
    epoch = list(_Learner(Material(clips, clips), "cpu")._copy(0))
    assert len(epoch) == n_labeled + round(n_labeled / 2)
