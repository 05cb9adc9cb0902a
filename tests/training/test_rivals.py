"""What the benchmark compares with does what it says, so that its time means something."""

import os
import subprocess
import sys

import librosa
import numpy as np
import pytest
import torch
from msgspec.structs import replace

from ser_core.audio.clip import Clip
from ser_core.evaluation.benchmark import race, spoken_wav
from ser_core.features.log_mel import LogMel
from ser_core.models.zoo import list_models
from ser_core.training.networks import build
from ser_core.training.rivals import DenseNet2020, rivals


@pytest.fixture(autouse=True)
def torch_as_it_was():
    """The benchmark sets PyTorch up for its whole process; other tests share this one."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.fixture
def standard_card(tiny_zoo):
    """A card of the edge network as the zoo would hold it."""
    parameters = sum(p.numel() for p in build("ds_cnn", 8, 80).parameters())
    card = list_models(tiny_zoo)[0]
    return replace(card, architecture="ds_cnn", parameters=parameters)


def test_the_network_of_2020_is_densenet_121_with_the_groups_classifier():
    network = DenseNet2020().eval()
    assert sum(p.numel() for p in network.features.parameters()) == 6_953_856  # as published
    assert sum(p.numel() for p in network.classifier.parameters()) == 1024 * 512 + 512 + 512 * 8 + 8
    with torch.inference_mode():
        assert network.features(torch.zeros(1, 3, 224, 224)).shape == (1, 1024, 7, 7)
        assert network(torch.zeros(2, 3, 224, 224)).shape == (2, 8)


def test_every_rival_runs(standard_card):
    tasks, left_out = rivals([standard_card], spoken_wav(), threads=1)
    assert left_out == []
    assert {(task.model, task.runtime, task.stage) for task in tasks} == {
        ("tiny", "PyTorch", "inference"),
        ("tiny", "ONNX Runtime", "inference"),
        ("front end", "librosa", "log_mel"),
        ("2020", "PyTorch", "path"),
    }
    assert all(row.median_ms > 0 for row in race(tasks, 1))


def test_a_network_that_cannot_be_built_again_is_left_out_with_a_sentence(tiny_zoo, standard_card):
    narrow = replace(standard_card, parameters=1)
    tasks, left_out = rivals([list_models(tiny_zoo)[0], narrow], spoken_wav(), threads=1)
    assert {task.model for task in tasks} == {"front end", "2020"}
    assert "no network 'tiny'" in left_out[0]
    assert "other options of ds_cnn" in left_out[1]


def test_librosas_log_mel_is_ours(standard_card):
    """The same work is timed on both sides."""
    seen = []
    original = librosa.power_to_db
    tasks, _ = rivals([standard_card], spoken_wav(), threads=1)
    (task,) = [task for task in tasks if task.runtime == "librosa"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            librosa, "power_to_db", lambda *a, **k: seen.append(original(*a, **k)) or seen[0]
        )
        task.run()
    expected = LogMel()(Clip.from_bytes(spoken_wav()).waveform)
    np.testing.assert_allclose(seen[0], expected, atol=0.01)


def test_the_command_prints_the_whole_table(tiny_zoo, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "ser_core", "benchmark", "--rounds", "1", "-m", "tiny"],
        env=os.environ | {"SER_ZOO": str(tiny_zoo)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "| tiny | INT8 | OpenVINO |" in done.stdout
    assert "| 2020 | FP32 | PyTorch |" in done.stdout
    assert "2020 pipeline over the main model in INT8" in done.stdout
    assert "Left out: tiny in PyTorch" in done.stderr
